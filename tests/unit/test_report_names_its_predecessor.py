"""A report names the newest one before it, also one that was stored after its job was written."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from pydicom import Dataset

from mammovlm.errors import ResultInvalid
from mammovlm.job import AnalysisJob, LateSuccession, PredecessorReport, StoredDocument
from mammovlm.results import ObjectOptions, ReportOptions, check_objects, put_in_line
from mammovlm.results import result_objects as made_objects
from mammovlm.results.object_header import CAD_SERIES, PDF_SERIES, REFUSAL_SERIES, REPORT_SERIES
from report_examples import normal, partial

OPTIONS = ObjectOptions(wants_cad_report=True, wants_pdf=False)
COMPREHENSIVE_SR = "1.2.840.10008.5.1.4.1.1.88.33"
FIRST = PredecessorReport(COMPREHENSIVE_SR, "1.2.3.4", "1.2.3")
JOB = AnalysisJob(normal()[0].study_instance_uid, run=2)


def objects_of(job: AnalysisJob) -> tuple[Dataset, ...]:
    return made_objects(*normal(), job.predecessor, OPTIONS)


def stored(
    uid: str, run: int, description: str = REPORT_SERIES.description, **changes: Any
) -> StoredDocument:
    reference = PredecessorReport(COMPREHENSIVE_SR, uid, f"{uid}.1")
    return replace(StoredDocument(reference, description, run), **changes)


def as_stored(objects: Sequence[Dataset]) -> list[StoredDocument]:
    return [
        StoredDocument(
            PredecessorReport(one.SOPClassUID, one.SOPInstanceUID, one.SeriesInstanceUID),
            one.SeriesDescription,
            int(one.InstanceNumber),
        )
        for one in objects
    ]


def named(objects: Sequence[Dataset]) -> list[str]:
    """Give the predecessor that each object names, "" where it names none."""
    found = []
    for one in objects:
        studies = one.get("PredecessorDocumentsSequence") or ()
        uids = [
            sop.ReferencedSOPInstanceUID
            for study in studies
            for series in study.ReferencedSeriesSequence
            for sop in series.ReferencedSOPSequence
        ]
        found.append(" ".join(uids))
    return found


def test_a_report_that_was_stored_meanwhile_is_named_and_the_uids_stay() -> None:
    objects = objects_of(JOB)
    before = [one.SOPInstanceUID for one in objects]
    late = put_in_line(objects, JOB, [stored("1.9", run=1)])
    assert late == LateSuccession(stored("1.9", 1).reference, None)
    assert named(objects) == ["1.9"] * 2
    assert [one.SOPInstanceUID for one in objects] == before
    assert {one.InstanceNumber for one in objects} == {2}
    check_objects(objects, *normal(), OPTIONS, late=late)


def test_the_check_refuses_a_report_that_names_another_one() -> None:
    objects = objects_of(JOB)
    put_in_line(objects, JOB, [stored("1.9", run=1)])
    with pytest.raises(ResultInvalid):
        check_objects(objects, *normal(), OPTIONS)
    other = LateSuccession(stored("1.8", 1).reference, None)
    with pytest.raises(ResultInvalid, match="predecessor"):
        check_objects(objects, *normal(), OPTIONS, late=other)


def test_a_job_that_is_delivered_twice_does_not_follow_itself() -> None:
    first = objects_of(JOB)
    put_in_line(first, JOB, [])
    again = objects_of(JOB)
    assert put_in_line(again, JOB, as_stored(first)) is None
    assert named(again) == [""] * 2
    assert [one.SOPInstanceUID for one in again] == [one.SOPInstanceUID for one in first]


def test_a_job_that_is_delivered_twice_has_the_same_uids_whatever_came_between() -> None:
    first, again = objects_of(JOB), objects_of(JOB)
    put_in_line(first, JOB, [])
    put_in_line(again, JOB, [*as_stored(first), stored("1.9", run=1)])
    assert [one.SOPInstanceUID for one in again] == [one.SOPInstanceUID for one in first]
    assert named(again) == ["1.9"] * 2


def test_a_later_run_that_was_done_first_is_no_predecessor() -> None:
    objects = objects_of(JOB)
    assert put_in_line(objects, JOB, [stored("1.9", run=3)]) is None
    assert named(objects) == [""] * 2


@pytest.mark.parametrize("description", ["", "Breast imaging report", REFUSAL_SERIES.description])
def test_what_is_no_result_of_ours_is_no_predecessor(description: str) -> None:
    objects = objects_of(JOB)
    assert put_in_line(objects, JOB, [stored("1.9", 1, description)]) is None


def test_the_report_that_the_job_names_stays_where_none_is_newer() -> None:
    job = replace(JOB, predecessor=FIRST, run=3)
    objects = objects_of(job)
    known = stored("", 2, reference=FIRST)
    assert put_in_line(objects, job, [stored("1.9", 1), known, stored("1.7", 2)]) is None
    assert named(objects) == ["1.2.3.4"] * 2
    check_objects(objects, *normal(), OPTIONS)


def test_a_newer_one_goes_before_the_one_that_the_job_names() -> None:
    job = replace(JOB, predecessor=FIRST, run=3)
    objects = objects_of(job)
    late = put_in_line(objects, job, [stored("", 1, reference=FIRST), stored("1.9", 2)])
    assert late == LateSuccession(stored("1.9", 2).reference, FIRST)
    check_objects(objects, *normal(), OPTIONS, late=late)


def test_of_one_run_that_is_named_which_stands_for_its_result() -> None:
    objects = objects_of(JOB)
    beside = [stored("1.6", 1, CAD_SERIES.description), stored("1.7", 1, PDF_SERIES.description)]
    put_in_line(objects, JOB, beside)
    assert named(objects) == ["1.7"] * 2
    put_in_line(objects, JOB, [*beside, stored("1.8", 1)])
    assert named(objects) == ["1.8"] * 2


def test_a_result_without_structured_report_follows_as_well() -> None:
    options = ObjectOptions(report=ReportOptions(is_stored=False), wants_pdf=True)
    objects = made_objects(*partial(), None, options)
    late = put_in_line(objects, JOB, [stored("1.7", 1, PDF_SERIES.description)])
    check_objects(objects, *partial(), options, late=late)
    assert named(objects) == ["1.7"] * 2
