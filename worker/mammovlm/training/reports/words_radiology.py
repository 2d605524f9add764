"""The words of the radiologist's report: complete, in sections, in the terms of BI-RADS."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mammovlm.explanation.federal import PROVIDER_SENTENCES
from mammovlm.findings import DensityCategory
from mammovlm.training.datasets.labels import Assessment
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
)
from mammovlm.training.reports.phrasebook import NUMBER, Pattern, Phrasebook, Phrases, decapitalised
from mammovlm.training.reports.statements import Facts, Kind

_PLACE: Final = "{quadrant}{side}{clock}{depth}"
_PLACE_FIRST: Final = "{quadrant.first}{side}{clock}{depth}, "
_MASS: Final = {"type": FindingType.MASS}
_CALCIFICATIONS: Final = {"type": FindingType.CALCIFICATIONS}
_SINGLE: Final = {**_CALCIFICATIONS, "distribution": Distribution.SINGLE}

_FINDINGS: Final[tuple[tuple[str, Facts], ...]] = (
    ("{certainty} a(n){density}{shape} mass{margin}{size_mm}" + _PLACE, _MASS),
    (_PLACE_FIRST + "{certainty} a(n){density}{shape} mass{margin}{size_mm}", _MASS),
    ("a(n){margin.first}{shape}{density} mass{size_mm} {certainty.is}" + _PLACE, _MASS),
    ("{certainty.are}{morphology} calcifications{distribution}{size_mm.over}" + _PLACE,
     _CALCIFICATIONS),
    (_PLACE_FIRST + "{certainty.are}{morphology} calcifications{distribution}{size_mm.over}",
     _CALCIFICATIONS),
    ("{distribution.first}{morphology} calcifications{size_mm.over} {certainty.are_seen}" + _PLACE,
     _CALCIFICATIONS),
    ("{certainty} a(n) single{morphology} calcification{size_mm}" + _PLACE, _SINGLE),
    ("a(n) single{morphology} calcification{size_mm} {certainty.is}" + _PLACE, _SINGLE),
    ("{certainty} {type}{size_mm}" + _PLACE, {}),
    (_PLACE_FIRST + "{certainty} {type}{size_mm}", {}),
    ("{type}{size_mm} {certainty.is}" + _PLACE, {}),
    ("{certainty}{side.adjective} axillary adenopathy{size_mm}",
     {"type": FindingType.AXILLARY_ADENOPATHY}),
)  # fmt: skip

_OTHERS: Final = (
    (Kind.EXAMINATION, "digital mammography of {sides} was performed in two views"),
    (Kind.EXAMINATION, "mammography of {sides}, craniocaudal and mediolateral oblique views"),
    (Kind.COMPOSITION, "{composition}"),
    (Kind.NO_FINDING, "no mass, calcification, asymmetry or distortion is seen in the{side}"),
    (Kind.NO_FINDING, "in the{side} there are no findings to describe"),
    (Kind.NO_FINDING, "the{side} shows no mass, calcification, asymmetry or distortion"),
    (Kind.FINDING_ASSESSMENT, "finding {number} of the{side} is{assessment}"),
    (Kind.FINDING_ASSESSMENT, "the{side}, finding {number}:{assessment}"),
    (Kind.BREAST_ASSESSMENT, "the{side} is assessed as{assessment}"),
    (Kind.BREAST_ASSESSMENT, "assessment of the{side}:{assessment}"),
    (Kind.OVERALL_ASSESSMENT, "overall assessment:{assessment}"),
    (Kind.OVERALL_ASSESSMENT, "overall this examination is{assessment}"),
    (Kind.MANAGEMENT, "{assessment.management}"),
)

_COMPOSITION: Final = {
    DensityCategory.A: ("the breast tissue is almost only fat", "breast density is category A"),
    DensityCategory.B: (
        "scattered fibroglandular densities are present",
        "breast density is category B",
    ),
    DensityCategory.C: (
        "the breast tissue is heterogeneously dense, so that small masses may be hidden",
        "breast density is category C",
    ),
    DensityCategory.D: (
        "the breast tissue is extremely dense, so that mammography is less sensitive",
        "breast density is category D",
    ),
}

_MEANINGS: Final = {
    Assessment.INCOMPLETE: "incomplete, additional imaging needed",
    Assessment.NEGATIVE: "negative",
    Assessment.BENIGN: "benign",
    Assessment.PROBABLY_BENIGN: "probably benign",
    Assessment.SUSPICIOUS: "suspicious",
    Assessment.LOW_SUSPICION: "low suspicion for malignancy",
    Assessment.MODERATE_SUSPICION: "moderate suspicion for malignancy",
    Assessment.HIGH_SUSPICION: "high suspicion for malignancy",
    Assessment.HIGHLY_SUGGESTIVE: "highly suggestive of malignancy",
    Assessment.KNOWN_MALIGNANCY: "known biopsy-proven malignancy",
}
_ROUTINE: Final = "screening every year"
_MANAGEMENT: Final[Phrases] = {
    Assessment.INCOMPLETE: ("additional views are recommended", "ultrasound is advised"),
    Assessment.NEGATIVE: ("routine screening is recommended", "annual mammography is advised"),
    Assessment.BENIGN: (f"{_ROUTINE} is recommended", f"{_ROUTINE} is advised"),
    Assessment.PROBABLY_BENIGN: (
        "follow-up in 6 months is recommended",
        "short-interval follow-up is advised",
    ),
    Assessment.SUSPICIOUS: ("biopsy is advised", "tissue diagnosis is recommended"),
    Assessment.HIGHLY_SUGGESTIVE: (
        "biopsy is strongly advised",
        "prompt tissue diagnosis is recommended",
    ),
    Assessment.KNOWN_MALIGNANCY: (
        "treatment as planned is recommended",
        "surgical excision is advised",
    ),
}

_TYPES: Final[Phrases] = {
    FindingType.ASYMMETRY: ("an asymmetry",),
    FindingType.FOCAL_ASYMMETRY: ("a focal asymmetry",),
    FindingType.GLOBAL_ASYMMETRY: ("a global asymmetry",),
    FindingType.DEVELOPING_ASYMMETRY: ("a developing asymmetry",),
    FindingType.ARCHITECTURAL_DISTORTION: (
        "architectural distortion",
        "an area of architectural distortion",
    ),
    FindingType.INTRAMAMMARY_LYMPH_NODE: ("an intramammary lymph node",),
    FindingType.SKIN_LESION: ("a skin lesion",),
    FindingType.SOLITARY_DILATED_DUCT: ("a solitary dilated duct",),
    FindingType.SKIN_RETRACTION: ("skin retraction", "retraction of the skin"),
    FindingType.NIPPLE_RETRACTION: ("nipple retraction", "retraction of the nipple"),
    FindingType.SKIN_THICKENING: ("skin thickening", "thickening of the skin"),
    FindingType.TRABECULAR_THICKENING: ("trabecular thickening",),
    FindingType.AXILLARY_ADENOPATHY: ("axillary adenopathy",),
}

_FORMS: Final[Phrases] = {
    **{morphology: (f" {morphology}",) for morphology in Morphology},
    Morphology.COARSE: (" coarse", " popcorn-like"),
    Morphology.RIM: (" rim", " lucent-centered"),
    Morphology.ROUND: (" round", " punctate"),
    Morphology.MILK_OF_CALCIUM: (" milk of calcium",),
    Morphology.FINE_LINEAR: (" fine linear", " fine linear branching"),
}
_SPREADS: Final = tuple(one for one in Distribution if one is not Distribution.SINGLE)


def _inside(before: str) -> Phrases:
    """Say the place within the breast, up to the breast itself."""
    quadrants = [one for one in Quadrant if one.endswith(("outer", "inner"))]
    return {
        None: (f"{before}in the",),
        **{one: (f"{before}in the {one} quadrant of the",) for one in quadrants},
        Quadrant.CENTRAL: (f"{before}in the central portion of the", f"{before}central in the"),
        Quadrant.RETROAREOLAR: (f"{before}in the retroareolar region of the",),
        Quadrant.AXILLARY_TAIL: (f"{before}in the axillary tail of the",),
    }


PHRASES: Final[Mapping[str, Phrases]] = MappingProxyType(
    {
        "sides": {"R": ("the right breast",), "L": ("the left breast",), "RL": ("both breasts",)},
        "side": {"R": (" right breast",), "L": (" left breast",)},
        "side.adjective": {"R": (" right",), "L": (" left",)},
        "composition": {
            category: (decapitalised(PROVIDER_SENTENCES[category].rstrip(".")), *ways)
            for category, ways in _COMPOSITION.items()
        },
        "certainty": {
            Certainty.DEFINITE: ("there is",),
            Certainty.PROBABLE: ("there appears to be",),
            Certainty.POSSIBLE: ("there may be", "there might be"),
        },
        "certainty.are": {
            Certainty.DEFINITE: ("there are",),
            Certainty.PROBABLE: ("there appear to be",),
            Certainty.POSSIBLE: ("there may be", "there might be"),
        },
        "certainty.is": {
            Certainty.DEFINITE: ("is seen", "is present", "is noted"),
            Certainty.PROBABLE: ("appears to be present",),
            Certainty.POSSIBLE: ("may be present", "is questionable"),
        },
        "certainty.are_seen": {
            Certainty.DEFINITE: ("are seen", "are present", "are noted"),
            Certainty.PROBABLE: ("appear to be present",),
            Certainty.POSSIBLE: ("may be present", "are questionable"),
        },
        "type": _TYPES,
        "shape": {shape: (f" {shape}", f" {shape}-shaped") for shape in Shape},
        "margin": {
            margin: (f" with {margin} margins", f" with a(n) {margin} margin") for margin in Margin
        },
        "margin.first": {margin: (f" {margin}",) for margin in Margin},
        "density": {
            **{one: (f" {one}-density",) for one in MassDensity},
            MassDensity.FAT_CONTAINING: (" fat-containing",),
        },
        "morphology": _FORMS,
        "distribution": {
            **{one: (f" in a {one} distribution",) for one in _SPREADS},
            Distribution.GROUPED: (" in a grouped distribution", " in a group"),
        },
        "distribution.first": {
            **{one: (f" {one}",) for one in _SPREADS},
            Distribution.GROUPED: (" grouped", " clustered"),
        },
        "size_mm": {
            NUMBER: (f" measuring {NUMBER} mm", f" measuring {NUMBER} mm in longest diameter")
        },
        "size_mm.over": {NUMBER: (f" spanning {NUMBER} mm", f" over an extent of {NUMBER} mm")},
        "quadrant": _inside(" "),
        "quadrant.first": _inside(""),
        "clock": {NUMBER: (f" at {NUMBER} o'clock", f" at the {NUMBER} o'clock position")},
        "depth": {depth: (f" at {depth} depth", f" in the {depth} third") for depth in Depth},
        "number": {NUMBER: (NUMBER,)},
        "assessment": {
            category: (
                f" BI-RADS category {category} ({meaning})",
                f" BI-RADS {category}, {meaning}",
                f" category {category}, {meaning}",
            )
            for category, meaning in _MEANINGS.items()
        },
        "assessment.management": _MANAGEMENT,
    }
)

RADIOLOGY: Final = Phrasebook(
    patterns=(
        *(Pattern(Kind.FINDING, text, says) for text, says in _FINDINGS),
        *(Pattern(kind, text) for kind, text in _OTHERS),
    ),
    phrases=PHRASES,
)
