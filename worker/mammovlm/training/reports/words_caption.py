"""The words of a caption: clauses of the one sentence on one breast, in the terms of BI-RADS."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mammovlm.findings import DensityCategory
from mammovlm.training.datasets.labels import Assessment
from mammovlm.training.reports.lexicon import (
    Certainty,
    Depth,
    Distribution,
    FindingType,
    Margin,
    Quadrant,
)
from mammovlm.training.reports.phrasebook import NUMBER, Pattern, Phrasebook, Phrases
from mammovlm.training.reports.statements import Kind
from mammovlm.training.reports.words_radiology import PHRASES

_PLACE: Final = "{size_mm}{quadrant}{depth}"
_MASS: Final = {"type": FindingType.MASS}
_CALCIFICATIONS: Final = {"type": FindingType.CALCIFICATIONS}
_SINGLE: Final = {**_CALCIFICATIONS, "distribution": Distribution.SINGLE}

_PATTERNS: Final = (
    Pattern(Kind.EXAMINATION, "{sides}"),
    Pattern(Kind.COMPOSITION, "{composition}"),
    Pattern(Kind.FINDING, "{certainty}{density}{shape}{margin} mass" + _PLACE, _MASS),
    Pattern(Kind.FINDING, "{certainty}{density}{shape} mass{margin.after}" + _PLACE, _MASS),
    Pattern(
        Kind.FINDING,
        "{certainty}{distribution}{morphology} calcifications" + _PLACE,
        _CALCIFICATIONS,
    ),
    Pattern(Kind.FINDING, "{certainty} single{morphology} calcification" + _PLACE, _SINGLE),
    Pattern(Kind.FINDING, "{certainty}{type}" + _PLACE),
    Pattern(Kind.NO_FINDING, "no finding"),
    Pattern(Kind.NO_FINDING, "no mass or calcification"),
    Pattern(Kind.BREAST_ASSESSMENT, "{assessment}"),
)

_PLACES: Final = {
    **{quadrant: f"{quadrant} quadrant" for quadrant in Quadrant},
    Quadrant.CENTRAL: "central",
    Quadrant.RETROAREOLAR: "retroareolar",
    Quadrant.AXILLARY_TAIL: "axillary tail",
}

_PHRASES: Final[Mapping[str, Phrases]] = MappingProxyType(
    {
        "sides": {
            "R": ("right breast", "right mammogram"),
            "L": ("left breast", "left mammogram"),
        },
        "composition": {
            DensityCategory.A: ("almost entirely fatty", "density A"),
            DensityCategory.B: ("scattered fibroglandular density", "density B"),
            DensityCategory.C: ("heterogeneously dense", "density C"),
            DensityCategory.D: ("extremely dense", "density D"),
        },
        "certainty": {
            Certainty.DEFINITE: ("",),
            Certainty.PROBABLE: (" apparent",),
            Certainty.POSSIBLE: (" possible", " questionable"),
            None: (),
        },
        "type": {
            one: (f" {one}",)
            for one in FindingType
            if one not in (FindingType.MASS, FindingType.CALCIFICATIONS)
        },
        "shape": PHRASES["shape"],
        "margin": {margin: (f" {margin}",) for margin in Margin},
        "margin.after": {margin: (f" with {margin} margins",) for margin in Margin},
        "density": PHRASES["density"],
        "morphology": PHRASES["morphology"],
        "distribution": PHRASES["distribution.first"],
        "size_mm": {NUMBER: (f", {NUMBER} mm",)},
        "quadrant": {quadrant: (f", {place}",) for quadrant, place in _PLACES.items()},
        "depth": {depth: (f", {depth} depth", f", {depth} third") for depth in Depth},
        "assessment": {
            category: (f"BI-RADS {category}", f"BI-RADS category {category}")
            for category in Assessment
        },
    }
)

CAPTION: Final = Phrasebook(patterns=_PATTERNS, phrases=_PHRASES)
