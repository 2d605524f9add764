"""Which studies are sent, drawn from a seed: small ones, so that the real model takes little time.

One view of 64 × 48 pixels is analysed in a third of a second, four in one second.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydicom import Dataset
from pydicom.uid import generate_uid

from mammogram_files import four_views, mammogram

_SIZE: dict[str, Any] = {"rows": 64, "columns": 48}
_POISON_EVERY = 60


class Kind(StrEnum):
    """What kind of study it is."""

    FOUR_VIEWS = "four views"
    ONE_VIEW = "one view"
    LATE_VIEW = "a late view"
    UNREADABLE = "no readable view"
    SPECIAL = "no standard view"
    POISON = "kills its worker"


_WEIGHTS = {
    Kind.FOUR_VIEWS: 15,
    Kind.ONE_VIEW: 58,
    Kind.LATE_VIEW: 5,
    Kind.UNREADABLE: 12,
    Kind.SPECIAL: 10,
}


@dataclass(frozen=True)
class SentStudy:
    """One study as a modality has it.

    Parameters
    ----------
    uid
        (0020,000D).
    kind
        See `Kind`.
    parcels
        What is sent together; the second parcel when the first one has been decided on.
    """

    uid: str
    kind: Kind
    parcels: tuple[Sequence[Dataset], ...] = field(repr=False)

    @property
    def expected(self) -> frozenset[str]:
        """States that it may end in where no fault hits it, and after it was asked for again."""
        ends = {
            Kind.ONE_VIEW: {"partial"},
            Kind.UNREADABLE: {"rejected"},
            Kind.SPECIAL: {"rejected"},
        }
        return frozenset(ends.get(self.kind, {"done"}))

    @property
    def instances(self) -> int:
        """Number of its images."""
        return sum(len(parcel) for parcel in self.parcels)


def draw_studies(count: int, seed: int) -> list[SentStudy]:
    """Draw studies; one in sixty, and at least one, kills its worker each time."""
    chance = random.Random(seed)
    kinds = chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=count)
    for place in range(min(count, 3) - 1, count, _POISON_EVERY):
        kinds[place] = Kind.POISON
    return [_study(kind) for kind in kinds]


def one_view_study() -> SentStudy:
    """Make the cheapest study that is analysed."""
    return _study(Kind.ONE_VIEW)


def _study(kind: Kind) -> SentStudy:
    uid = generate_uid()
    if kind is Kind.ONE_VIEW:
        return SentStudy(uid, kind, ([mammogram(study_uid=uid, **_SIZE)],))
    if kind is Kind.SPECIAL:
        special = mammogram("L", "ML", study_uid=uid, ViewCodeSequence=None, **_SIZE)
        return SentStudy(uid, kind, ([special],))
    views = four_views(study_uid=uid, **_SIZE)
    if kind is Kind.UNREADABLE:
        for view in views:
            view.PixelData = view.PixelData[:100]
    if kind is Kind.LATE_VIEW:
        return SentStudy(uid, kind, (views[:3], views[3:]))
    return SentStudy(uid, kind, (views,))
