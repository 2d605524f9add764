"""The Mammography CAD SR as a DICOM object (PS3.3 A.35.5), for reading workstations."""

from datetime import datetime

from pydicom import Dataset
from pydicom.uid import MammographyCADSRStorage

from mammovlm.results.cad_tree import cad_tree
from mammovlm.results.character_set import fit_dataset
from mammovlm.results.object_header import (
    CAD_SERIES,
    add_equipment,
    add_identity,
    add_series,
    coded,
)
from mammovlm.results.patient_and_study import add_patient_and_study
from mammovlm.results.report_context import ReportContext
from mammovlm.results.sr_document import add_document, add_references
from mammovlm.results.structured_report import mammography_procedure

KIND = "mammography CAD SR"
"""From which its UIDs are derived, beside those of the report."""


def cad_report(context: ReportContext, moment: datetime) -> Dataset:
    """Make the Mammography CAD SR of one study: its density, coded, and no likelihood.

    As the structured report it is UNVERIFIED and PRELIMINARY, a new series, and names the report
    of the run before.
    """
    findings, study, uids = context.findings, context.study, context.uids.companion(KIND)
    report = Dataset()
    add_identity(report, MammographyCADSRStorage, uids)
    add_patient_and_study(report, study)
    add_series(report, CAD_SERIES, uids)
    add_equipment(report, findings.algorithm, moment)
    add_document(report, is_partial=findings.is_partial, moment=moment)
    report.PerformedProcedureCodeSequence = [coded(mammography_procedure(findings))]
    images = [view.source for view in study.views]
    add_references(report, study.study_instance_uid, images, context.predecessor)
    report.update(cad_tree(context))
    fit_dataset(report, context.options.character_set)
    return report
