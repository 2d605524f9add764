"""What readers say about results: only ever added to, and never exported as a formula."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammovlm_orthanc.review import (
    ACTS,
    KEPT_FREE,
    MOST_ENTRIES,
    Act,
    Review,
    ReviewChanged,
    ReviewEntry,
    ReviewFull,
    ReviewUnreadable,
    Subject,
)
from mammovlm_orthanc.review_export import COLUMNS, opinions_as_csv


def entry(
    act: Act = Act.AGREE, subject: Subject = Subject.OPINION, report: str = "1.2", text: str = ""
) -> ReviewEntry:
    return ReviewEntry("2026-01-05T10:15:00.000+00:00", "Dr A", subject, act, text, 1, report)


@st.composite
def entries(draw: st.DrawFn) -> ReviewEntry:
    subject = draw(st.sampled_from(list(Subject)))
    words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    return ReviewEntry(
        at="2026-01-05T10:15:00.000+00:00",
        reader=draw(words),
        subject=subject,
        act=draw(st.sampled_from(sorted(ACTS[subject]))),
        text=draw(words),
        run=draw(st.integers(1, 99)),
        report_uid=draw(st.sampled_from(["1.2", "1.3"])),
    )


@given(st.lists(entries(), max_size=8))
def test_a_review_is_read_back_as_it_was_written(said: list[ReviewEntry]) -> None:
    review = Review(tuple(said))
    assert Review.from_json(review.to_json()) == review


@given(st.lists(entries(), max_size=5), entries())
def test_nothing_that_was_said_is_lost_by_saying_more(
    said: list[ReviewEntry], more: ReviewEntry
) -> None:
    review = Review(tuple(said))
    about = review.about(more.subject, more.report_uid)
    is_repeat = bool(about) and about[-1] == replace(more, run=about[-1].run)
    assert review.with_entry(more).entries == (tuple(said) if is_repeat else (*said, more))


def test_a_key_that_is_held_down_adds_one_entry() -> None:
    once = Review().with_entry(entry(text="B, not C"))
    again = replace(entry(text="B, not C"), at="2026-01-05T10:15:01.000+00:00")
    assert once.with_entry(again) is once
    for other in (
        replace(again, reader="Dr B"),
        replace(again, text=""),
        replace(again, act=Act.DISAGREE),
        replace(again, report_uid="1.3"),
        replace(again, subject=Subject.PATIENT_TEXT, act=Act.EDITED),
    ):
        assert once.with_entry(other).entries == (*once.entries, other)
    taken_back = once.with_entry(entry(Act.WITHDRAWN))
    assert len(taken_back.with_entry(again).entries) == 3


def test_a_text_that_somebody_changed_meanwhile_is_not_replaced_unread() -> None:
    theirs = entry(Act.EDITED, Subject.PATIENT_TEXT, text="theirs")
    mine = replace(theirs, reader="Dr B", text="mine")
    review = Review((entry(), entry(Act.EDITED, Subject.PATIENT_TEXT, "1.1"))).with_entry(theirs, 0)
    with pytest.raises(ReviewChanged):
        review.with_entry(mine, 0)
    with pytest.raises(ReviewChanged):
        review.with_entry(mine, 2)
    assert review.with_entry(mine, 1).last(Subject.PATIENT_TEXT, "1.2") == mine
    assert review.with_entry(theirs, 0) is review, "asked again, since the answer was lost"


def test_the_last_word_counts_for_the_report_it_was_said_about() -> None:
    review = Review((entry(), entry(Act.DISAGREE), entry(Act.AGREE, report="1.3")))
    last = review.last(Subject.OPINION, "1.2")
    assert last is not None
    assert last.act is Act.DISAGREE
    assert review.last(Subject.PATIENT_TEXT, "1.2") is None


def test_an_opinion_can_be_taken_back_and_stays_on_record() -> None:
    review = Review((entry(), entry(Act.WITHDRAWN)))
    assert review.last(Subject.OPINION, "1.2") is None
    assert len(review.entries) == 2


@pytest.mark.parametrize(
    "document",
    ["", "[]", "{}", '{"version":2,"entries":[]}', '{"version":1,"entries":[{"at":"x"}]}', "null"],
)
def test_a_document_of_another_version_is_not_guessed_at(document: str) -> None:
    with pytest.raises(ReviewUnreadable):
        Review.from_json(document)


def test_a_full_review_takes_no_more_and_loses_nothing() -> None:
    full = Review((entry(),) * MOST_ENTRIES)
    with pytest.raises(ReviewFull):
        full.with_entry(entry(Act.DISAGREE))


def test_a_text_can_be_released_and_taken_back_on_a_full_review() -> None:
    review = Review((entry(),) * MOST_ENTRIES)
    for place in range(KEPT_FREE):
        act = (Act.RELEASED, Act.WITHDRAWN)[place % 2]
        review = review.with_entry(entry(act, Subject.PATIENT_TEXT, text="well"[: place % 2]))
    assert len(review.entries) == MOST_ENTRIES + KEPT_FREE
    with pytest.raises(ReviewFull):
        review.with_entry(entry(Act.RELEASED, Subject.PATIENT_TEXT))


@given(st.lists(entries(), max_size=6))
def test_every_opinion_is_one_line_that_no_spreadsheet_takes_for_a_formula(
    said: list[ReviewEntry],
) -> None:
    text = opinions_as_csv([("1.2.3", Review(tuple(said)))])
    assert "\0" not in text, "Orthanc sends no answer with a zero in it"
    lines = list(csv.reader(io.StringIO(text, newline="")))
    opinions = [each for each in said if each.subject is Subject.OPINION]
    assert lines[0] == list(COLUMNS)
    assert [line[5] for line in lines[1:]] == [str(each.act) for each in opinions]
    assert not any(cell[:1] in set("=+-@\t\r") for line in lines for cell in line)
