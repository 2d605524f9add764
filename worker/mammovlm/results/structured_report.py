"""The structured report as a DICOM object: Comprehensive SR with TID 1500 (PS3.3 A.35.3)."""

from datetime import datetime

from pydicom import Dataset
from pydicom.sr.coding import Code

from mammovlm.findings import Explanation, Findings
from mammovlm.job import PredecessorReport
from mammovlm.results import codes
from mammovlm.results.character_set import fit_dataset
from mammovlm.results.content_tree import content_tree
from mammovlm.results.object_header import (
    REPORT_SERIES,
    add_equipment,
    add_identity,
    add_series,
    coded,
)
from mammovlm.results.patient_and_study import add_patient_and_study
from mammovlm.results.report_context import ReportContext
from mammovlm.results.report_options import ReportOptions
from mammovlm.results.sr_document import add_document, add_references
from mammovlm.study import Study


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
    add_identity(report, options.sop_class_uid, context.uids.report)
    add_patient_and_study(report, study)
    add_series(report, REPORT_SERIES, context.uids.report)
    add_equipment(report, findings.algorithm, moment)
    add_document(report, is_partial=findings.is_partial, moment=moment)
    report.PerformedProcedureCodeSequence = [coded(mammography_procedure(findings))]
    images = [view.source for view in study.views]
    add_references(report, study.study_instance_uid, images, predecessor)
    report.update(content_tree(context))
    fit_dataset(report, options.character_set)
    return report


def mammography_procedure(findings: Findings) -> Code:
    """Name the procedure by the breasts that were analysed (CID 6050)."""
    sides = {breast.laterality for breast in findings.breasts}
    return (
        codes.UNILATERAL_MAMMOGRAMS[sides.pop()] if len(sides) == 1 else codes.BILATERAL_MAMMOGRAM
    )
