"""The one-page summary as a DICOM object: Encapsulated PDF (PS3.3 A.45.1)."""

from datetime import datetime

from pydicom import Dataset
from pydicom.uid import EncapsulatedPDFStorage

from mammovlm.results import codes
from mammovlm.results.character_set import fit_dataset
from mammovlm.results.object_header import (
    PDF_SERIES,
    add_content_date,
    add_equipment,
    add_identity,
    add_series,
    coded,
    sop_reference,
    study_reference,
)
from mammovlm.results.page_content import page_content
from mammovlm.results.page_fonts import PageFonts
from mammovlm.results.page_layout import draw_page
from mammovlm.results.patient_and_study import add_patient_and_study
from mammovlm.results.report_context import ReportContext

KIND = "encapsulated PDF"
"""From which its UIDs are derived, beside those of the report."""
MIME_TYPE = "application/pdf"


def encapsulated_pdf(
    context: ReportContext, report: Dataset, fonts: PageFonts, moment: datetime
) -> Dataset:
    """Make the one-page summary of one study.

    Parameters
    ----------
    context
        The study, what was found and what was said.
    report
        The structured report that the page sums up.
    fonts
        What it is written with.
    moment
        When it was made.
    """
    uids = context.uids.companion(KIND)
    pdf = Dataset()
    add_identity(pdf, EncapsulatedPDFStorage, uids)
    add_patient_and_study(pdf, context.study)
    add_series(pdf, PDF_SERIES, uids)
    add_equipment(pdf, context.findings.algorithm, moment)
    add_content_date(pdf, moment)
    _add_document(pdf, context)
    page = draw_page(page_content(context, report, moment), fonts)
    pdf.EncapsulatedDocument = page + b"\0" * (len(page) % 2)
    pdf.EncapsulatedDocumentLength = len(page)
    fit_dataset(pdf, context.options.character_set)
    return pdf


def _add_document(pdf: Dataset, context: ReportContext) -> None:
    """Fill the SC Equipment and Encapsulated Document modules (PS3.3 C.8.6.1, C.24.2)."""
    partial = " (PARTIAL)" if context.findings.is_partial else ""
    pdf.ConversionType = "WSD"
    pdf.AcquisitionDateTime = ""
    pdf.BurnedInAnnotation = "YES"
    pdf.SourceInstanceSequence = [sop_reference(view.source) for view in context.study.views]
    pdf.DocumentTitle = f"MammoVLM summary, research use only{partial}"
    pdf.ConceptNameCodeSequence = [coded(codes.REPORT_TITLE)]
    pdf.VerificationFlag = "UNVERIFIED"
    pdf.MIMETypeOfEncapsulatedDocument = MIME_TYPE
    if context.predecessor is not None:
        study = context.study.study_instance_uid
        pdf.PredecessorDocumentsSequence = [study_reference(study, [context.predecessor])]
