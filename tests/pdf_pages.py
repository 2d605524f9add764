"""The one-page summary as a picture and as boxes, by PDFium."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pypdfium2
from pydicom import Dataset
from pypdfium2 import raw

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points."""


def document_of(pdf: Dataset) -> pypdfium2.PdfDocument:
    """Open the document in an Encapsulated PDF."""
    return pypdfium2.PdfDocument(bytes(pdf.EncapsulatedDocument[: pdf.EncapsulatedDocumentLength]))


def picture(pdf: Dataset, scale: float = 2.0) -> npt.NDArray[np.uint8]:
    """Render the first page: grey values, 255 is paper."""
    rendered = document_of(pdf)[0].render(scale=scale, grayscale=True)
    return np.asarray(rendered.to_numpy()).reshape(rendered.height, rendered.width)


def text_of(pdf: Dataset) -> str:
    """Extract the text of the first page, with single spaces."""
    return " ".join(document_of(pdf)[0].get_textpage().get_text_range().split())


def text_boxes(pdf: Dataset) -> list[tuple[str, Box]]:
    """List every run of text with the box around its letters."""
    page = document_of(pdf)[0].get_textpage()
    boxes = [page.get_rect(number) for number in range(page.count_rects())]
    return [(page.get_text_bounded(*box), box) for box in boxes]


def mark_boxes(pdf: Dataset) -> Iterator[Box]:
    """List the filled bars and dots of the likelihoods: paths lower than a line of text."""
    for item in document_of(pdf)[0].get_objects(filter=[raw.FPDF_PAGEOBJ_PATH]):
        left, bottom, right, top = item.get_bounds()
        if 2 < top - bottom < 8 and right - left < 150:
            yield left, bottom, right, top


def overlap(one: Box, other: Box, tolerance: float = 0.3) -> bool:
    """Tell whether two boxes share more than a sliver."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return width > tolerance and height > tolerance


def fonts_of(pdf: Dataset) -> dict[str, bool]:
    """Name the fonts of the text, and say whether each is embedded."""
    return {
        item.get_font().get_base_name(): bool(item.get_font().is_embedded)
        for item in document_of(pdf)[0].get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT])
    }
