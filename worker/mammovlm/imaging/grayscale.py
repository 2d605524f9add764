"""Stored values → 0..1 with 0 = air: modality, VOI, polarity and padding in one table.

A stored value has at most 16 bits, so everything the header says is computed once for each of the
possible values, and then looked up for every pixel.
"""

import logging
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from mammovlm.imaging.attributes import text, whole_number
from mammovlm.imaging.breast import (
    air_is_bright,
    breast_mask,
    measure_air,
    reduction,
)
from mammovlm.imaging.pixel_layout import PixelLayout, StoredValues
from mammovlm.imaging.voi import Values, apply_modality, voi_transformations

_log = logging.getLogger(__name__)
_LEAST_MIDDLE_GREY = 0.03
"""Share of the image that must be neither black nor white for a window to be believed."""
_AIR_IS_ZERO = 0.02
_BRIGHTEST_AIR = 0.25
"""Air between these two is film base or scatter and is moved to 0; a brighter edge is tissue."""


@dataclass(frozen=True)
class _Sample:
    """A small copy of the image as indices into the table."""

    cells: StoredValues
    counts: npt.NDArray[np.intp] = field(repr=False)

    def picture(self, table: Values) -> npt.NDArray[np.float32]:
        """Look the sample up in a table."""
        return table[self.cells].astype(np.float32)


def to_grayscale(
    cells: StoredValues,
    layout: PixelLayout,
    header: Dataset,
    *,
    is_native: bool,
    for_presentation: bool,
) -> npt.NDArray[np.float32]:
    """Turn stored pixel cells into grey values.

    Parameters
    ----------
    cells
        Shape (rows, columns), as `decode_pixels` gives them.
    layout, header
        How the header describes them.
    is_native
        True where cells were never compressed, so that bits beside the stored ones may be set
        (overlays of older files).
    for_presentation
        False for raw detector values, which are brought to the logarithmic, inverted scale first.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        0..1, 0 = air, whatever Photometric Interpretation and Presentation LUT Shape say.
    """
    values = _stored_values(cells.dtype.itemsize * 8, layout, is_native)
    is_padding = _padding(values, header)
    sample = _sampled(cells, is_padding)
    modality = apply_modality(values, header)
    if for_presentation:
        table = _for_presentation(modality, header, layout, sample)
    else:
        table = _for_processing(modality, header, layout, sample)
    table[is_padding] = 0
    table = _air_at_zero(table, is_padding, sample)
    grey = np.empty(cells.shape, np.float32)
    np.take(table.astype(np.float32), cells, out=grey, mode="clip")
    return grey


def _stored_values(bits: int, layout: PixelLayout, is_native: bool) -> Values:
    """Give the stored value of every possible pixel cell (PS3.5 8.1.1)."""
    low_bit = layout.high_bit + 1 - layout.bits_stored if is_native else 0
    mask = (1 << layout.bits_stored) - 1
    values = (np.arange(1 << bits, dtype=np.int64) >> low_bit) & mask
    if layout.is_signed:
        values = np.where(values > mask >> 1, values - mask - 1, values)
    return values.astype(np.float64)


def _padding(values: Values, header: Dataset) -> npt.NDArray[np.bool_]:
    """Mark padding by Pixel Padding Value and Range Limit (PS3.3 C.7.5.1.1.2)."""
    padding = whole_number(header, "PixelPaddingValue")
    if padding is None:
        return np.zeros(values.shape, bool)
    limit = whole_number(header, "PixelPaddingRangeLimit")
    ends = (padding, padding if limit is None else limit)
    return (values >= min(ends)) & (values <= max(ends))


def _sampled(cells: StoredValues, is_padding: npt.NDArray[np.bool_]) -> _Sample:
    step = reduction(*cells.shape)
    small = cells[::step, ::step]
    counts = np.bincount(small.ravel(), minlength=is_padding.size)
    counts[is_padding] = 0
    return _Sample(small, counts)


def _for_presentation(
    modality: Values, header: Dataset, layout: PixelLayout, sample: _Sample
) -> Values:
    """Apply the first VOI transformation that shows anything, and the photometric polarity.

    MONOCHROME1 and Presentation LUT Shape INVERSE are two ways to say the same (PS3.3 C.11.6), so
    the image is inverted once, not twice.
    """
    is_inverse = (
        layout.photometric_interpretation == "MONOCHROME1"
        or text(header, "PresentationLUTShape").upper() == "INVERSE"
    )
    for table in voi_transformations(modality, header):
        if _shows_something(table, sample):
            return 1 - table if is_inverse else table.copy()
        _log.info("a window or VOI LUT shows nothing and was passed over")
    return _windowed_over_breast(-modality if is_inverse else modality, sample)


def _for_processing(
    modality: Values, header: Dataset, layout: PixelLayout, sample: _Sample
) -> Values:
    """Bring raw values to the scale of a presentation image.

    Pixel Intensity Relationship LIN means proportional to the exposure, so the logarithm is taken;
    its Sign 1 means that more exposure gives a higher value, so air is bright and is inverted
    (PS3.3 C.8.11.3). A window of a raw image is not used: it belongs to the linear scale.
    """
    values = modality
    if text(header, "PixelIntensityRelationship").upper() != "LOG":
        values = np.log(np.maximum(values - min(values.min(), 0) + 1, 1))
    sign = whole_number(header, "PixelIntensityRelationshipSign")
    is_inverse = sign == 1 or (sign is None and layout.photometric_interpretation == "MONOCHROME1")
    table = _windowed_over_breast(-values if is_inverse else values, sample)
    if air_is_bright(sample.picture(table)):
        _log.info("a raw image has its polarity against its header")
        return _windowed_over_breast(values if is_inverse else -values, sample)
    return table


def _shows_something(table: Values, sample: _Sample) -> bool:
    """Tell whether enough of the image is neither black nor white."""
    total = sample.counts.sum()
    is_middle = (table > 0.02) & (table < 0.98)
    return bool(total == 0 or sample.counts[is_middle].sum() / total >= _LEAST_MIDDLE_GREY)


def _windowed_over_breast(values: Values, sample: _Sample) -> Values:
    """Stretch values over the tissue, for images that bring no window.

    On film and in raw images tissue begins right above air. Processed images have a wide gap
    there, which their makers' windows leave out as well.
    """
    low, high = _range_of_tissue(values, sample)
    return np.clip((values - low) / max(high - low, 1e-6), 0, 1)


def _range_of_tissue(values: Values, sample: _Sample) -> tuple[float, float]:
    present = values[sample.counts > 0]
    if not present.size:
        return 0.0, 1.0
    low, high = _percentiles(values, sample.counts, (0.001, 0.999))
    shown = np.where(sample.counts > 0, values, low)  # padding is no tissue
    picture = np.clip((sample.picture(shown) - low) / max(high - low, 1e-6), 0, 1)
    mask = breast_mask(picture)
    if mask is None:
        return low, high
    inside = np.bincount(sample.cells[mask], minlength=values.size)
    inside[sample.counts == 0] = 0
    if not inside.any():
        return low, high
    air = low + measure_air(picture).level * (high - low)
    thin, middle, dense = _percentiles(values, inside, (0.05, 0.5, 0.998))
    return max(min(air, dense), thin - 0.5 * (middle - thin)), dense


def _percentiles(
    values: Values, counts: npt.NDArray[np.intp], shares: tuple[float, ...]
) -> tuple[float, ...]:
    """Give the values below which these shares of all pixels lie."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(counts[order])
    places = np.searchsorted(below, [share * below[-1] for share in shares])
    return tuple(float(values[order[min(place, values.size - 1)]]) for place in places)


def _air_at_zero(table: Values, is_padding: npt.NDArray[np.bool_], sample: _Sample) -> Values:
    """Hold the picture against what air looks like: dark, and the darkest there is."""
    picture = sample.picture(table)
    if air_is_bright(picture):
        _log.info("an image has its polarity against its header and was inverted")
        table = 1 - table
        table[is_padding] = 0
        picture = sample.picture(table)
    level = measure_air(picture).level
    if _AIR_IS_ZERO < level < _BRIGHTEST_AIR:
        table = np.clip((table - level) / (1 - level), 0, 1)
    return table
