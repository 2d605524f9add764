"""The heat map as pixels: the image in grey, the model's evidence over it in a few colours.

One byte a pixel: 8 levels of evidence times 32 of grey, in a palette. Evidence is told in steps of
the logit, relative to that from which a region is marked, so that the same colour means the same in
every image and an image without evidence stays grey.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from mammovlm.evidence import EvidenceMap

Pixels = npt.NDArray[np.uint8]
LEVELS = 8
MARKED_LEVEL = 4
"""From which on a local maximum is a marked region."""
STEP = 0.8
"""In logits: how much more evident each level is."""
LEGEND = (
    "MammoVLM AI EVIDENCE MAP - RESEARCH USE ONLY",
    "NOT FOR DIAGNOSTIC USE ALONE - UNVERIFIED",
)
_SCALE = ((1, "weak", "la"), (MARKED_LEVEL, "marked", "la"), (LEVELS, "strong", "ra"))
"""What is written under the scale: at the beginning of which level."""
_GREYS = 32
_WHITE = _GREYS - 1
_OPACITY = 0.45
_COLOURS = (
    (66, 10, 104),
    (120, 28, 109),
    (165, 44, 96),
    (207, 68, 70),
    (237, 105, 37),
    (251, 155, 6),
    (247, 209, 61),
)
"""From dark to light, in this order for every kind of colour vision."""


def palette() -> npt.NDArray[np.uint8]:
    """Give the colours of all values, (256, 3) of red, green and blue."""
    grey = np.repeat(np.linspace(0, 255, _GREYS)[:, None], 3, axis=1)
    tinted = [(1 - _OPACITY) * grey + _OPACITY * np.array(colour) for colour in _COLOURS]
    return np.concatenate([grey, *tinted]).round().astype(np.uint8)


def heat_picture(pixels: npt.NDArray[np.float32], evidence: EvidenceMap) -> Pixels:
    """Draw the evidence over a view.

    Parameters
    ----------
    pixels
        Of the view, 0..1, (rows, columns) of the stored image.
    evidence
        Of this view.

    Returns
    -------
    ndarray of uint8
        (rows, columns): level * 32 + grey, and the legend in the corner with the least in it.
    """
    rows, columns = pixels.shape
    grey = np.clip(pixels * _GREYS, 0, _GREYS - 1).astype(np.uint8)
    picture = levels(evidence, rows, columns) * np.uint8(_GREYS) + grey
    drawn = _legend(rows, columns)
    corner = legend_place(pixels, drawn.shape)
    picture[corner] = drawn
    return picture


def levels(evidence: EvidenceMap, rows: int, columns: int) -> Pixels:
    """Give the level of every pixel of the stored image, 0 to 7: linear between the cells' middles.

    Pixels outside all cells have level 0.
    """
    logits = np.maximum(evidence.logits, evidence.marked_from - STEP * (MARKED_LEVEL + 1))
    down = _places(rows, evidence.top, evidence.bottom, logits.shape[0])
    across = _places(columns, evidence.left, evidence.right, logits.shape[1])
    between = _interpolated(_interpolated(logits, down).T, across).T
    steps = (between - evidence.marked_from) / STEP + MARKED_LEVEL
    found: Pixels = np.clip(np.ceil(steps), 0, LEVELS - 1).astype(np.uint8)
    found[(down < -0.5) | (down > logits.shape[0] - 0.5)] = 0
    found[:, (across < -0.5) | (across > logits.shape[1] - 0.5)] = 0
    return found


def legend_place(pixels: npt.NDArray[np.float32], size: Sequence[int]) -> tuple[slice, slice]:
    """Give the corner of an image that is darkest, where the legend hides least."""
    height, width = size
    corners = [
        (down, across)
        for down in (slice(-height, None), slice(0, height))
        for across in (slice(-width, None), slice(0, width))
    ]
    return min(corners, key=lambda corner: float(pixels[corner].mean()))


def _places(pixels: int, first: float, last: float, cells: int) -> npt.NDArray[np.float64]:
    """Give the place of the middle of every pixel, in cells; 0 is the middle of the first cell."""
    middles = np.arange(pixels, dtype=np.float64) + 0.5
    return (middles - first) * (cells / (last - first)) - 0.5


def _interpolated(
    values: npt.NDArray[np.float32], places: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """Take values between rows; beyond the first and last, theirs."""
    inside = np.clip(places, 0, len(values) - 1)
    lower = np.minimum(inside.astype(np.intp), max(len(values) - 2, 0))
    upper = np.minimum(lower + 1, len(values) - 1)
    share = (inside - lower).astype(np.float32)[:, None]
    taken: npt.NDArray[np.float32] = values[lower] * (1 - share) + values[upper] * share
    return taken


@cache
def _legend(rows: int, columns: int) -> Pixels:
    """Draw words and a scale, some two fifths of the image wide."""
    size = max(6.0, min(columns, rows) / 60)
    font = ImageFont.load_default(size)
    line = round(1.4 * size)
    width = min(columns, round(max(font.getlength(text) for text in LEGEND) + 2 * size))
    image = Image.new("L", (width, min(rows, line * (len(LEGEND) + 2) + round(size))))
    draw = ImageDraw.Draw(image)
    for number, text in enumerate(LEGEND):
        draw.text((size, size / 2 + number * line), text, fill=_WHITE, font=font)
    patch = (width - 2 * size) / (LEVELS - 1)
    top = size / 2 + len(LEGEND) * line
    for level in range(1, LEVELS):
        left = size + (level - 1) * patch
        fill = level * _GREYS + _GREYS // 2
        draw.rectangle((left, top, left + patch, top + size), fill=fill)
    for level, text, anchor in _SCALE:
        place = (size + (level - 1) * patch, top + line)
        draw.text(place, text, fill=_WHITE, font=font, anchor=anchor)
    return np.asarray(image)
