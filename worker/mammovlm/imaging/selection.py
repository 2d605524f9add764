"""Which image stands for each of the four slots, where several could (dicom-and-field A.3, 2).

The order of the instances never matters, and two equals are told apart by their identifiers.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from pydicom import Dataset

from mammovlm.imaging.attributes import codes, text
from mammovlm.imaging.eligibility import is_for_presentation, is_synthetic
from mammovlm.imaging.opening import OpenedObject
from mammovlm.imaging.view_identity import ViewIdentity
from mammovlm.imaging.view_words import Modifier
from mammovlm.study import LeftOut, LeftOutReason, Slot


@dataclass(frozen=True)
class Candidate:
    """An image that could stand for a slot.

    Parameters
    ----------
    opened
        The image.
    slot
        Which slot.
    for_presentation
        False for raw images.
    is_synthetic
        True where the image was computed from tomosynthesis.
    is_implant_displaced, is_nipple_in_profile
        By the view modifiers.
    tile
        None for a whole view; else which part of a mosaic it is (Partial View (0028,1350)), ""
        where the header does not say which.
    acquired
        Date and time as digits, "" where unknown.
    """

    opened: OpenedObject = field(repr=False)
    slot: Slot
    for_presentation: bool
    is_synthetic: bool
    is_implant_displaced: bool
    is_nipple_in_profile: bool
    tile: str | None
    acquired: str

    @classmethod
    def of(cls, opened: OpenedObject, slot: Slot, identity: ViewIdentity) -> "Candidate":
        """Gather from the header what selection depends on."""
        header = opened.header
        return cls(
            opened=opened,
            slot=slot,
            for_presentation=is_for_presentation(header),
            is_synthetic=is_synthetic(header),
            is_implant_displaced=Modifier.IMPLANT_DISPLACED in identity.modifiers,
            is_nipple_in_profile=Modifier.NIPPLE_IN_PROFILE in identity.modifiers,
            tile=_tile(header),
            acquired=_acquired(header),
        )

    def left_out(self, reason: LeftOutReason) -> LeftOut:
        """Say that another image stands for the slot."""
        return LeftOut(self.opened.sop_instance_uid, reason, str(self.slot))


@dataclass(frozen=True)
class Choice:
    """The images that stand for one slot together, and those that they put aside."""

    chosen: tuple[Candidate, ...]
    passed_over: tuple[tuple[Candidate, LeftOutReason], ...]


_PREFERENCES: tuple[tuple[Callable[[Candidate], bool], LeftOutReason], ...] = (
    (lambda image: image.for_presentation, LeftOutReason.FOR_PROCESSING_TWIN),
    (lambda image: not image.is_synthetic, LeftOutReason.TOMOSYNTHESIS),
    (lambda image: image.is_implant_displaced, LeftOutReason.IMPLANT_IN_VIEW),
    (lambda image: not image.is_nipple_in_profile, LeftOutReason.REPEATED),
    (lambda image: image.tile is None, LeftOutReason.REPEATED),
)


def choose(candidates: Iterable[Candidate]) -> Choice:
    """Choose among the candidates of one slot.

    Images for presentation come before raw ones, acquired ones before synthetic ones, displaced
    implants before implants in view, whole views before the parts of a mosaic; of what is left,
    the newest. Of a mosaic the newest of each part is kept.
    """
    kept = sorted(candidates, key=lambda image: image.opened.sop_instance_uid)
    kept.sort(key=lambda image: image.acquired, reverse=True)
    passed_over: list[tuple[Candidate, LeftOutReason]] = []
    for is_preferred, reason in _PREFERENCES:
        preferred = [image for image in kept if is_preferred(image)]
        if preferred:
            passed_over += [(image, reason) for image in kept if not is_preferred(image)]
            kept = preferred
    newest = _newest_of_each_part(kept)
    passed_over += [(image, LeftOutReason.REPEATED) for image in kept if image not in newest]
    return Choice(tuple(newest), tuple(passed_over))


def _newest_of_each_part(newest_first: Sequence[Candidate]) -> list[Candidate]:
    parts: dict[str | None, Candidate] = {}
    for image in newest_first:
        unnamed = f"unnamed {image.opened.sop_instance_uid}"
        parts.setdefault(unnamed if image.tile == "" else image.tile, image)
    return list(parts.values())


def _tile(header: Dataset) -> str | None:
    if text(header, "PartialView").upper() != "YES":
        return None
    coded = sorted(value for value, _ in codes(header, "PartialViewCodeSequence"))
    return " ".join(coded) or text(header, "PartialViewDescription").upper()


def _acquired(header: Dataset) -> str:
    """Give when the image was acquired, else made, as digits that sort by time."""
    moments = (
        text(header, "AcquisitionDateTime"),
        text(header, "AcquisitionDate") + text(header, "AcquisitionTime"),
        text(header, "ContentDate") + text(header, "ContentTime"),
    )
    for moment in moments:
        match = re.match(r"(\d{8})(\d{0,6})(\.\d{1,6})?", re.sub(r"[:\-]", "", moment))
        if match:
            return f"{match[1]}{match[2]:0<6}{match[3] or ''}"
    return ""
