"""Attributes of a data set as plain Python values; what is absent or malformed is simply not there.

Real headers hold numbers as text, empty values, several values where one is allowed and the other
way round. Every stage reads the header through these functions, so that none of this stops it.
"""

import math
from collections.abc import Iterable
from typing import Any

from pydicom import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence


def texts(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """Give every value of an attribute as text without padding; empty where it is absent."""
    value = dataset.get(keyword)
    if value is None or isinstance(value, (bytes, Sequence)):
        return ()
    values: Iterable[Any] = value if isinstance(value, (MultiValue, list, tuple)) else (value,)
    return tuple(str(each).strip(" \0\t\r\n") for each in values)


def text(dataset: Dataset, keyword: str) -> str:
    """Give the first value of an attribute as text; empty where it is absent."""
    return next(iter(texts(dataset, keyword)), "")


def numbers(dataset: Dataset, keyword: str) -> tuple[float, ...]:
    """Give every value of an attribute as a number; empty if one of them is none."""
    try:
        values = tuple(float(each) for each in texts(dataset, keyword))
    except ValueError:
        return ()
    return values if all(math.isfinite(value) for value in values) else ()


def number(dataset: Dataset, keyword: str) -> float | None:
    """Give the first value of an attribute as a number, or None."""
    return next(iter(numbers(dataset, keyword)), None)


def whole_number(dataset: Dataset, keyword: str) -> int | None:
    """Give the first value of an attribute as a whole number, or None."""
    value = number(dataset, keyword)
    return int(value) if value is not None and value == int(value) else None


def items(dataset: Dataset, keyword: str) -> tuple[Dataset, ...]:
    """Give the items of a sequence; empty where it is absent or no sequence."""
    value = dataset.get(keyword)
    return tuple(value) if isinstance(value, Sequence) else ()


def codes(dataset: Dataset, keyword: str) -> tuple[tuple[str, str], ...]:
    """Give (code value, code meaning) of every item of a code sequence."""
    return tuple(
        (text(item, "CodeValue"), text(item, "CodeMeaning")) for item in items(dataset, keyword)
    )
