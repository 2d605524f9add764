# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading a header as Orthanc gives it (``/instances/{id}/tags?short``) without ever failing.

Real headers hold blanks, lower case, wrong types and empty sequences. Every function here takes
whatever is there and gives a plain value, empty where nothing usable is.
"""

import math
import re
from collections.abc import Mapping
from typing import TypeAlias

Tags: TypeAlias = Mapping[str, object]
"""Values by tag, "gggg,eeee" in lower case hexadecimal; sequences are lists of such mappings."""


def values(tags: Tags, tag: str) -> tuple[str, ...]:
    """Give the values of an attribute in upper case, without blanks around them."""
    value = tags.get(tag)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ()
    return tuple(part.strip(" \t\r\n\0").upper() for part in str(value).split("\\"))


def text(tags: Tags, tag: str) -> str:
    """Give the first value of an attribute, upper case, "" where it is absent or empty."""
    found = values(tags, tag)
    return found[0] if found else ""


def words_as_written(tags: Tags, tag: str) -> str:
    """Give a text as it stands, "" where it is absent or no text."""
    value = tags.get(tag)
    return value.strip(" \0") if isinstance(value, str) else ""


def identifier(tags: Tags, tag: str) -> str:
    """Give a DICOM UID, or "" where the value is none (PS3.5 section 9)."""
    value = text(tags, tag)
    return value if re.fullmatch(r"[0-9][0-9.]{0,63}", value, re.ASCII) else ""


def number(tags: Tags, tag: str) -> float | None:
    """Give the first value as a finite number, or None."""
    try:
        value = float(text(tags, tag))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def items(tags: Tags, tag: str) -> tuple[Tags, ...]:
    """Give the items of a sequence; none where it is absent, empty or no sequence."""
    value = tags.get(tag)
    if not isinstance(value, list | tuple):
        return ()
    return tuple(item for item in value if isinstance(item, Mapping))


def codes(tags: Tags, tag: str) -> tuple[tuple[str, str], ...]:
    """Give (code value, code meaning) of each item of a code sequence, in upper case."""
    return tuple((text(item, "0008,0100"), text(item, "0008,0104")) for item in items(tags, tag))


def words(tags: Tags, *tags_to_read: str) -> frozenset[str]:
    """Give the single words, upper case, of several attributes taken together."""
    joined = " ".join(" ".join(values(tags, tag)) for tag in tags_to_read)
    return frozenset(re.split(r"[^A-Z0-9]+", joined)) - {""}
