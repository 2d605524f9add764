"""The one-page summary drawn on A4: as large as it fits, always one page, nothing overlapping.

Text is set smaller in steps until everything fits; where even the smallest size does not do, the
long texts are cut and say so.
"""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Spacer, Table, TableStyle

from mammovlm.results.interval_bar import IntervalBar
from mammovlm.results.page_content import BreastRow, PageContent
from mammovlm.results.page_fonts import PageFonts
from mammovlm.results.page_text import PageText
from mammovlm.results.percent import WrittenLikelihood
from mammovlm.words import LANGUAGES
from mammovlm.words.page_words import PageWords

MARGIN = 36.0
"""In points, a half inch: what office printers leave white."""
_WIDTH, _HEIGHT = A4[0] - 2 * MARGIN, A4[1] - 2 * MARGIN
_SIZES = (9.0, 8.4, 7.8, 7.2, 6.6, 6.0, 5.5)
_KEPT_CHARACTERS = (3000, 1500, 800, 400, 150)
"""Of a text that has to be cut; the check before storing looks at the first hundred."""
_DARK, _LINE, _SOFT = HexColor("#14324a"), HexColor("#9fb0bd"), HexColor("#eef3f6")
_COLUMNS = (0.1, 0.2, 0.17, 0.17, 0.14, 0.22)
"""Widths of the table's columns, as parts of the page's."""


def draw_page(content: PageContent, fonts: PageFonts) -> bytes:
    """Draw the page; the same content gives the same bytes.

    Returns
    -------
    bytes
        A PDF of one page.
    """
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1, pageCompression=1, lang=content.language)
    canvas.setTitle(content.title)
    canvas.setSubject(content.banner)
    top = A4[1] - MARGIN
    for flowable in _fitting(content, fonts):
        _, height = flowable.wrapOn(canvas, _WIDTH, _HEIGHT)
        flowable.drawOn(canvas, MARGIN, top - height)
        top -= height
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _fitting(content: PageContent, fonts: PageFonts) -> list[Flowable]:
    """Lay out at the largest size that fits on the page."""
    for size in _SIZES:
        flowables = _laid_out(content, PageText(fonts, size))
        if _height(flowables) <= _HEIGHT:
            return flowables
    for kept in _KEPT_CHARACTERS:
        flowables = _laid_out(_cut(content, kept), PageText(fonts, _SIZES[-1]))
        if _height(flowables) <= _HEIGHT:
            return flowables
    raise ValueError("the content does not fit on one page")


def _height(flowables: Sequence[Flowable]) -> float:
    canvas = Canvas(BytesIO(), pagesize=A4)
    return float(sum(flowable.wrapOn(canvas, _WIDTH, _HEIGHT)[1] for flowable in flowables))


def _cut(content: PageContent, kept: int) -> PageContent:
    """Keep the first characters of every text that may grow without bound."""
    mark = LANGUAGES[content.language].page.cut

    def short(text: str) -> str:
        return text if len(text) <= kept else f"{text[:kept]}… {mark}"

    return replace(
        content,
        rows=tuple(
            replace(row, views=tuple(short(view) for view in row.views[:8])) for row in content.rows
        ),
        summary=short(content.summary),
        patient_text=short(content.patient_text),
        patient_origin=short(content.patient_origin),
        limits=(*(short(text) for text in content.limits[:-1]), content.limits[-1]),
        algorithm=tuple(short(text) for text in content.algorithm[: 2 + kept // 50]),
    )


def _laid_out(content: PageContent, text: PageText) -> list[Flowable]:
    words, gap = LANGUAGES[content.language].page, Spacer(1, 0.55 * text.size)
    return [
        _banner(content, text),
        gap,
        _identification(content, text),
        gap,
        _findings(content, words, text),
        gap,
        *_section(content.summary_title, [content.summary], text),
        *_patient_draft(content, text),
        gap,
        *_section(content.limits_title, content.limits, text),
        gap,
        *_section(content.algorithm_title, content.algorithm, text, scale=0.85),
    ]


def _banner(content: PageContent, text: PageText) -> Table:
    white = HexColor("#ffffff")
    lines = [
        [text.bold(content.title, scale=1.35, color=white)],
        [text.plain(content.banner, color=white)],
    ]
    return _table(lines, [_WIDTH], text, [("BACKGROUND", (0, 0), (-1, -1), _DARK)])


def _identification(content: PageContent, text: PageText) -> Table:
    """Set label over value, four to a row."""
    cells = [
        [text.plain(label, scale=0.85, color=HexColor("#4a6072")), text.bold(value)]
        for label, value in content.identification
    ]
    rows = [cells[first : first + 4] for first in range(0, len(cells), 4)]
    return _table(rows, [_WIDTH / 4] * 4, text, [("BOX", (0, 0), (-1, -1), 0.5, _LINE)])


def _findings(content: PageContent, words: PageWords, text: PageText) -> Table:
    """Make the table by breast, the study's density and the missing views below it."""
    headings = (
        words.breast,
        words.density,
        words.presence,
        words.suspicion,
        words.suggestion,
        words.views,
    )
    widths = [part * _WIDTH for part in _COLUMNS]
    rows: list[list[object]] = [
        [text.bold(heading, scale=0.85) for heading in headings],
        *(_breast(row, content.threshold, words, text) for row in content.rows),
        [
            text.bold(LANGUAGES[content.language].readable.overall),
            text.plain(content.overall),
            text.plain(content.missing),
            *[""] * 3,
        ],
    ]
    lines = [
        ("GRID", (0, 0), (-1, -1), 0.5, _LINE),
        ("BACKGROUND", (0, 0), (-1, 0), _SOFT),
        ("SPAN", (2, -1), (-1, -1)),
    ]
    return _table(rows, widths, text, lines)


def _breast(row: BreastRow, threshold: float, words: PageWords, text: PageText) -> list[object]:
    def likelihood(written: WrittenLikelihood | None, width: float) -> list[Flowable]:
        if written is None:
            return [text.plain(words.not_available)]
        interval = words.interval.format(low=written.low, high=written.high)
        return [
            text.bold(words.percent.format(value=written.value)),
            IntervalBar(written, threshold, width * _WIDTH - 10, 0.8 * text.size),
            text.plain(interval, scale=0.85),
        ]

    return [
        text.bold(row.name),
        text.plain(row.density),
        likelihood(row.presence, _COLUMNS[2]),
        likelihood(row.suspicion, _COLUMNS[3]),
        text.plain(row.suggestion),
        [text.plain(view, scale=0.85) for view in row.views],
    ]


def _patient_draft(content: PageContent, text: PageText) -> list[Flowable]:
    if not content.patient_text:
        return []
    lines = [line for line in content.patient_text.splitlines() if line.strip()]
    box: list[Flowable] = [
        text.bold(content.patient_title),
        *(text.plain(line, space_before=0.2) for line in lines),
        text.plain(content.patient_origin, scale=0.85, space_before=0.4),
    ]
    frame = [("BOX", (0, 0), (-1, -1), 0.5, _LINE), ("BACKGROUND", (0, 0), (-1, -1), _SOFT)]
    return [Spacer(1, 0.55 * text.size), _table([[box]], [_WIDTH], text, frame)]


def _section(
    title: str, texts: Sequence[str], text: PageText, scale: float = 1.0
) -> list[Flowable]:
    paragraphs = [text.plain(line, scale=scale, space_before=0.15) for line in texts if line]
    return [_table([[[text.bold(title), *paragraphs]]], [_WIDTH], text, [])]


def _table(
    rows: Sequence[Sequence[object]],
    widths: Sequence[float],
    text: PageText,
    style: Sequence[tuple[object, ...]],
) -> Table:
    padding = 0.35 * text.size
    padded: list[tuple[object, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), padding),
        ("BOTTOMPADDING", (0, 0), (-1, -1), padding),
        ("LEFTPADDING", (0, 0), (-1, -1), 5),
        ("RIGHTPADDING", (0, 0), (-1, -1), 5),
    ]
    return Table(rows, widths, style=TableStyle([*padded, *style]))
