# SPDX-License-Identifier: AGPL-3.0-or-later
"""Walking the content tree of a stored structured report, from a header as Orthanc gives it."""

from collections.abc import Iterator

from mammovlm_orthanc.dicom_tags import Tags, identifier, items, number, text, words_as_written

_CONTENT, _NAME = "0040,a730", "0040,a043"
_TEXT_VALUE, _CODE, _MEASURED, _NUMERIC = "0040,a160", "0040,a168", "0040,a300", "0040,a30a"
_CODE_VALUE, _CODE_MEANING = "0008,0100", "0008,0104"
_REFERENCED, _SOP_UID = "0008,1199", "0008,1155"
_SITE, _LATERALITY = "363698007", "272741003"
_SIDES = {"24028007": "R", "7771000": "L", "51440002": "both"}


def named(item: Tags, code: str) -> Iterator[Tags]:
    """Give the children whose concept name has this code value."""
    for child in items(item, _CONTENT):
        if any(text(name, _CODE_VALUE) == code for name in items(child, _NAME)):
            yield child


def first(item: Tags, code: str) -> Tags:
    """Give the first such child, an empty one where there is none."""
    return next(named(item, code), {})


def side_of(group: Tags) -> str:
    """Give the side of a measurement group: "R", "L", "both" or ""."""
    return _SIDES.get(code_value(first(first(group, _SITE), _LATERALITY)), "")


def code_value(item: Tags) -> str:
    """Give the code value of a CODE."""
    return next((words_as_written(code, _CODE_VALUE) for code in items(item, _CODE)), "")


def code_meaning(item: Tags) -> str:
    """Give the code meaning of a CODE."""
    return next((words_as_written(code, _CODE_MEANING) for code in items(item, _CODE)), "")


def joined_text(item: Tags, code: str) -> str:
    """Give all texts of this name as one."""
    return "".join(texts_of(item, code))


def texts_of(item: Tags, code: str) -> tuple[str, ...]:
    """Give the texts of this name."""
    return tuple(words_as_written(child, _TEXT_VALUE) for child in named(item, code))


def measured(item: Tags) -> float | None:
    """Give the number of a NUM."""
    return next((number(value, _NUMERIC) for value in items(item, _MEASURED)), None)


def referenced_uid(item: Tags) -> str:
    """Give the SOP Instance UID that an IMAGE refers to, or ""."""
    source = items(item, _REFERENCED)
    return identifier(source[0], _SOP_UID) if source else ""
