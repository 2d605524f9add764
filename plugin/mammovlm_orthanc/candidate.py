# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one image of a study is for the intake: a candidate for a slot, or left out for a reason."""

from dataclasses import dataclass
from enum import StrEnum


class Slot(StrEnum):
    """The four places of a standard exam, in hanging order."""

    RCC = "RCC"
    LCC = "LCC"
    RMLO = "RMLO"
    LMLO = "LMLO"


class LeftOutReason(StrEnum):
    """Why the intake puts an image aside; each value is one that the worker knows as well."""

    TOMOSYNTHESIS = "tomosynthesis"
    MAGNIFICATION = "magnification"
    SPOT_COMPRESSION = "spot-compression"
    SPECIMEN = "specimen"
    STEREO_BIOPSY = "stereo-biopsy"
    QUALITY_CONTROL = "quality-control"
    SPECIAL_VIEW = "special-view"
    LATERALITY_UNKNOWN = "laterality-unknown"
    VIEW_UNKNOWN = "view-unknown"
    FOR_PROCESSING_TWIN = "for-processing-twin"
    IMPLANT_IN_VIEW = "implant-in-view"
    REPEATED = "repeated"


@dataclass(frozen=True, order=True)
class LeftOut:
    """An image that will not be analysed.

    Parameters
    ----------
    sop_instance_uid
        (0008,0018).
    reason
        The named reason.
    detail
        A view's abbreviation or an attribute keyword; never patient data.
    """

    sop_instance_uid: str
    reason: LeftOutReason
    detail: str = ""


@dataclass(frozen=True)
class Candidate:
    """An image that may fill a slot.

    Parameters
    ----------
    series_instance_uid, sop_instance_uid
        Its identity.
    slot
        The place that it would fill.
    for_presentation
        False for FOR PROCESSING (0008,0068).
    synthesized
        A 2D image computed from tomosynthesis.
    implant_displaced
        View modifier Implant Displaced (399209000, SCT).
    plain
        False where a modifier tells of an additional view with standard geometry (nipple in
        profile).
    tile
        None for a whole view; for a part of a mosaic (Partial View (0028,1350) YES) which part,
        "" where it does not say.
    acquired
        When it was taken, as digits that sort; "" where unknown.
    """

    series_instance_uid: str
    sop_instance_uid: str
    slot: Slot
    for_presentation: bool = True
    synthesized: bool = False
    implant_displaced: bool = False
    plain: bool = True
    tile: str | None = None
    acquired: str = ""
