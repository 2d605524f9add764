"""What lies around the breast: burned-in markers, labels, film borders, dust, scratches, grain."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from mammovlm.study import Laterality, Slot
from mammovlm.training.phantoms.noise import Field

MARKER_SHARE = 0.6
"""How often a picture has a marker."""


def add_surroundings(
    rng: np.random.Generator, pixels: Field, air: Field, slot: Slot, *, film: bool
) -> Field:
    """Add what is no breast; the breast itself is kept, but for a film's grain and scratches.

    Parameters
    ----------
    rng
        Source of randomness.
    pixels
        float32, (rows, columns), 0..1; chest wall at the side of ``slot``.
    air
        Millimetres outside the skin, same shape; 0 or less in the breast.
    slot
        Named by the marker.
    film
        Whether to add what only digitised films have.

    Returns
    -------
    Field
        A copy.
    """
    picture = pixels.copy()
    if film:
        picture = _film_flaws(rng, picture)
    if rng.random() < MARKER_SHARE:
        _set_marker(rng, picture, air, _marker(rng, slot, boxed=film and rng.random() < 0.5), slot)
    if film and rng.random() < 0.5:
        _bright_borders(rng, picture, slot)
    return np.clip(picture, 0, 1, out=picture)


def _marker(rng: np.random.Generator, slot: Slot, *, boxed: bool) -> Field:
    """Draw the letters of a lead marker, or a label with dark letters on white."""
    words = {0: f"{slot}", 1: f"{slot.laterality}-{slot.position}", 2: f"{slot.laterality}"}
    text = words[int(rng.integers(0, 3))]
    font = ImageFont.load_default(size=float(rng.uniform(13, 24)))
    left, top, right, bottom = font.getbbox(text)
    size = (int(right - left) + 8, int(bottom - top) + 8)
    canvas = Image.new("L", size, 0)
    ImageDraw.Draw(canvas).text((4 - left, 4 - top), text, fill=255, font=font)
    turned = canvas.rotate(float(rng.normal(0, 12)), expand=True)
    letters = np.asarray(turned, dtype=np.float32) / 255
    if boxed:
        letters = 1 - 0.9 * np.asarray(canvas, dtype=np.float32)[:, ::-1] / 255
    return np.asarray(letters * rng.uniform(0.55, 1.0), dtype=np.float32)


def _set_marker(
    rng: np.random.Generator, picture: Field, air: Field, marker: Field, slot: Slot
) -> None:
    """Put the marker in the upper outer corner, unless the breast is there."""
    high, wide = marker.shape
    top = int(rng.integers(4, max(5, picture.shape[0] // 4)))
    edge = int(rng.integers(2, 40))
    right = slot.laterality is Laterality.LEFT
    left = picture.shape[1] - edge - wide if right else edge
    if left < 0 or top + high > picture.shape[0] or left + wide > picture.shape[1]:
        return
    place = np.s_[top : top + high, left : left + wide]
    if air[place].min() > 3:
        picture[place] = np.maximum(picture[place], marker)


def _film_flaws(rng: np.random.Generator, picture: Field) -> Field:
    """Add grain, dust, scratches and an uneven scanner lamp."""
    rows, columns = picture.shape
    grain = rng.standard_normal(picture.shape, dtype=np.float32)
    grain = ndimage.gaussian_filter(grain, 0.6)
    picture += rng.uniform(0.004, 0.016) * grain * np.sqrt(np.clip(picture, 0.02, 1))
    count = int(rng.poisson(4))
    y, x = rng.integers(0, rows, count), rng.integers(0, columns, count)
    picture[y, x] += rng.uniform(0.1, 0.6, count).astype(np.float32)
    if rng.random() < 0.15:
        picture[:, int(rng.integers(0, columns))] += np.float32(rng.uniform(0.02, 0.1))
    lamp = np.linspace(-1, 1, columns, dtype=np.float32) * np.float32(rng.normal(0, 0.01))
    picture += lamp + np.float32(rng.normal(0, 0.01))
    return picture


def _bright_borders(rng: np.random.Generator, picture: Field, slot: Slot) -> None:
    """Leave bright or black strips where the film ended, at the edges away from the breast."""
    outer = picture if slot.laterality is Laterality.RIGHT else picture[:, ::-1]
    if rng.random() < 0.6:
        outer[:, : int(rng.integers(2, 12))] = rng.uniform(0.7, 1.0)
    if rng.random() < 0.5:
        picture[: int(rng.integers(1, 8))] = rng.uniform(0.0, 1.0)
    if rng.random() < 0.5:
        picture[-int(rng.integers(1, 8)) :] = rng.uniform(0.0, 1.0)
