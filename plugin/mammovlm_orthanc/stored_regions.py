# SPDX-License-Identifier: AGPL-3.0-or-later
"""The regions that a stored structured report marks (TID 1410): where, what, and how evident."""

from dataclasses import dataclass

from mammovlm_orthanc.dicom_tags import Tags, number, text, values
from mammovlm_orthanc.report_items import (
    code_meaning,
    code_value,
    first,
    joined_text,
    measured,
    referenced_uid,
    side_of,
)

TITLE = "112039"
"""(112039, DCM, "Tracking Identifier") of a measurement group."""

_OUTLINE, _KIND = "111030", "111059"
_SOURCES = ("260753009", "111040")
_EVIDENCE, _SUSPICION = "REGION-EVIDENCE", "REGION-4-VS-3"
_GRAPHIC_TYPE, _GRAPHIC_DATA = "0070,0023", "0070,0022"


@dataclass(frozen=True)
class StoredRegion:
    """One region.

    Parameters
    ----------
    title
        Such as "Region LCC 1".
    side
        "R" or "L".
    sop_instance_uid
        The image that it lies in.
    row, column, row_radius, column_radius
        Middle and half axes of the upright ellipse, in pixels of the stored image from its upper
        left corner (PS3.3 C.18.6.1.2).
    kind, kind_code
        What it looks most like, in the report's words and as a code (CID 6016); "" where the
        report does not say.
    evidence, suspicion
        Raw scores in percent: category 3 or higher, and category 4 or higher against 3.
    """

    title: str
    side: str
    sop_instance_uid: str
    row: float
    column: float
    row_radius: float
    column_radius: float
    kind: str
    kind_code: str
    evidence: float | None
    suspicion: float | None


def region_of(group: Tags) -> StoredRegion | None:
    """Read the region of a measurement group; None where it has none that can be drawn."""
    outline = first(group, _OUTLINE)
    ellipse = _ellipse(outline)
    image = next((uid for name in _SOURCES if (uid := referenced_uid(first(outline, name)))), "")
    if ellipse is None or not image:
        return None
    return StoredRegion(
        joined_text(group, TITLE),
        side_of(group),
        image,
        *ellipse,
        kind=code_meaning(first(group, _KIND)),
        kind_code=code_value(first(group, _KIND)),
        evidence=measured(first(group, _EVIDENCE)),
        suspicion=measured(first(group, _SUSPICION)),
    )


def _ellipse(outline: Tags) -> tuple[float, float, float, float] | None:
    """Give middle and half axes of an ellipse from the ends of its axes (PS3.3 C.18.6.1.1)."""
    data = values(outline, _GRAPHIC_DATA)
    points = [number({"": value}, "") for value in data]
    found = [value for value in points if value is not None]
    if text(outline, _GRAPHIC_TYPE) != "ELLIPSE" or len(found) != 8 or len(points) != 8:
        return None
    columns, rows = found[0::2], found[1::2]
    left, right, top, bottom = min(columns), max(columns), min(rows), max(rows)
    return (top + bottom) / 2, (left + right) / 2, (bottom - top) / 2, (right - left) / 2
