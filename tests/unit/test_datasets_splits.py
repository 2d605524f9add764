"""Splits hold patients together, follow the seed alone, and move nobody when others join."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammovlm.study import Laterality, ViewPosition
from mammovlm.training.datasets import ManifestRow, Shares, Split, Truth, split_by_patient

PATIENTS = st.lists(st.text(min_size=1, max_size=8).filter(str.strip), unique=True, max_size=30)


def rows_of(patients: Sequence[str]) -> tuple[ManifestRow, ...]:
    """Make two views of each patient, every third of them with a malignant outcome."""
    return tuple(
        ManifestRow(
            patient=patient,
            exam=patient,
            laterality=side,
            view=ViewPosition.CC,
            file=Path(f"{number}{side}.dcm"),
            outcome=Truth.MALIGNANT if sum(patient.encode()) % 3 == 0 else Truth.BENIGN,
        )
        for number, patient in enumerate(patients)
        for side in Laterality
    )


def by_outcome(rows: Sequence[ManifestRow]) -> str:
    return str(rows[0].outcome)


def chosen(rows: Sequence[ManifestRow]) -> dict[str, set[Split | None]]:
    found: dict[str, set[Split | None]] = {}
    for row in rows:
        found.setdefault(row.patient, set()).add(row.split)
    return found


@given(PATIENTS, st.integers(), st.booleans())
def test_no_patient_is_ever_in_two_splits_or_in_none(
    patients: list[str], seed: int, stratified: bool
) -> None:
    split = split_by_patient(rows_of(patients), seed, stratum=by_outcome if stratified else None)
    assert all(len(splits) == 1 and None not in splits for splits in chosen(split).values())
    assert [replace(row, split=None) for row in split] == list(rows_of(patients))


@given(PATIENTS, PATIENTS, st.integers())
def test_patients_who_join_move_nobody(some: list[str], more: list[str], seed: int) -> None:
    everybody = [*some, *(name for name in more if name not in some)]
    before = chosen(split_by_patient(rows_of(some), seed))
    after = chosen(split_by_patient(rows_of(everybody), seed))
    assert {name: after[name] for name in some} == before


@given(PATIENTS, PATIENTS, st.integers())
def test_with_strata_patients_who_join_a_split_manifest_move_nobody(
    some: list[str], more: list[str], seed: int
) -> None:
    first = split_by_patient(rows_of(some), seed, stratum=by_outcome)
    new = rows_of([name for name in more if name not in some])
    together = split_by_patient((*first, *new), seed, stratum=by_outcome)
    assert together[: len(first)] == first


@given(PATIENTS, st.integers(), st.randoms(), st.booleans())
def test_the_order_of_the_rows_does_not_matter(
    patients: list[str], seed: int, random: Random, stratified: bool
) -> None:
    shuffled = list(patients)
    random.shuffle(shuffled)
    stratum = by_outcome if stratified else None
    one = split_by_patient(rows_of(patients), seed, stratum=stratum)
    other = split_by_patient(rows_of(shuffled), seed, stratum=stratum)
    assert chosen(one) == chosen(other)


def test_the_shares_hold_for_many_patients() -> None:
    split = split_by_patient(rows_of([f"P{number}" for number in range(4000)]), seed=3)
    counts = Counter(row.split for row in split)
    for kind, share in Shares().of.items():
        assert counts[kind] / len(split) == pytest.approx(share, abs=0.03)


@given(st.integers(min_value=0, max_value=60), st.integers())
def test_with_strata_the_shares_hold_within_each_of_them(size: int, seed: int) -> None:
    shares = Shares()
    split = split_by_patient(
        rows_of([f"P{number}" for number in range(size)]), seed, shares, by_outcome
    )
    for outcome in Truth:
        hers = {row.patient: row.split for row in split if row.outcome is outcome}
        counts = Counter(hers.values())
        for kind, share in shares.of.items():
            assert abs(counts[kind] - share * len(hers)) < 2


def test_another_seed_gives_another_split_and_the_same_seed_the_same() -> None:
    rows = rows_of([f"P{number}" for number in range(50)])
    assert split_by_patient(rows, 1) == split_by_patient(rows, 1)
    assert split_by_patient(rows, 1) != split_by_patient(rows, 2)


def test_splits_are_the_same_on_every_machine() -> None:
    split = chosen(split_by_patient(rows_of(["CBIS-DDSM P_00001", "P4", "P9"]), seed=0))
    assert split == {
        "CBIS-DDSM P_00001": {Split.TRAIN},
        "P4": {Split.DEV},
        "P9": {Split.TEST},
    }


def test_a_split_that_a_patient_has_is_kept_and_no_share_means_no_patient() -> None:
    rows = rows_of([f"P{number}" for number in range(40)])
    published = tuple(
        replace(row, split=Split.TEST) if row.patient in ("P1", "P2") else row for row in rows
    )
    for stratum in (None, by_outcome):
        split = split_by_patient(published, 0, Shares(0.85, 0.15, 0.0), stratum)
        in_test = {row.patient for row in split if row.split is Split.TEST}
        assert in_test == {"P1", "P2"}


def test_a_patient_already_in_two_splits_is_refused() -> None:
    torn = [replace(row, split=s) for row, s in zip(rows_of(["P"]), Split, strict=False)]
    with pytest.raises(ValueError, match="dev, train"):
        split_by_patient(torn)


@pytest.mark.parametrize("shares", [(0.5, 0.2, 0.2), (1.2, -0.2, 0.0)])
def test_shares_must_make_a_whole(shares: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        Shares(*shares)
