"""Any study findings, for property tests on report synthesis."""

from hypothesis import strategies as st

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality
from mammovlm.training.datasets.labels import Assessment
from mammovlm.training.reports import BreastDescription, Finding, StudyFindings
from mammovlm.training.reports.lexicon import (
    Certainty,
    Depth,
    Distribution,
    FindingType,
    Margin,
    MassDensity,
    Morphology,
    Quadrant,
    Shape,
    Source,
)
from mammovlm.training.reports.schema import LARGEST_MM, ONLY_OF, hours_of

DESCRIPTORS = {
    "shape": Shape,
    "margin": Margin,
    "density": MassDensity,
    "morphology": Morphology,
    "distribution": Distribution,
}


@st.composite
def findings(draw: st.DrawFn, side: Laterality) -> Finding:
    kind = draw(st.sampled_from(FindingType))
    quadrant = draw(st.none() | st.sampled_from(Quadrant))
    hours = sorted(hours_of(quadrant, side)) if quadrant else list(range(1, 13))
    return Finding(
        type=kind,
        quadrant=quadrant,
        clock=draw(st.none() | st.sampled_from(hours)) if hours else None,
        depth=draw(st.none() | st.sampled_from(Depth)),
        size_mm=draw(st.none() | st.integers(1, LARGEST_MM)),
        assessment=draw(st.none() | st.sampled_from(Assessment)),
        certainty=draw(st.sampled_from(Certainty)),
        source=draw(st.sampled_from((Source.LABEL, Source.MODEL))),
        **{
            name: draw(st.none() | st.sampled_from(words))
            for name, words in DESCRIPTORS.items()
            if ONLY_OF[name] is kind
        },
    )


@st.composite
def breasts(draw: st.DrawFn, side: Laterality) -> BreastDescription:
    return BreastDescription(
        laterality=side,
        findings=tuple(draw(st.lists(findings(side), max_size=3))),
        assessment=draw(st.none() | st.sampled_from(Assessment)),
    )


@st.composite
def studies(draw: st.DrawFn) -> StudyFindings:
    sides = draw(st.sampled_from([["R"], ["L"], ["R", "L"]]))
    return StudyFindings(
        density=draw(st.none() | st.sampled_from(DensityCategory)),
        breasts=tuple(draw(breasts(Laterality(side))) for side in sides),
    )
