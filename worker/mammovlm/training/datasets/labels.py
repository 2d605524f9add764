"""The words of a manifest's label columns: assessment, truth, kinds of finding, split."""

from collections.abc import Iterable
from enum import StrEnum
from types import MappingProxyType

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality, ViewPosition

SIDES = MappingProxyType({each.value: each for each in Laterality})
VIEWS = MappingProxyType({each.value: each for each in ViewPosition})
LETTERED_DENSITIES = MappingProxyType({e.value: frozenset({e}) for e in DensityCategory})
NUMBERED_DENSITIES = MappingProxyType(
    {str(number): frozenset({each}) for number, each in enumerate(DensityCategory, start=1)}
)
"""BI-RADS compositions 1 to 4, as editions before the 5th number what are A to D today."""


class Assessment(StrEnum):
    """BI-RADS assessment category; 4 stands where the subdivision was not given."""

    INCOMPLETE = "0"
    NEGATIVE = "1"
    BENIGN = "2"
    PROBABLY_BENIGN = "3"
    SUSPICIOUS = "4"
    LOW_SUSPICION = "4A"
    MODERATE_SUSPICION = "4B"
    HIGH_SUSPICION = "4C"
    HIGHLY_SUGGESTIVE = "5"
    KNOWN_MALIGNANCY = "6"

    @property
    def category(self) -> int:
        """Category without its subdivision, 0..6."""
        return int(self[0])

    @property
    def whole(self) -> "Assessment":
        """The category without its subdivision: 4A, 4B and 4C are 4."""
        return Assessment(self[0])

    @property
    def is_incomplete(self) -> bool:
        """True for BI-RADS 0: neither benign nor suspicious yet (four-systems B3)."""
        return self is Assessment.INCOMPLETE


ASSESSMENTS = MappingProxyType({each.value: each for each in Assessment})
_RISING = ["1", "2", "3", "6", "0", "4", "4A", "4B", "4C", "5"]
"""From least to most abnormal; that 6 and 0 stand between 3 and 4 is our reading of the 5th edition
of BI-RADS."""


def highest_assessment(assessments: Iterable[Assessment]) -> Assessment | None:
    """Give the one assessment that stands for several findings or breasts; None for none.

    The order is that of the overall assessment in BI-RADS: an incomplete one is above 1 to 3 and
    a known malignancy, and below 4 and 5.
    """
    return max(assessments, key=lambda each: _RISING.index(each.value), default=None)


class Truth(StrEnum):
    """What a finding, or a breast, truly is; a breast without any finding is benign."""

    BENIGN = "benign"
    MALIGNANT = "malignant"


def worst_truth(truths: Iterable[Truth]) -> Truth | None:
    """Give malignant where one of several is; None for none."""
    known = set(truths)
    if Truth.MALIGNANT in known:
        return Truth.MALIGNANT
    return Truth.BENIGN if known else None


class FindingType(StrEnum):
    """Kinds of finding, in the words of BI-RADS (5th edition, mammography lexicon)."""

    MASS = "mass"
    CALCIFICATIONS = "calcifications"
    ARCHITECTURAL_DISTORTION = "architectural distortion"
    ASYMMETRY = "asymmetry"
    FOCAL_ASYMMETRY = "focal asymmetry"
    GLOBAL_ASYMMETRY = "global asymmetry"
    DEVELOPING_ASYMMETRY = "developing asymmetry"
    LYMPH_NODE = "lymph node"
    DILATED_DUCT = "dilated duct"
    SKIN_THICKENING = "skin thickening"
    SKIN_RETRACTION = "skin retraction"
    NIPPLE_RETRACTION = "nipple retraction"


class Split(StrEnum):
    """What a patient's images are for, as Mirai's column ``split_group`` writes it."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"
