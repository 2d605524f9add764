# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which images of a study fill the four slots (dicom-and-field A.3, step 2).

Several candidates for one slot: FOR PRESENTATION before FOR PROCESSING, an acquired image before a
synthesized one, implant displaced before implant in view, a whole view before the tiles of a
mosaic, then the newest. Tiles are kept all. The order in which images came does not matter.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mammovlm_orthanc.candidate import Candidate, LeftOut, LeftOutReason, Slot


@dataclass(frozen=True)
class Selection:
    """The images to analyse and the others.

    Parameters
    ----------
    chosen
        In hanging order, one per slot but for mosaics.
    left_out
        All others, by SOP Instance UID.
    """

    chosen: tuple[Candidate, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def missing(self) -> tuple[Slot, ...]:
        """The slots that no image fills."""
        filled = {image.slot for image in self.chosen}
        return tuple(slot for slot in Slot if slot not in filled)

    @property
    def is_complete(self) -> bool:
        """Four slots filled with images meant for reading."""
        return not self.missing and all(image.for_presentation for image in self.chosen)

    @property
    def uids(self) -> frozenset[str]:
        """SOP Instance UIDs of the images to analyse: what makes two selections the same."""
        return frozenset(image.sop_instance_uid for image in self.chosen)


def select(images: Iterable[Candidate | LeftOut]) -> Selection:
    """Choose among the images of one study."""
    found = list(images)
    left_out = [image for image in found if isinstance(image, LeftOut)]
    candidates = [image for image in found if isinstance(image, Candidate)]
    chosen: list[Candidate] = []
    for slot in Slot:
        kept, dropped = _fill(sorted((c for c in candidates if c.slot is slot), key=_newest_first))
        chosen += kept
        left_out += dropped
    return Selection(tuple(chosen), tuple(sorted(left_out)))


def _newest_first(image: Candidate) -> tuple[tuple[int, ...], str]:
    # Digits sort the other way round when each is negated; the UID breaks ties the same way always.
    return tuple(-ord(letter) for letter in image.acquired.ljust(21)), image.sop_instance_uid


_PREFERENCES: tuple[tuple[Callable[[Candidate], bool], LeftOutReason], ...] = (
    (lambda image: image.for_presentation, LeftOutReason.FOR_PROCESSING_TWIN),
    (lambda image: not image.synthesized, LeftOutReason.TOMOSYNTHESIS),
    (lambda image: image.implant_displaced, LeftOutReason.IMPLANT_IN_VIEW),
    (lambda image: image.plain, LeftOutReason.REPEATED),
    (lambda image: image.tile is None, LeftOutReason.REPEATED),
)


def _fill(images: Sequence[Candidate]) -> tuple[list[Candidate], list[LeftOut]]:
    kept, dropped = list(images), []
    for is_preferred, reason in _PREFERENCES:
        preferred = [image for image in kept if is_preferred(image)]
        if preferred:
            dropped += [_left_out(image, reason) for image in kept if not is_preferred(image)]
            kept = preferred
    newest = _newest_of_each_tile(kept)
    dropped += [_left_out(image, LeftOutReason.REPEATED) for image in kept if image not in newest]
    return newest, dropped


def _newest_of_each_tile(images: Sequence[Candidate]) -> list[Candidate]:
    """Keep the first (newest) whole view, or the first of each tile; unnamed tiles are all kept."""
    first: dict[str, Candidate] = {}
    for image in images:
        key = "whole" if image.tile is None else f"tile {image.tile or image.sop_instance_uid}"
        first.setdefault(key, image)
    return list(first.values())


def _left_out(image: Candidate, reason: LeftOutReason) -> LeftOut:
    return LeftOut(image.sop_instance_uid, reason, str(image.slot))
