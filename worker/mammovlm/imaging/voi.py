"""Modality and VOI transformations of stored values (PS3.3 C.11.1 and C.11.2).

All functions map an array of values to an array of the same shape, so that they can be applied to
a table of every possible stored value instead of to every pixel.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.multival import MultiValue

from mammovlm.imaging.attributes import items, number, numbers, text

Values = npt.NDArray[np.float64]


def apply_modality(values: Values, header: Dataset) -> Values:
    """Apply the Modality LUT Sequence, or Rescale Slope and Intercept, or nothing (C.11.1)."""
    for item in items(header, "ModalityLUTSequence")[:1]:
        curve = _lookup_table(item, values)
        if curve is not None:
            return curve[0]
    slope, intercept = number(header, "RescaleSlope"), number(header, "RescaleIntercept")
    return values * (slope or 1.0) + (intercept or 0.0)


def voi_transformations(values: Values, header: Dataset) -> Iterator[Values]:
    """Give the VOI transformations of the header, the preferred one first, as 0..1 (C.11.2).

    The first item of the VOI LUT Sequence comes before the first window: where a header has both,
    the table is the curve that the maker meant and the window its approximation. Of several
    windows or tables the first is the default view.
    """
    for item in items(header, "VOILUTSequence")[:1]:
        curve = _lookup_table(item, values)
        if curve is not None:
            output, largest = curve
            yield output / largest
    centres, widths = numbers(header, "WindowCenter"), numbers(header, "WindowWidth")
    if centres and widths:
        function = text(header, "VOILUTFunction").upper()
        windowed = apply_window(values, centres[0], widths[0], function)
        if windowed is not None:
            yield windowed


def apply_window(values: Values, centre: float, width: float, function: str) -> Values | None:
    """Apply one window; None where its width is not allowed (C.11.2.1.2, C.11.2.1.3).

    Parameters
    ----------
    values
        After the modality transformation.
    centre, width
        Window Center (0028,1050) and Window Width (0028,1051).
    function
        VOI LUT Function (0028,1056): LINEAR_EXACT, SIGMOID, anything else is LINEAR.

    Returns
    -------
    ndarray of float64, 0..1
    """
    if width <= 0 or (width < 1 and function not in ("LINEAR_EXACT", "SIGMOID")):
        return None
    if function == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -60, 60)))
    if function == "LINEAR_EXACT":
        return np.clip((values - centre) / width + 0.5, 0, 1)
    if width == 1:
        return (values > centre - 0.5).astype(np.float64)
    return np.clip((values - (centre - 0.5)) / (width - 1) + 0.5, 0, 1)


def _lookup_table(item: Dataset, values: Values) -> tuple[Values, float] | None:
    """Look values up in one item of a LUT sequence; None where the item is malformed.

    Returns the output and the largest output value. LUT Descriptor says with how many bits the
    output is written; makers were seen to write 16 for 12-bit data and 8 for 16-bit data, so data
    that fill less than half of the range, or more than all of it, say it themselves.
    """
    descriptor, data = numbers(item, "LUTDescriptor"), _lut_data(item)
    if len(descriptor) != 3 or data is None or not data.size:
        return None
    first, bits = int(descriptor[1]), int(descriptor[2])
    if values.min() < 0 and first >= 1 << 15:
        first -= 1 << 16
    declared, largest = float((1 << max(bits, 1)) - 1), float(data.max())
    if not declared / 2 <= largest <= declared:
        declared = max(largest, 1.0)
    index = np.clip(values.astype(np.int64) - first, 0, data.size - 1)
    return data[index], declared


def _lut_data(item: Dataset) -> Values | None:
    """Give the entries of LUT Data, which 8-bit tables may hold two to a word (C.11.1.1.1)."""
    value = item.get("LUTData")
    entries = int(next(iter(numbers(item, "LUTDescriptor")), 0)) or 1 << 16
    if isinstance(value, (MultiValue, list)):
        value = np.asarray([int(each) & 0xFFFF for each in value], "<u2").tobytes()
    if not isinstance(value, bytes):
        return None
    width = 1 if len(value) <= entries + 1 else 2
    raw = np.frombuffer(value[: len(value) // width * width], f"<u{width}")
    return raw[:entries].astype(np.float64)
