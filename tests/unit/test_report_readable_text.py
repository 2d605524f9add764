"""What `mammovlm show` prints of a report."""

import pytest
from pydicom import Dataset

from mammovlm.job import PredecessorReport
from mammovlm.results import ReportOptions, readable_report, structured_report
from mammovlm.results.readable_report import bar
from report_examples import EXAMPLES, Example, nothing_trained, partial, suspicious


def text_of(example: Example, options: ReportOptions | None = None) -> str:
    return readable_report(structured_report(*example, None, options or ReportOptions()))


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_begins_with_the_warning_and_is_at_most_88_wide(name: str) -> None:
    lines = text_of(EXAMPLES[name]()).splitlines()
    assert "NOT FOR DIAGNOSTIC USE" in lines[0]
    assert max(map(len, lines)) <= 88
    assert any("UNVERIFIED" in line for line in lines)


def test_it_shows_each_likelihood_with_interval_and_bar() -> None:
    lines = text_of(suspicious()).splitlines()
    (shown,) = {line for line in lines if line.startswith("  left") and "interval" in line}
    assert "91.4 %" in shown
    assert "84.2 to  96.7 %" in shown
    assert "[-o]" in shown or "[o-]" in shown or "[o]" in shown


def test_it_shows_the_suggestion_as_a_suggestion() -> None:
    assert "left     4 - Suspicious (a suggestion, not the assessment)" in text_of(suspicious())


def test_it_names_what_is_missing_and_the_experts() -> None:
    text = text_of(partial())
    assert "Missing view: LMLO" in text
    assert "RMLO     expert convnext" in text


def test_a_report_without_numbers_is_readable_too() -> None:
    text = text_of(nothing_trained())
    assert "No trained weights for: density" in text
    assert "Breast density" not in text


def test_it_leaves_out_the_patient_section_where_the_report_has_none() -> None:
    options = ReportOptions(include_patient_text=False)
    assert "Explanation for the patient" not in text_of(suspicious(), options)


def test_it_names_the_report_that_this_one_follows() -> None:
    older = PredecessorReport("1.2.840.10008.5.1.4.1.1.88.33", "1.2.3.4", "1.2.3")
    report = structured_report(*suspicious(), older, ReportOptions())
    assert "Follows       1.2.3.4" in readable_report(report)


def test_it_holds_no_patient_data() -> None:
    text = text_of(suspicious())
    assert "Phantom^" not in text
    assert "PHANTOM1" not in text
    assert "1960" not in text


def test_other_files_are_refused_with_a_clear_sentence() -> None:
    with pytest.raises(ValueError, match="not a structured report of MammoVLM"):
        readable_report(Dataset())


def test_a_damaged_report_is_refused_with_a_clear_sentence() -> None:
    report = structured_report(*suspicious(), None, ReportOptions())
    del report.ContentDate
    with pytest.raises(ValueError, match="lacks a part"):
        readable_report(report)


@pytest.mark.parametrize(
    ("interval", "drawn"),
    [
        ((0, 0, 0), "|o........................|"),
        ((100, 100, 100), "|........................o|"),
        ((0, 50, 100), "|[-----------o-----------]|"),
        ((25, 50, 75), "|......[-----o-----].......|"[:26] + "|"),
    ],
)
def test_the_bar_spans_0_to_100_per_cent(interval: tuple[float, float, float], drawn: str) -> None:
    assert bar(*interval) == drawn
