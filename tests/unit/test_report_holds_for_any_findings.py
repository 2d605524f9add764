"""Whatever the findings and words are, the report is written, read back equal, and valid."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.uid import UID

from mammovlm.findings import (
    BreastFindings,
    Density,
    Explanation,
    ExplanationOrigin,
    Findings,
    Likelihood,
    ModelPart,
    ViewFindings,
)
from mammovlm.results import (
    ReportOptions,
    check_report,
    readable_report,
    result_document,
    structured_report,
)
from mammovlm.results.report_content import read_content
from mammovlm.study import Laterality, LeftOut, LeftOutReason
from report_examples import ALGORITHM, EXPLANATION, STUDY_UID, Example, slots, study_of
from report_programs import dciodvfy_errors, dsrdump, write

SLOTS = ("RCC", "LCC", "RMLO", "LMLO")
words = st.text(max_size=200) | st.text("äß乳房Ω\n\\=^ ", max_size=40)
densities = st.lists(st.floats(1e-6, 1), min_size=4, max_size=4).map(
    lambda drawn: Density(tuple(x / sum(drawn) for x in drawn))  # type: ignore[arg-type]
)


@st.composite
def likelihoods(draw: st.DrawFn) -> Likelihood:
    low, value, high = sorted(draw(st.lists(st.floats(0, 1), min_size=3, max_size=3)))
    return Likelihood(value, low, high, draw(st.booleans()))


@st.composite
def examples(draw: st.DrawFn) -> Example:
    left_out = draw(
        st.lists(
            st.builds(
                LeftOut,
                st.sampled_from([f"{STUDY_UID}.7", f"{STUDY_UID}.8", ""]),
                st.sampled_from(LeftOutReason),
                st.sampled_from(["", "Rows", "20000 × 3"]),
            ),
            max_size=3,
        )
    )
    names = draw(st.sets(st.sampled_from(SLOTS), min_size=1))
    study = study_of(" ".join(names), tuple(left_out))
    views = tuple(
        ViewFindings(
            view.slot,
            view.source.sop_instance_uid,
            draw(st.none() | densities),
            draw(words),
            draw(st.none() | st.floats(0, 1)),
        )
        for view in study.views
    )
    sides = [s for s in Laterality if any(v.slot.laterality is s for v in views)]
    maybe = st.none() | likelihoods()
    breasts = tuple(
        BreastFindings(side, draw(st.none() | densities), draw(maybe), draw(maybe))
        for side in sides
    )
    found = [breast.density for breast in breasts if breast.density]
    algorithm = replace(
        ALGORITHM,
        parts=(ModelPart(draw(words), "x", None, draw(words)),),
        training_note=draw(words),
    )
    findings = Findings(
        study.study_instance_uid,
        views,
        breasts,
        max(found, key=lambda density: density.category, default=None),
        study.missing,
        study.left_out,
        tuple(draw(st.sets(st.sampled_from(["density", "presence", "suspicion"])))),
        algorithm,
    )
    return study, findings, draw(explanations())


@st.composite
def explanations(draw: st.DrawFn) -> Explanation:
    long = draw(st.booleans())
    return replace(
        EXPLANATION,
        summary=draw(words) * (300 if long else 1),
        patient_text=draw(words),
        origin=draw(st.sampled_from(ExplanationOrigin)),
        reading_grade=draw(st.floats(-5, 20)),
    )


options = st.builds(
    ReportOptions,
    st.sampled_from(["comprehensive", "comprehensive3d"]),
    st.sampled_from(["ISO_IR 192", "ISO_IR 100"]),
    st.booleans(),
    st.floats(0, 1),
)


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
    document = result_document(study, findings, explanation, [report], {})
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
