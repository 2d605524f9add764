"""Values of a real header, made fit for a valid object: kept, put right, or left empty.

Real headers hold dates of zeros, times with colons, numbers that are too long for their value
representation, and values of the wrong one. PS3.5 6.2 says what each may hold.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from pydicom import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence as DicomSequence

from mammovlm.results.character_set import clean_text

_TIME = re.compile(r"(?:[01]\d|2[0-3])(?:[0-5]\d(?:(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?")
_AGE = re.compile(r"\d{3}[DWMY]")


def first_text(headers: Iterable[Dataset], keyword: str) -> str:
    r"""Give the first value that is not empty, as one line of text.

    Several values are joined by the backslash that separated them in the file.
    """
    for header in headers:
        text = _one_line(header, keyword)
        if text:
            return text
    return ""


def first_exact(headers: Iterable[Dataset], keyword: str, longest: int) -> str:
    """Give an identifying value exactly as it is, or nothing.

    A number cut to its allowed length would be another number, so one that is too long, or that
    has several values, is left out.
    """
    text = first_text(headers, keyword)
    return text if len(text) <= longest and "\\" not in text else ""


def first_date(headers: Iterable[Dataset], keyword: str) -> str:
    """Give a valid DA value or nothing: 00000000 is no date; 2026.01.05 is (ACR-NEMA)."""
    text = first_text(headers, keyword).replace(".", "").replace("-", "")
    try:
        datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a date has no time zone
    except ValueError:
        return ""
    return text if len(text) == 8 else ""


def first_time(headers: Iterable[Dataset], keyword: str) -> str:
    """Give a valid TM value or nothing: 10:15:00 is one (ACR-NEMA)."""
    text = first_text(headers, keyword).replace(":", "")
    return text if _TIME.fullmatch(text) else ""


def first_age(headers: Iterable[Dataset], keyword: str) -> str:
    """Give a valid AS value or nothing."""
    text = first_text(headers, keyword)
    return text if _AGE.fullmatch(text) else ""


def first_of(headers: Iterable[Dataset], keyword: str, allowed: Sequence[str]) -> str:
    """Give the value where it is one of the enumerated ones."""
    text = first_text(headers, keyword).upper()
    return text if text in allowed else ""


def name_in_groups(headers: Iterable[Dataset], keyword: str) -> str:
    """Give a person's name with at most 64 characters in each of its three groups."""
    groups = first_text(headers, keyword).replace("\\", " ").split("=")[:3]
    return "=".join(group[:64].strip() for group in groups).rstrip("=")


def _one_line(header: Dataset, keyword: str) -> str:
    value = header.get(keyword)
    if value is None or isinstance(value, DicomSequence):
        return ""
    if isinstance(value, MultiValue | list | tuple):
        text = "\\".join(str(part) for part in value)
    elif isinstance(value, bytes):
        text = value.decode("ascii", errors="replace")
    else:
        text = str(value)
    return clean_text(text.replace("\r", " ").replace("\n", " "))
