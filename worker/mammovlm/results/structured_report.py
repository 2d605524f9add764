"""The structured report as a DICOM object: Comprehensive SR with TID 1500 (PS3.3 A.35.3)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from types import MappingProxyType

from highdicom.sr import CodedConcept
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import UID, ExplicitVRLittleEndian

from mammovlm.findings import Algorithm, Explanation, Findings
from mammovlm.job import PredecessorReport
from mammovlm.results import codes
from mammovlm.results.character_set import clean_text, fit_dataset
from mammovlm.results.content_tree import content_tree
from mammovlm.results.patient_and_study import add_patient_and_study
from mammovlm.results.report_context import ReportContext
from mammovlm.results.report_options import ReportOptions
from mammovlm.results.uids import derived_uid
from mammovlm.study import SourceImage, Study

SERIES_DESCRIPTION = "MammoVLM AI result - NOT FOR DIAGNOSTIC USE ALONE"
SERIES_NUMBER = 9001
"""Above the numbers that modalities give, so that the report lists last."""

_SCHEMES: Mapping[str, str] = MappingProxyType(
    {
        "CodingSchemeDesignator": codes.PRIVATE_SCHEME,
        "CodingSchemeUID": codes.PRIVATE_SCHEME_UID,
        "CodingSchemeName": "MammoVLM private codes",
        "CodingSchemeVersion": "1",
        "CodingSchemeResponsibleOrganization": "MammoVLM",
    }
)


def structured_report(
    study: Study,
    findings: Findings,
    explanation: Explanation,
    predecessor: PredecessorReport | None,
    options: ReportOptions,
    *,
    at: datetime | None = None,
) -> Dataset:
    """Make the structured report of one study, ready to be written to a file.

    It is UNVERIFIED and PRELIMINARY always, a new series in the images' study, and has the same
    UIDs whenever it is made from the same images, weights and options after the same predecessor.

    Parameters
    ----------
    study, findings, explanation
        What was read, found and said. The views' headers give the patient and study modules.
    predecessor
        The report of the run before, which this one names; None for a first run.
    options
        What the site chose.
    at
        When the content was made; now, where it is not given.
    """
    context = ReportContext(study, findings, explanation, options, predecessor)
    moment = at or datetime.now().astimezone()
    report = Dataset()
    _add_identity(report, context)
    add_patient_and_study(report, study)
    _add_series(report, context)
    _add_equipment(report, findings.algorithm, moment)
    _add_document(report, findings, moment)
    _add_references(report, study, predecessor)
    report.update(content_tree(context))
    fit_dataset(report, options.character_set)
    return report


def _add_identity(report: Dataset, context: ReportContext) -> None:
    report.file_meta = FileMetaDataset()
    report.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    report.file_meta.MediaStorageSOPClassUID = context.options.sop_class_uid
    report.file_meta.MediaStorageSOPInstanceUID = UID(context.uids.sop_instance)
    report.file_meta.ImplementationClassUID = UID(derived_uid("implementation class"))
    report.file_meta.ImplementationVersionName = "MAMMOVLM"
    report.SOPClassUID = context.options.sop_class_uid
    report.SOPInstanceUID = context.uids.sop_instance
    scheme = Dataset()
    for keyword, value in _SCHEMES.items():
        setattr(scheme, keyword, value)
    report.CodingSchemeIdentificationSequence = [scheme]


def _add_series(report: Dataset, context: ReportContext) -> None:
    report.Modality = "SR"
    report.SeriesInstanceUID = context.uids.series_instance
    report.SeriesNumber = SERIES_NUMBER
    report.SeriesDescription = SERIES_DESCRIPTION
    report.ReferencedPerformedProcedureStepSequence = []


def _add_equipment(report: Dataset, algorithm: Algorithm, moment: datetime) -> None:
    """Name the algorithm as equipment, as IHE AI Results asks (RAD TF, 6.5.3.1)."""
    contribution = Dataset()
    contribution.PurposeOfReferenceCodeSequence = [_coded(codes.PROCESSING_EQUIPMENT)]
    contribution.DeviceUID = algorithm.device_uid
    contribution.ContributionDateTime = _date_time(moment)
    contribution.ContributionDescription = "Artificial intelligence; research use only"
    for equipment in (report, contribution):
        equipment.Manufacturer = _long_string(algorithm.manufacturer)
        equipment.ManufacturerModelName = _long_string(algorithm.name)
        equipment.SoftwareVersions = _long_string(algorithm.version)
    report.ContributingEquipmentSequence = [contribution]


def _add_document(report: Dataset, findings: Findings, moment: datetime) -> None:
    report.InstanceNumber = 1
    report.CompletionFlag = "PARTIAL" if findings.is_partial else "COMPLETE"
    report.VerificationFlag = "UNVERIFIED"
    report.PreliminaryFlag = "PRELIMINARY"
    report.ContentDate = moment.strftime("%Y%m%d")
    report.ContentTime = moment.strftime("%H%M%S")
    report.PerformedProcedureCodeSequence = [_coded(_procedure(findings))]


def _add_references(report: Dataset, study: Study, predecessor: PredecessorReport | None) -> None:
    images = [view.source for view in study.views]
    report.CurrentRequestedProcedureEvidenceSequence = [
        _reference(study.study_instance_uid, images)
    ]
    if predecessor is not None:
        report.PredecessorDocumentsSequence = [_reference(study.study_instance_uid, [predecessor])]


def _reference(
    study_instance_uid: str, objects: Sequence[SourceImage | PredecessorReport]
) -> Dataset:
    """Make one item of the hierarchical SOP instance reference macro (PS3.3 C.17.2.1)."""
    reference = Dataset()
    reference.StudyInstanceUID = study_instance_uid
    reference.ReferencedSeriesSequence = []
    by_series = sorted(objects, key=lambda one: one.series_instance_uid)
    for series_uid, members in groupby(by_series, key=lambda one: one.series_instance_uid):
        series = Dataset()
        series.SeriesInstanceUID = series_uid
        series.ReferencedSOPSequence = [_sop(one) for one in members]
        reference.ReferencedSeriesSequence.append(series)
    return reference


def _sop(one: SourceImage | PredecessorReport) -> Dataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID = one.sop_class_uid
    reference.ReferencedSOPInstanceUID = one.sop_instance_uid
    return reference


def _procedure(findings: Findings) -> Code:
    """Name the procedure by the breasts that were analysed (CID 6050)."""
    sides = {breast.laterality for breast in findings.breasts}
    return (
        codes.UNILATERAL_MAMMOGRAMS[sides.pop()] if len(sides) == 1 else codes.BILATERAL_MAMMOGRAM
    )


def _coded(value: Code) -> CodedConcept:
    return CodedConcept.from_code(value)


def _long_string(text: str) -> str:
    return clean_text(text).replace("\\", "/")[:64]


def _date_time(moment: datetime) -> str:
    return moment.strftime("%Y%m%d%H%M%S") + (moment.strftime("%z") if moment.tzinfo else "")
