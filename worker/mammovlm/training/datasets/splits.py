"""Splits by patient: no woman is ever in two of them (four-systems 5.3, rule 1)."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from mammovlm.training.datasets.labels import Split
from mammovlm.training.datasets.rows import ManifestRow

Stratum = Callable[[Sequence[ManifestRow]], str]
"""Gives the group that a patient belongs to, from all her rows."""


@dataclass(frozen=True)
class Shares:
    """How large the splits are meant to be, together 1.

    Raises
    ------
    ValueError
        Where a share is negative or they do not sum to 1.
    """

    train: float = 0.7
    dev: float = 0.15
    test: float = 0.15

    def __post_init__(self) -> None:
        if min(self.of.values()) < 0 or abs(sum(self.of.values()) - 1) > 1e-9:
            msg = "the shares of train, dev and test must not be negative and must sum to 1"
            raise ValueError(msg)

    @property
    def of(self) -> Mapping[Split, float]:
        """Share by split."""
        return {Split.TRAIN: self.train, Split.DEV: self.dev, Split.TEST: self.test}


def split_by_patient(
    rows: Sequence[ManifestRow],
    seed: int = 0,
    shares: Shares | None = None,
    stratum: Stratum | None = None,
) -> tuple[ManifestRow, ...]:
    """Give every row the split of its patient.

    A patient who has a split already keeps it. Without strata the split of a patient follows from
    the seed and her name alone, so that adding or removing patients moves nobody. With strata the
    shares hold within each of them, and only the splits that patients already have are sure to
    stay: add new patients to a manifest that is already split.

    Parameters
    ----------
    rows
        Of any number of data sets.
    seed
        Same seed, same splits, whatever the order of the rows.
    shares
        Default: 0.7, 0.15, 0.15.
    stratum
        Names the group within which the shares are to hold.

    Raises
    ------
    ValueError
        Where a patient is already in two splits.
    """
    of_patient: dict[str, list[ManifestRow]] = {}
    for row in rows:
        of_patient.setdefault(row.patient, []).append(row)
    known = {name: _known_split(hers) for name, hers in of_patient.items()}
    wanted = shares or Shares()
    if stratum is None:
        chosen = {name: known[name] or _by_name(name, seed, wanted) for name in of_patient}
    else:
        strata = {name: stratum(hers) for name, hers in of_patient.items()}
        chosen = _within_strata(known, strata, seed, wanted)
    return tuple(replace(row, split=chosen[row.patient]) for row in rows)


def _known_split(rows: Sequence[ManifestRow]) -> Split | None:
    splits = {row.split for row in rows if row.split is not None}
    if len(splits) > 1:
        msg = f"a patient is in the splits {', '.join(sorted(splits))} at once"
        raise ValueError(msg)
    return next(iter(splits), None)


def _fraction(patient: str, seed: int) -> float:
    """Place a patient evenly in 0..1, by a hash that is the same on every machine."""
    digest = hashlib.sha256(f"{seed}\0{patient}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def _by_name(patient: str, seed: int, shares: Shares) -> Split:
    place, reached = _fraction(patient, seed), 0.0
    wanted = [(split, share) for split, share in shares.of.items() if share > 0]
    for split, share in wanted:
        reached += share
        if place < reached:
            return split
    return wanted[-1][0]  # the shares may sum to a little less than 1


def _within_strata(
    known: Mapping[str, Split | None], strata: Mapping[str, str], seed: int, shares: Shares
) -> dict[str, Split]:
    """Give each new patient of a stratum to the split that lacks most there."""
    chosen = {name: split for name, split in known.items() if split is not None}
    counts = {group: dict.fromkeys(Split, 0) for group in strata.values()}
    for name, split in chosen.items():
        counts[strata[name]][split] += 1
    new = sorted(known.keys() - chosen.keys(), key=lambda name: (_fraction(name, seed), name))
    for name in new:
        count = counts[strata[name]]
        total = sum(count.values()) + 1
        wanted = {split: share for split, share in shares.of.items() if share > 0}
        lacking = {split: share * total - count[split] for split, share in wanted.items()}
        chosen[name] = max(lacking, key=lacking.__getitem__)
        count[chosen[name]] += 1
    return chosen
