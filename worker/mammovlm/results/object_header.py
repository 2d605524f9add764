"""The header that all our result objects share: identity, series, equipment, references."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Protocol

from highdicom.sr import CodedConcept
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import UID, ExplicitVRLittleEndian

from mammovlm.findings import Algorithm
from mammovlm.results import codes
from mammovlm.results.character_set import clean_text
from mammovlm.results.uids import ObjectUids, derived_uid


class ReferableObject(Protocol):
    """A stored object that ours can refer to: an image or an earlier report."""

    @property
    def sop_class_uid(self) -> str:
        """(0008,0016)."""

    @property
    def sop_instance_uid(self) -> str:
        """(0008,0018)."""

    @property
    def series_instance_uid(self) -> str:
        """(0020,000E)."""


@dataclass(frozen=True)
class SeriesLabel:
    """How the series of one kind of object shows in a list.

    Parameters
    ----------
    modality
        (0008,0060).
    number
        (0020,0011), above the numbers that modalities give, so that our objects list last.
    description
        (0008,103E), with the limit of use.
    """

    modality: str
    number: int
    description: str


REPORT_SERIES = SeriesLabel("SR", 9001, "MammoVLM AI result - NOT FOR DIAGNOSTIC USE ALONE")
CAD_SERIES = SeriesLabel("SR", 9002, "MammoVLM AI CAD SR - NOT FOR DIAGNOSTIC USE ALONE")
PDF_SERIES = SeriesLabel("DOC", 9003, "MammoVLM AI summary - NOT FOR DIAGNOSTIC USE ALONE")
REGION_SERIES = SeriesLabel("PR", 9005, "MammoVLM AI regions - NOT FOR DIAGNOSTIC USE ALONE")
HEAT_SERIES = SeriesLabel("OT", 9006, "MammoVLM AI heat map - NOT FOR DIAGNOSTIC USE ALONE")
REFUSAL_SERIES = SeriesLabel("SR", 9004, "MammoVLM AI - NO RESULT, study was not analyzed")


def add_identity(dataset: Dataset, sop_class_uid: UID, uids: ObjectUids) -> None:
    """Fill file meta information and the SOP Common module."""
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = sop_class_uid
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(uids.sop_instance)
    dataset.file_meta.ImplementationClassUID = UID(derived_uid("implementation class"))
    dataset.file_meta.ImplementationVersionName = "MAMMOVLM"
    dataset.SOPClassUID = sop_class_uid
    dataset.SOPInstanceUID = uids.sop_instance


def add_series(dataset: Dataset, label: SeriesLabel, uids: ObjectUids) -> None:
    """Fill the series module; every object is a series of its own."""
    dataset.Modality = label.modality
    dataset.SeriesInstanceUID = uids.series_instance
    dataset.SeriesNumber = label.number
    dataset.SeriesDescription = label.description
    dataset.InstanceNumber = 1


def add_equipment(dataset: Dataset, algorithm: Algorithm, moment: datetime) -> None:
    """Name the algorithm as equipment, as IHE AI Results asks (RAD TF, 6.5.3.1)."""
    contribution = Dataset()
    contribution.PurposeOfReferenceCodeSequence = [coded(codes.PROCESSING_EQUIPMENT)]
    contribution.DeviceUID = algorithm.device_uid
    contribution.ContributionDateTime = _date_time(moment)
    contribution.ContributionDescription = "Artificial intelligence; research use only"
    for equipment in (dataset, contribution):
        equipment.Manufacturer = _long_string(algorithm.manufacturer)
        equipment.ManufacturerModelName = _long_string(algorithm.name)
        equipment.SoftwareVersions = _long_string(algorithm.version)
    dataset.ContributingEquipmentSequence = [contribution]


def add_content_date(dataset: Dataset, moment: datetime) -> None:
    """Say when the content was made."""
    dataset.ContentDate = moment.strftime("%Y%m%d")
    dataset.ContentTime = moment.strftime("%H%M%S")


def study_reference(study_instance_uid: str, objects: Sequence[ReferableObject]) -> Dataset:
    """Make one item of the hierarchical SOP instance reference macro (PS3.3 C.17.2.1)."""
    reference = Dataset()
    reference.StudyInstanceUID = study_instance_uid
    reference.ReferencedSeriesSequence = []
    by_series = sorted(objects, key=lambda one: one.series_instance_uid)
    for series_uid, members in groupby(by_series, key=lambda one: one.series_instance_uid):
        series = Dataset()
        series.SeriesInstanceUID = series_uid
        series.ReferencedSOPSequence = [sop_reference(one) for one in members]
        reference.ReferencedSeriesSequence.append(series)
    return reference


def sop_reference(one: ReferableObject) -> Dataset:
    """Make one item of the SOP instance reference macro (PS3.3 10.8)."""
    reference = Dataset()
    reference.ReferencedSOPClassUID = one.sop_class_uid
    reference.ReferencedSOPInstanceUID = one.sop_instance_uid
    return reference


def coded(value: Code) -> CodedConcept:
    """Make one item of the code sequence macro (PS3.3 8.8)."""
    return CodedConcept.from_code(value)


def _long_string(text: str) -> str:
    return clean_text(text).replace("\\", "/")[:64]


def _date_time(moment: datetime) -> str:
    return moment.strftime("%Y%m%d%H%M%S") + (moment.strftime("%z") if moment.tzinfo else "")
