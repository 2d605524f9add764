"""The check of the one-page summary before storing: its text, extracted, must say what was found.

What is expected is worked out here from the findings alone, not by the code that drew the page.
"""

from collections.abc import Iterator
from functools import partial

import pypdfium2
from pydicom import Dataset

from mammovlm.findings import Explanation, Findings, Likelihood
from mammovlm.results.encapsulated_pdf import KIND, MIME_TYPE
from mammovlm.results.object_check import check_object, differences_beside_report
from mammovlm.results.object_header import PDF_SERIES
from mammovlm.results.page_fonts import PageFonts
from mammovlm.study import Study
from mammovlm.words import LANGUAGES

_COMPARED = 100
"""Characters of a long text that stand on the page even where it is cut."""


def check_pdf(
    made: Dataset,
    report: Dataset,
    study: Study,
    findings: Findings,
    explanation: Explanation,
    *,
    fonts: PageFonts,
) -> None:
    """Write the Encapsulated PDF, read it again, and compare it with findings and report.

    Raises
    ------
    ResultInvalid
        If it cannot be written, read, or differs; the message names what differs.
    """
    check_object(
        "encapsulated PDF",
        made,
        partial(
            _differences,
            report=report,
            study=study,
            findings=findings,
            explanation=explanation,
            fonts=fonts,
        ),
    )


def extracted_pages(made: Dataset) -> list[str]:
    """Extract the text of every page of an Encapsulated PDF, as `comparable` text.

    Raises
    ------
    ValueError
        If it holds no PDF.
    """
    length = made.EncapsulatedDocumentLength
    try:
        document = pypdfium2.PdfDocument(bytes(made.EncapsulatedDocument[:length]))
        return [comparable(page.get_textpage().get_text_range()) for page in document]
    except pypdfium2.PdfiumError as error:
        raise ValueError("the encapsulated document is no PDF") from error


def comparable(text: str) -> str:
    """Keep ASCII letters, digits, full stops and Chinese characters.

    Extraction loses spaces at line ends, reads a hyphen there as a broken word, and reorders
    scripts that run from right to left.
    """
    return "".join(
        character
        for character in text
        if (character.isascii() and (character.isalnum() or character == "."))
        or "\u4e00" <= character <= "\u9fff"
    )


def _differences(
    stored: Dataset,
    report: Dataset,
    study: Study,
    findings: Findings,
    explanation: Explanation,
    *,
    fonts: PageFonts,
) -> Iterator[str]:
    yield from differences_beside_report(stored, report, KIND, PDF_SERIES)
    if stored.MIMETypeOfEncapsulatedDocument != MIME_TYPE:
        yield "MIMETypeOfEncapsulatedDocument"
    sources = [str(item.ReferencedSOPInstanceUID) for item in stored.SourceInstanceSequence]
    if sources != [view.source.sop_instance_uid for view in study.views]:
        yield "SourceInstanceSequence"
    pages = extracted_pages(stored)
    if len(pages) != 1:
        yield "number of pages"
    said = "".join(pages)
    for name, words in _expected(report, findings, explanation):
        if comparable(fonts.drawn(words)) not in said:
            yield name


def _expected(
    report: Dataset, findings: Findings, explanation: Explanation
) -> Iterator[tuple[str, str]]:
    sentences = LANGUAGES[explanation.language]
    yield "title", sentences.readable.title
    yield "status", f"{report.CompletionFlag}, PRELIMINARY, UNVERIFIED"
    yield "disclaimer", sentences.report.disclaimer
    yield "training note", sentences.note_of(findings.algorithm.training_note)[:_COMPARED]
    yield "algorithm", findings.algorithm.version
    yield "device UID", findings.algorithm.device_uid
    yield "summary", explanation.summary[:_COMPARED]
    for slot in findings.missing:
        yield f"missing {slot}", str(slot)
    for density in (*(breast.density for breast in findings.breasts), findings.density):
        if density is not None:
            yield "density", f"{density.category} - "
            yield "density", f"{100 * density.probability:.1f} %"
    for breast in findings.breasts:
        for likelihood in (breast.presence, breast.suspicion):
            if likelihood is not None:
                yield from _figures(likelihood)
    for view in findings.views:
        yield f"expert of {view.slot}", f"{view.slot}: {view.expert}"[:_COMPARED]


def _figures(likelihood: Likelihood) -> Iterator[tuple[str, str]]:
    for figure in (likelihood.value, likelihood.low, likelihood.high):
        yield "likelihood", f"{round(100 * figure, 1):.1f}"
