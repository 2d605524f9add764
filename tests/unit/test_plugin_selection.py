"""Which of several images fills a slot, and when a study is ready."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammovlm_orthanc.candidate import Candidate, LeftOut, LeftOutReason, Slot
from mammovlm_orthanc.readiness import Arrivals, Verdict, judge
from mammovlm_orthanc.selection import select


def image(uid: str, slot: Slot = Slot.RCC, **facts: Any) -> Candidate:
    return replace(Candidate("1.1", uid, slot, acquired="20260105101500"), **facts)


FOUR = [image(f"1.{number}", slot) for number, slot in enumerate(Slot)]


def chosen(*images: Candidate | LeftOut) -> list[str]:
    return [c.sop_instance_uid for c in select(images).chosen]


def reasons(*images: Candidate | LeftOut) -> dict[str, LeftOutReason]:
    return {left.sop_instance_uid: left.reason for left in select(images).left_out}


def test_presentation_is_preferred_and_its_twin_is_named() -> None:
    pair = image("1", for_presentation=False), image("2")
    assert chosen(*pair) == ["2"]
    assert reasons(*pair) == {"1": LeftOutReason.FOR_PROCESSING_TWIN}


def test_an_implant_displaced_view_is_preferred_even_when_it_is_older() -> None:
    pair = image("1", acquired="20260105110000"), image("2", implant_displaced=True)
    assert chosen(*pair) == ["2"]
    assert reasons(*pair) == {"1": LeftOutReason.IMPLANT_IN_VIEW}


def test_the_newest_of_repeated_views_is_taken() -> None:
    older = image("1", acquired="20260105101500.25")
    newer = image("2", acquired="20260105101500.5")
    assert chosen(newer, older) == ["2"]
    assert reasons(newer, older) == {"1": LeftOutReason.REPEATED}


def test_all_tiles_of_a_mosaic_are_kept() -> None:
    assert sorted(chosen(image("1", tile="A"), image("2", tile="B"), image("3", tile=""))) == [
        "1",
        "2",
        "3",
    ]


def test_a_repeated_tile_is_taken_once() -> None:
    older = image("1", tile="A", acquired="20260105100000")
    assert chosen(older, image("2", tile="A")) == ["2"]


def test_a_whole_view_is_preferred_to_tiles() -> None:
    assert chosen(image("1", tile="A"), image("2")) == ["2"]


def test_a_processing_image_alone_is_taken() -> None:
    assert chosen(image("1", for_presentation=False)) == ["1"]


_images = st.lists(
    st.one_of(
        st.builds(
            Candidate,
            st.just("1.1"),
            st.integers(1, 30).map(str),
            st.sampled_from(Slot),
            for_presentation=st.booleans(),
            synthesized=st.booleans(),
            implant_displaced=st.booleans(),
            plain=st.booleans(),
            tile=st.none() | st.sampled_from(["", "A", "B"]),
            acquired=st.sampled_from(["", "20260105101500", "20260105101500.1", "20260106"]),
        ),
        st.builds(LeftOut, st.integers(31, 40).map(str), st.sampled_from(LeftOutReason)),
    ),
    unique_by=lambda found: found.sop_instance_uid,
    max_size=12,
)


@given(_images, st.randoms())
def test_the_order_of_arrival_does_not_matter(
    images: list[Candidate | LeftOut], random: Random
) -> None:
    shuffled = list(images)
    random.shuffle(shuffled)
    assert select(shuffled) == select(images)


@given(_images)
def test_every_image_is_either_analysed_or_left_out(images: list[Candidate | LeftOut]) -> None:
    selection = select(images)
    told = [left.sop_instance_uid for left in selection.left_out]
    assert sorted([*selection.uids, *told]) == sorted(i.sop_instance_uid for i in images)


@given(_images)
def test_every_slot_with_a_candidate_is_filled(images: list[Candidate | LeftOut]) -> None:
    filled = {c.slot for c in select(images).chosen}
    assert filled == {c.slot for c in images if isinstance(c, Candidate)}


@given(_images)
def test_only_mosaics_fill_a_slot_twice(images: list[Candidate | LeftOut]) -> None:
    for slot in Slot:
        kept = [c for c in select(images).chosen if c.slot is slot]
        assert len(kept) <= 1 or all(c.tile is not None for c in kept)


def verdict(images: list[Candidate], now: float, last: float = 10.0) -> Verdict:
    return judge(select(images), Arrivals(0.0, last), now, quiet_s=5, deadline_s=600).verdict


@pytest.mark.parametrize(
    ("now", "expected"), [(14.9, Verdict.WAITING), (15.0, Verdict.READY), (700.0, Verdict.READY)]
)
def test_four_slots_are_ready_after_the_quiet_time(now: float, expected: Verdict) -> None:
    assert verdict(FOUR, now) is expected


@pytest.mark.parametrize(("now", "expected"), [(599.0, Verdict.WAITING), (600.0, Verdict.PARTIAL)])
def test_three_slots_wait_for_the_deadline(now: float, expected: Verdict) -> None:
    assert verdict(FOUR[:3], now) is expected


def test_four_processing_images_wait_for_their_presentations_until_the_deadline() -> None:
    raw = [replace(view, for_presentation=False) for view in FOUR]
    assert verdict(raw, 599.0) is Verdict.WAITING
    assert verdict(raw, 600.0) is Verdict.READY


def test_nothing_to_analyse_is_rejected_at_the_deadline() -> None:
    assert verdict([], 599.0) is Verdict.WAITING
    assert verdict([], 600.0) is Verdict.REJECTED


def test_the_deadline_counts_while_images_keep_coming() -> None:
    assert verdict(FOUR, 600.0, last=599.9) is Verdict.READY


_seconds = st.floats(0, 2000)


@given(_images, _seconds, _seconds, _seconds)
def test_a_waiting_study_is_told_when_to_look_again(
    images: list[Candidate | LeftOut], first: float, last: float, now: float
) -> None:
    arrivals = Arrivals(min(first, last), max(first, last))
    judgement = judge(select(images), arrivals, now, quiet_s=5, deadline_s=600)
    if judgement.verdict is Verdict.WAITING:
        assert judgement.wait_s > 0
        later = now + judgement.wait_s + 1e-6
        again = judge(select(images), arrivals, later, quiet_s=5, deadline_s=600)
        assert again.verdict is not Verdict.WAITING
