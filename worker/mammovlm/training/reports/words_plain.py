"""Plain words for what a report says, for training on how lay people speak of findings.

Not the patient text of a result, which names no finding at all: see `mammovlm.explanation`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mammovlm.findings import DensityCategory
from mammovlm.training.datasets.labels import Assessment
from mammovlm.training.reports.lexicon import Certainty, FindingType, Quadrant
from mammovlm.training.reports.phrasebook import NUMBER, Pattern, Phrasebook, Phrases
from mammovlm.training.reports.statements import Kind

_PATTERNS: Final = (
    (Kind.EXAMINATION, "we took X-ray pictures of your {sides}"),
    (Kind.EXAMINATION, "these are the X-ray pictures of your {sides}"),
    (Kind.COMPOSITION, "your breast tissue is {composition}"),
    (Kind.COMPOSITION, "the tissue of your breasts is {composition}"),
    (Kind.FINDING, "{certainty} {type}{size_mm}{quadrant}{side}"),
    (Kind.FINDING, "{quadrant.first}{side}, {certainty} {type}{size_mm}"),
    (Kind.FINDING, "{certainty.are} {type.several}{size_mm}{quadrant}{side}"),
    (Kind.FINDING, "{quadrant.first}{side}, {certainty.are} {type.several}{size_mm}"),
    (Kind.NO_FINDING, "we see nothing that stands out in your{side}"),
    (Kind.NO_FINDING, "nothing stands out in your{side}"),
    (Kind.BREAST_ASSESSMENT, "for your{side}, {assessment}"),
    (Kind.BREAST_ASSESSMENT, "{assessment} for your{side}"),
    (Kind.MANAGEMENT, "{assessment.next}"),
)

_RESULTS: Final[Phrases] = {
    Assessment.INCOMPLETE: ("the result is not complete",),
    Assessment.NEGATIVE: ("the result is normal",),
    Assessment.BENIGN: ("the result is harmless",),
    Assessment.PROBABLY_BENIGN: ("the result is very likely harmless",),
    Assessment.SUSPICIOUS: ("the result is suspicious",),
    Assessment.HIGHLY_SUGGESTIVE: ("the result is highly suspicious",),
    Assessment.KNOWN_MALIGNANCY: ("the result fits the cancer that is known",),
}
_NEXT: Final[Phrases] = {
    Assessment.INCOMPLETE: (
        "we need more pictures to be sure",
        "please come back for more pictures",
    ),
    Assessment.NEGATIVE: ("please come for your next screening as usual",),
    Assessment.BENIGN: ("your next routine pictures are enough",),
    Assessment.PROBABLY_BENIGN: (
        "we would like to take new pictures in six months",
        "please come back in six months for a follow-up",
    ),
    Assessment.SUSPICIOUS: (
        "a doctor should take a small tissue sample",
        "we recommend a test with a fine needle, called a biopsy",
    ),
    Assessment.HIGHLY_SUGGESTIVE: (
        "a doctor should take a small tissue sample soon",
        "we strongly recommend a biopsy",
    ),
    Assessment.KNOWN_MALIGNANCY: (
        "please go on with your treatment",
        "your treatment goes on as planned",
    ),
}
_TYPES: Final[Phrases] = {
    FindingType.MASS: ("a lump",),
    FindingType.ASYMMETRY: ("a patch of tissue that shows in one view only",),
    FindingType.FOCAL_ASYMMETRY: ("a small patch of denser tissue",),
    FindingType.GLOBAL_ASYMMETRY: ("a large patch of denser tissue",),
    FindingType.DEVELOPING_ASYMMETRY: ("a patch of tissue that has grown",),
    FindingType.ARCHITECTURAL_DISTORTION: ("tissue that is pulled together",),
    FindingType.INTRAMAMMARY_LYMPH_NODE: ("a lymph node",),
    FindingType.SKIN_LESION: ("a spot on the skin",),
    FindingType.SOLITARY_DILATED_DUCT: ("a wide milk duct",),
    FindingType.SKIN_RETRACTION: ("skin that is pulled in",),
    FindingType.NIPPLE_RETRACTION: ("a nipple that is pulled in",),
    FindingType.SKIN_THICKENING: ("thicker skin",),
    FindingType.TRABECULAR_THICKENING: ("thicker strands of tissue",),
}
_SEVERAL: Final[Phrases] = {
    FindingType.CALCIFICATIONS: ("tiny specks of calcium", "small grains of calcium"),
    FindingType.AXILLARY_ADENOPATHY: ("large lymph nodes near the armpit",),
}
_PARTS: Final = {
    Quadrant.UPPER_OUTER: "the upper outer part of",
    Quadrant.UPPER_INNER: "the upper inner part of",
    Quadrant.LOWER_OUTER: "the lower outer part of",
    Quadrant.LOWER_INNER: "the lower inner part of",
    Quadrant.CENTRAL: "the middle of",
    Quadrant.RETROAREOLAR: "the area behind the nipple of",
    Quadrant.AXILLARY_TAIL: "the part near the armpit of",
}


def _inside(before: str) -> Phrases:
    return {
        None: (f"{before}in your",),
        **{quadrant: (f"{before}in {part} your",) for quadrant, part in _PARTS.items()},
    }


_PHRASES: Final[Mapping[str, Phrases]] = MappingProxyType(
    {
        "sides": {"R": ("right breast",), "L": ("left breast",), "RL": ("right and left breasts",)},
        "side": {"R": (" right breast",), "L": (" left breast",)},
        "composition": {
            DensityCategory.A: ("almost all fat", "made up almost only of fat"),
            DensityCategory.B: ("mostly fat with some dense areas",),
            DensityCategory.C: ("dense in many areas", "dense in many places"),
            DensityCategory.D: ("very dense", "very dense almost all over"),
        },
        "certainty": {
            Certainty.DEFINITE: ("there is", "we see", "the pictures show"),
            Certainty.PROBABLE: ("there seems to be", "we think we see"),
            Certainty.POSSIBLE: ("there may be", "there might be"),
        },
        "certainty.are": {
            Certainty.DEFINITE: ("there are", "we see", "the pictures show"),
            Certainty.PROBABLE: ("there seem to be", "we think we see"),
            Certainty.POSSIBLE: ("there may be", "there might be"),
        },
        "type": _TYPES,
        "type.several": _SEVERAL,
        "size_mm": {NUMBER: (f" about {NUMBER} millimeters wide", f" {NUMBER} millimeters across")},
        "quadrant": _inside(" "),
        "quadrant.first": _inside(""),
        "assessment": _RESULTS,
        "assessment.next": _NEXT,
    }
)

PLAIN: Final = Phrasebook(
    patterns=tuple(Pattern(kind, text) for kind, text in _PATTERNS), phrases=_PHRASES
)
