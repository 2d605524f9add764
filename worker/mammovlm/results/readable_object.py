"""Any result of ours as text for a person: the structured report, the PDF, the CAD SR."""

import pypdfium2
from pydicom import Dataset
from pydicom.uid import EncapsulatedPDFStorage, MammographyCADSRStorage

from mammovlm.results import codes
from mammovlm.results.object_header import CAD_SERIES, PDF_SERIES
from mammovlm.results.readable_report import readable_report
from mammovlm.results.report_content import only_item, texts_named
from mammovlm.results.wrapped_text import wrapped

_WIDTH = 88


def readable_object(result: Dataset) -> str:
    """Write what stands for a study's result as plain text.

    A PDF says what stands on its page, the patient among it; a Mammography CAD SR its overall
    impression; a structured report is written by `readable_report`.

    Raises
    ------
    ValueError
        If the data set is none that this project made, or lacks a part of one.
    """
    kind = result.get("SOPClassUID")
    try:
        if kind == EncapsulatedPDFStorage and _is_series(result, PDF_SERIES.description):
            return _text_of_pdf(result)
        if kind == MammographyCADSRStorage and _is_series(result, CAD_SERIES.description):
            return _text_of_cad_report(result)
    except (AttributeError, KeyError, IndexError, TypeError, pypdfium2.PdfiumError) as error:
        raise ValueError("this result of MammoVLM lacks a part") from error
    return readable_report(result)


def _is_series(result: Dataset, description: str) -> bool:
    return bool(result.get("SeriesDescription") == description)


def _text_of_pdf(result: Dataset) -> str:
    content = bytes(result.EncapsulatedDocument[: result.EncapsulatedDocumentLength])
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content)]
    return "\n".join(pages).replace("\r", "") + "\n"


def _text_of_cad_report(result: Dataset) -> str:
    summary = only_item(result, codes.PROCESSING_SUMMARY)
    said = texts_named(summary, codes.IMPRESSION_DESCRIPTION)
    return "\n".join(line for text in said for line in wrapped(text, _WIDTH, "")) + "\n"
