"""The page shows what the report says: the plugin's small reader against the worker's own."""

import pytest

from headers_as_orthanc_gives_them import orthanc_tags
from mammovlm.results import ReportOptions, codes, structured_report
from mammovlm.results.report_content import ReadGroup, read_content
from mammovlm_orthanc.stored_report import StoredReport, read_report
from report_examples import EXAMPLES, nothing_trained

ALL = {**EXAMPLES, "nothing trained": nothing_trained}
LETTERS = {code.value: str(letter) for letter, code in codes.DENSITIES.items()}
SIDES = {code.value: str(side) for side, code in codes.SIDES.items()} | {
    codes.BILATERAL.value: "both"
}


def read_by_both(name: str) -> tuple[StoredReport, list[ReadGroup], tuple[str, ...]]:
    report = structured_report(*ALL[name](), None, ReportOptions())
    content = read_content(report)
    stored = read_report(orthanc_tags(report))
    assert (stored.summary, stored.patient_text) == (content.summary, content.patient_text)
    assert stored.language == content.language
    assert stored.parameters == content.algorithm.parameters
    assert stored.algorithm == f"{content.algorithm.name} {content.algorithm.version}"
    assert (stored.completion, stored.verification) == (
        report.CompletionFlag,
        report.VerificationFlag,
    )
    return stored, list(content.groups), content.comments


@pytest.mark.parametrize("name", ALL)
def test_densities_are_those_of_the_report(name: str) -> None:
    stored, groups, _ = read_by_both(name)
    expected = [
        (
            SIDES[g.side],
            LETTERS[g.evaluations[codes.BREAST_COMPOSITION.value]],
            g.numbers[codes.CERTAINTY_OF_FINDING.value].value,
        )
        for g in groups
        if g.title.startswith("Density ")
    ]
    assert [(d.side, d.category, d.certainty) for d in stored.densities] == expected


@pytest.mark.parametrize("name", ALL)
def test_likelihoods_and_their_intervals_are_those_of_the_report(name: str) -> None:
    stored, groups, _ = read_by_both(name)
    names = {codes.PRESENCE.value: "presence", codes.SUSPICION.value: "suspicion"}
    expected = [
        (label, SIDES[g.side], n.value, n.value - (n.below or 0), n.value + (n.above or 0))
        for g in groups
        if g.title.startswith("Assessment ")
        for code, label in names.items()
        if (n := g.numbers.get(code))
    ]
    found = [(x.name, x.side, x.value, x.low, x.high) for x in stored.likelihoods]
    assert found == [pytest.approx(each, abs=0.001) for each in expected]


@pytest.mark.parametrize("name", ALL)
def test_each_view_names_its_image_its_expert_and_its_numbers(name: str) -> None:
    stored, groups, _ = read_by_both(name)
    views = [g for g in groups if g.title.startswith("View ")]
    assert [v.title for v in stored.views] == [g.title.removeprefix("View ") for g in views]
    assert [v.sop_instance_uid for v in stored.views] == [g.images[0] for g in views]
    assert [f"expert={v.expert}" for v in stored.views] == [g.parameters[0] for g in views]


@pytest.mark.parametrize("name", ALL)
def test_what_the_numbers_rest_on_stands_before_the_disclaimer(name: str) -> None:
    stored, _, comments = read_by_both(name)
    _, findings, _ = ALL[name]()
    assert stored.comments == comments
    assert findings.algorithm.training_note in stored.comments[-2]


def test_a_suggestion_is_shown_for_the_side_that_has_one() -> None:
    stored, _, _ = read_by_both("suspicious with patient text")
    assert stored.suggestions == {"R": "3", "L": "4"}


def test_a_header_that_is_no_report_says_nothing() -> None:
    empty = read_report({})
    assert (empty.densities, empty.likelihoods, empty.views, empty.comments) == ((), (), (), ())
