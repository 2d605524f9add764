"""The words of the ACR BI-RADS mammography lexicon, 5th edition (2013), as enumerations.

Its assessment categories are `mammovlm.training.datasets.labels.Assessment`.
"""

from enum import StrEnum


class FindingType(StrEnum):
    """What is described: findings of the lexicon and its associated features."""

    MASS = "mass"
    CALCIFICATIONS = "calcifications"
    ASYMMETRY = "asymmetry"
    FOCAL_ASYMMETRY = "focal asymmetry"
    GLOBAL_ASYMMETRY = "global asymmetry"
    DEVELOPING_ASYMMETRY = "developing asymmetry"
    ARCHITECTURAL_DISTORTION = "architectural distortion"
    INTRAMAMMARY_LYMPH_NODE = "intramammary lymph node"
    SKIN_LESION = "skin lesion"
    SOLITARY_DILATED_DUCT = "solitary dilated duct"
    SKIN_RETRACTION = "skin retraction"
    NIPPLE_RETRACTION = "nipple retraction"
    SKIN_THICKENING = "skin thickening"
    TRABECULAR_THICKENING = "trabecular thickening"
    AXILLARY_ADENOPATHY = "axillary adenopathy"


class Shape(StrEnum):
    """Shape of a mass; "lobulated" of older editions is oval."""

    OVAL = "oval"
    ROUND = "round"
    IRREGULAR = "irregular"


class Margin(StrEnum):
    """Margin of a mass; "ill-defined" of older editions is indistinct."""

    CIRCUMSCRIBED = "circumscribed"
    OBSCURED = "obscured"
    MICROLOBULATED = "microlobulated"
    INDISTINCT = "indistinct"
    SPICULATED = "spiculated"


class MassDensity(StrEnum):
    """How dense a mass is beside as much fibroglandular tissue."""

    HIGH = "high"
    EQUAL = "equal"
    LOW = "low"
    FAT_CONTAINING = "fat-containing"


class Morphology(StrEnum):
    """Form of calcifications; the lexicon calls the last four suspicious."""

    SKIN = "skin"
    VASCULAR = "vascular"
    COARSE = "coarse"
    LARGE_ROD_LIKE = "large rod-like"
    ROUND = "round"
    RIM = "rim"
    DYSTROPHIC = "dystrophic"
    MILK_OF_CALCIUM = "milk of calcium"
    SUTURE = "suture"
    AMORPHOUS = "amorphous"
    COARSE_HETEROGENEOUS = "coarse heterogeneous"
    FINE_PLEOMORPHIC = "fine pleomorphic"
    FINE_LINEAR = "fine linear"


class Distribution(StrEnum):
    """How calcifications lie; "single" is not of the lexicon but of label tables."""

    DIFFUSE = "diffuse"
    REGIONAL = "regional"
    GROUPED = "grouped"
    LINEAR = "linear"
    SEGMENTAL = "segmental"
    SINGLE = "single"


class Quadrant(StrEnum):
    """Where in the breast."""

    UPPER_OUTER = "upper outer"
    UPPER_INNER = "upper inner"
    LOWER_OUTER = "lower outer"
    LOWER_INNER = "lower inner"
    CENTRAL = "central"
    RETROAREOLAR = "retroareolar"
    AXILLARY_TAIL = "axillary tail"


class Depth(StrEnum):
    """Third of the breast, from the nipple to the chest wall."""

    ANTERIOR = "anterior"
    MIDDLE = "middle"
    POSTERIOR = "posterior"


class Certainty(StrEnum):
    """How sure the source is that the finding is there."""

    DEFINITE = "definite"
    PROBABLE = "probable"
    POSSIBLE = "possible"


class Source(StrEnum):
    """Who says so: a label table, the model, or a text that was read back."""

    LABEL = "label"
    MODEL = "model"
    TEXT = "text"
