"""Whatever the findings and words are, the report is written, read back equal, and valid."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from pydicom import Dataset
from pydicom.uid import UID

from any_examples import SLOTS, examples, options
from mammovlm.results import (
    ReportOptions,
    check_report,
    readable_report,
    result_document,
    structured_report,
)
from mammovlm.results.report_content import read_content
from report_examples import STUDY_UID, Example, slots
from report_programs import dciodvfy_errors, dsrdump, write


def uids(item: Dataset) -> Iterator[str]:
    for element in item.iterall():
        if element.VR == "UI" and element.value:
            yield str(element.value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(examples(), options)
def test_every_report_says_what_was_found(example: Example, chosen: ReportOptions) -> None:
    report = structured_report(*example, None, chosen)
    check_report(report, *example)
    study, findings, explanation = example
    tracked = [group.tracking_uid for group in read_content(report).groups]
    own = [report.SOPInstanceUID, report.SeriesInstanceUID, *tracked]
    assert len(set(own)) == len(own)
    assert all(UID(uid).is_valid for uid in uids(report))
    assert "NOT FOR DIAGNOSTIC USE" in readable_report(report)
    document = result_document(study, findings, explanation, report, objects=[report], timings_s={})
    assert document["study_instance_uid"] == STUDY_UID


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(example=examples(), chosen=options)
@pytest.mark.slow
def test_other_programs_find_every_report_valid(
    example: Example,
    chosen: ReportOptions,
    tmp_path: Path,
    require_program: Callable[..., str],
) -> None:
    report = structured_report(*example, None, chosen)
    path = write(report, tmp_path)
    assert dciodvfy_errors(require_program("dciodvfy", "dicom3tools"), path) == []
    assert "Imaging Measurement Report" in dsrdump(require_program("dsrdump", "dcmtk"), path)


def test_the_slots_of_the_examples_are_the_four_standard_ones() -> None:
    assert [str(slot) for slot in slots(" ".join(SLOTS))] == list(SLOTS)
