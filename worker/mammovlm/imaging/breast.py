"""Where the breast lies in a mammogram, and what of the picture is air.

Everything is measured on a small copy: the largest thing that stands out from the air, after
strips, letters and markers are worn away. Film scans have bright rims and strips along their
edges, and their chest wall need not be at the picture's edge, so neither is taken for granted.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mammovlm.study import BreastBox

_LONG_SIDE = 320
_WEAR = 0.018
"""Half width of what is worn away, as a share of the long side: labels, markers and film edges."""
_SMALLEST_BREAST = 0.015
_LEAST_CONTRAST = 0.03
_MARGIN = 5

Picture = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Air:
    """The grey value of air and how far it strays.

    Parameters
    ----------
    level
        The most frequent value near the picture's edge.
    spread
        Above which distance from the level a value is no longer air.
    """

    level: float
    spread: float


def breast_box(pixels: Picture) -> BreastBox | None:
    """Find the smallest upright box around the breast, with a margin of five pixels.

    Parameters
    ----------
    pixels
        Shape (rows, columns), 0..1, 0 = air.

    Returns
    -------
    BreastBox or None
        None where nothing in the picture is as large as a breast.
    """
    rows, columns = pixels.shape
    step = reduction(rows, columns)
    mask = breast_mask(reduced(pixels, step))
    if mask is None:
        return None
    down, right = ndimage.find_objects(mask.astype(np.uint8))[0]
    margin = _MARGIN + step - 1
    return BreastBox(
        top=max(down.start * step - margin, 0),
        left=max(right.start * step - margin, 0),
        bottom=min(down.stop * step + margin, rows),
        right=min(right.stop * step + margin, columns),
    )


def breast_mask(small: Picture) -> Mask | None:
    """Mark the breast in a small picture whose air is dark; None where there is none.

    Parameters
    ----------
    small
        See `reduced`; any range of values.
    """
    smooth = ndimage.uniform_filter(small, 3)
    air = measure_air(smooth)
    bright = float(np.percentile(smooth, 99.5))
    if bright - air.level < _LEAST_CONTRAST:
        return None
    threshold = air.level + max(air.spread, 0.06 * (bright - air.level))
    return _largest_part(smooth > threshold)


def measure_air(small: Picture) -> Air:
    """Measure the air of a picture whose air is dark, near its edges, where most of it is."""
    near_edge = _ring(small)
    low, high = float(small.min()), float(small.max())
    counts, edges = np.histogram(near_edge, bins=32, range=(low, (low + high) / 2 or 1.0))
    peak = int(counts.argmax())
    is_peak = (near_edge >= edges[max(peak - 1, 0)]) & (near_edge <= edges[min(peak + 2, 32)])
    if not is_peak.any():
        return Air(low, 0.0)
    level = float(np.median(near_edge[is_peak]))
    spread = float(np.median(np.abs(near_edge[is_peak] - level)))
    return Air(level, 6 * spread)


def air_is_bright(small: Picture) -> bool:
    """Tell whether a picture is a negative: its air, flat and along its edges, is the bright part.

    Parameters
    ----------
    small
        See `reduced`; any range of values.
    """
    smooth = ndimage.uniform_filter(small, 3)
    low, high = float(smooth.min()), float(smooth.max())
    if high - low < _LEAST_CONTRAST:
        return False
    edge, whole = ((part - low) / (high - low) for part in (_ring(smooth), smooth))
    is_bright_at_edge = _flat_share(1 - edge) > _flat_share(edge)
    return is_bright_at_edge and float((whole > 0.9).mean()) > float((whole < 0.1).mean())


def _flat_share(values: Picture) -> float:
    """Give the share of the most frequent value (within 3 %) among the darker half of values."""
    counts, _ = np.histogram(values, bins=16, range=(0, 0.5))
    return float(counts.max()) / values.size


def reduction(rows: int, columns: int) -> int:
    """Give the whole number by which a picture is reduced before it is measured."""
    return max(1, max(rows, columns) // _LONG_SIDE)


def reduced(pixels: Picture, step: int) -> Picture:
    """Reduce a picture by the mean over blocks of ``step`` × ``step``; a remainder is cut off.

    Of large blocks every second row and column is enough.
    """
    if step % 2 == 0 and step > 4:
        return reduced(pixels[::2, ::2], step // 2)
    rows, columns = (size // step * step for size in pixels.shape)
    blocks = pixels[:rows, :columns].reshape(rows // step, step, columns // step, step)
    means: Picture = blocks.mean(axis=(1, 3), dtype=np.float32)
    return means


def _ring(small: Picture) -> Picture:
    """Give the values of a band near the edge, but not the outermost pixels (film rims)."""
    rows, columns = small.shape
    inset, width = max(1, min(rows, columns) // 30), max(2, min(rows, columns) // 12)
    band = np.zeros(small.shape, bool)
    band[inset : rows - inset, inset : columns - inset] = True
    inner = inset + width
    band[inner : rows - inner, inner : columns - inner] = False
    return small[band] if band.any() else small.ravel()


def _largest_part(mask: Mask) -> Mask | None:
    """Keep the largest part of a mask that is no strip, letter or marker."""
    wear = max(2.0, _WEAR * max(mask.shape))
    padded = np.pad(mask, 1)
    core = ndimage.distance_transform_edt(padded) > wear
    labels, count = ndimage.label(core)
    if not count:
        return None
    sizes = np.bincount(labels.ravel())[1:]
    largest = labels == sizes.argmax() + 1
    grown = (ndimage.distance_transform_edt(~largest) <= wear + 1) & padded
    part = grown[1:-1, 1:-1]
    return part if part.mean() >= _SMALLEST_BREAST else None
