# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pictures of a study as they hang: slot by slot, chest walls facing each other.

The right breast hangs at the left with its chest wall to the right, the left breast the other way
round. Patient Orientation (0020,0020) of a stored image says where its rows and columns point to
(PS3.3 C.7.6.1.1.1); one that points the other way is shown mirrored or upside down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mammovlm_orthanc.archive import NotInArchive
from mammovlm_orthanc.candidate import Candidate, Slot
from mammovlm_orthanc.dicom_tags import Tags, number, values
from mammovlm_orthanc.eligibility import classify
from mammovlm_orthanc.stored_study import StoredStudies

_ORIENTATION, _ROWS, _COLUMNS = "0020,0020", "0028,0010", "0028,0011"
_TOWARDS = {"R": "P", "L": "A"}
"""Where the rows of a breast's image point to when it hangs right."""


@dataclass(frozen=True)
class HungImage:
    """One picture.

    Parameters
    ----------
    slot
        "RCC", "LCC", "RMLO" or "LMLO".
    orthanc_id, sop_instance_uid
        The image.
    is_mirrored, is_upside_down
        How to turn the stored picture.
    rows, columns
        Of the stored picture, in which regions are given; 0 where the header does not say.
    """

    slot: str
    orthanc_id: str
    sop_instance_uid: str
    is_mirrored: bool
    is_upside_down: bool
    rows: int
    columns: int


def hang(
    studies: StoredStudies, study_id: str, instances: Sequence[Mapping[str, str]]
) -> tuple[HungImage, ...]:
    """Give the pictures of these instances in hanging order; those that are gone are left out."""
    found = [
        image
        for instance in instances
        if (image := _hung(studies, study_id, instance["sop_instance_uid"]))
    ]
    order = [str(slot) for slot in Slot]
    return tuple(sorted(found, key=lambda image: order.index(image.slot)))


def _hung(studies: StoredStudies, study_id: str, sop_instance_uid: str) -> HungImage | None:
    try:
        orthanc_id = studies.instance_id(sop_instance_uid, study_id)
        tags = studies.image_header(orthanc_id)
    except NotInArchive:
        return None
    image = classify(tags, accept_synthesized_2d=True)
    if not isinstance(image, Candidate):
        return None
    mirrored, upside_down = turned(tags, str(image.slot)[0])
    rows, columns = (int(number(tags, tag) or 0) for tag in (_ROWS, _COLUMNS))
    return HungImage(
        str(image.slot), orthanc_id, sop_instance_uid, mirrored, upside_down, rows, columns
    )


def turned(tags: Tags, side: str) -> tuple[bool, bool]:
    """Say whether a stored picture must be mirrored and turned upside down to hang right.

    Parameters
    ----------
    tags
        Header of the image; without a usable Patient Orientation nothing is turned.
    side
        "R" or "L".
    """
    orientation = values(tags, _ORIENTATION)
    if len(orientation) != 2:
        return False, False
    rows, columns = orientation
    is_mirrored = rows[:1] in {"A", "P"} and rows[:1] != _TOWARDS[side]
    # Columns point to the feet in an oblique and to the inner side in a cranio-caudal: pointing to
    # the breast's own side means outwards.
    return is_mirrored, "H" in columns or columns == side
