"""Drawn studies, findings and words of every kind, and every choice of a site, for hypothesis."""

from dataclasses import replace

from hypothesis import strategies as st

from mammovlm.findings import (
    BreastFindings,
    Density,
    Explanation,
    ExplanationOrigin,
    Findings,
    Likelihood,
    ModelPart,
    Region,
    RegionKind,
    ViewFindings,
)
from mammovlm.results import ReportOptions
from mammovlm.study import Laterality, LeftOut, LeftOutReason
from report_examples import ALGORITHM, EXPLANATION, STUDY_UID, Example, study_of

SLOTS = ("RCC", "LCC", "RMLO", "LMLO")
words = st.text(max_size=200) | st.text("äß乳房Ω\n\\=^ ", max_size=40)
densities = st.lists(st.floats(1e-6, 1), min_size=4, max_size=4).map(
    lambda drawn: Density(tuple(x / sum(drawn) for x in drawn))  # type: ignore[arg-type]
)


@st.composite
def likelihoods(draw: st.DrawFn) -> Likelihood:
    low, value, high = sorted(draw(st.lists(st.floats(0, 1), min_size=3, max_size=3)))
    return Likelihood(value, low, high, draw(st.booleans()))


# in headers of 400 rows and 300 columns
regions = st.builds(
    Region,
    row=st.floats(0, 400),
    column=st.floats(0, 300),
    row_radius=st.floats(0.1, 100),
    column_radius=st.floats(0.1, 100),
    evidence=st.floats(0, 1),
    suspicion=st.floats(0, 1),
    kind=st.sampled_from(RegionKind),
).filter(
    lambda r: (
        r.row_radius <= min(r.row, 400 - r.row) and r.column_radius <= min(r.column, 300 - r.column)
    )
)


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
    searched = draw(st.booleans())
    views = tuple(
        ViewFindings(
            view.slot,
            view.source.sop_instance_uid,
            draw(st.none() | densities),
            draw(words),
            draw(st.none() | st.floats(0, 1)),
            tuple(draw(st.lists(regions, max_size=3))) if searched else (),
            searched,
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
    st.booleans(),
)
