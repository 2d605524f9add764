"""Aggregate counts of public data sets that phantoms are drawn from; no row of any data set.

Sources: VinDr-Mammo (breast-level and finding annotations, 5,000 exams, counts only), RSNA
screening mammography 2022 (54,706 images, counts only), CBIS-DDSM case descriptions (CC BY 3.0,
counts over train and test). LOBULATED counts as oval, as BI-RADS 5th edition has it, and
ILL_DEFINED as indistinct; of mixed calcification types the more suspicious one counts.
"""

from types import MappingProxyType
from typing import Final

ASSESSMENT_BY_DENSITY: Final = MappingProxyType(
    {
        "A": (40, 4, 3, 3, 0),
        "B": (663, 202, 24, 30, 35),
        "C": (5044, 1812, 397, 318, 75),
        "D": (956, 320, 41, 30, 3),
    }
)
"""VinDr-Mammo: breasts of BI-RADS 1..5 by density."""

DENSITY: Final = MappingProxyType({"A": 3105, "B": 12651, "C": 12175, "D": 1539})
"""RSNA: images by density, where it was stated."""

AGE_QUANTILES: Final = ((0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0), (35, 42, 51, 59, 66, 75, 86))
"""RSNA: age in years at quantiles; the ends are our own guess."""

KIND_BY_ASSESSMENT: Final = MappingProxyType(
    {
        2: MappingProxyType({"calcifications": 553, "mass": 91}),
        3: MappingProxyType(
            {
                "mass": 568,
                "calcifications": 72,
                "asymmetry": 83,
                "focal asymmetry": 138,
                "global asymmetry": 20,
                "architectural distortion": 20,
            }
        ),
        4: MappingProxyType(
            {
                "mass": 496,
                "calcifications": 347,
                "asymmetry": 13,
                "focal asymmetry": 120,
                "global asymmetry": 6,
                "architectural distortion": 80,
            }
        ),
        5: MappingProxyType(
            {
                "mass": 162,
                "calcifications": 124,
                "asymmetry": 1,
                "focal asymmetry": 11,
                "architectural distortion": 19,
            }
        ),
    }
)
"""Findings by BI-RADS category: VinDr-Mammo for 3, 4 and 5, CBIS-DDSM for 2."""

MALIGNANT_SHARE: Final = MappingProxyType(
    {
        ("mass", 3): 49 / 364,
        ("mass", 4): 346 / 702,
        ("mass", 5): 363 / 374,
        ("calcifications", 3): 53 / 113,
        ("calcifications", 4): 385 / 931,
        ("calcifications", 5): 197 / 199,
        ("architectural distortion", 3): 1 / 5,
        ("architectural distortion", 4): 63 / 86,
        ("architectural distortion", 5): 45 / 49,
        ("asymmetry", 3): 4 / 38,
        ("asymmetry", 4): 13 / 25,
        ("asymmetry", 5): 1.0,
    }
)
"""CBIS-DDSM: malignant share of what was biopsied, by kind and BI-RADS category."""

BIOPSIED_SHARE: Final = MappingProxyType({1: 0.0, 2: 0.0, 3: 0.15, 4: 1.0, 5: 1.0})
"""How often a category leads to a biopsy; 3 is mostly followed up (our own guess)."""

MALIGNANT_SHARE_UNBIOPSIED: Final = 0.02
"""Upper bound of BI-RADS 5th edition for category 3."""

MASS_FORMS: Final = MappingProxyType(
    {
        (2, False): (("oval", "circumscribed", 4), ("round", "circumscribed", 16)),
        (3, False): (
            ("irregular", "spiculated", 5),
            ("oval", "circumscribed", 153),
            ("oval", "indistinct", 9),
            ("oval", "microlobulated", 10),
            ("oval", "obscured", 50),
            ("round", "circumscribed", 32),
            ("round", "microlobulated", 4),
            ("round", "obscured", 5),
        ),
        (3, True): (
            ("irregular", "indistinct", 8),
            ("irregular", "spiculated", 2),
            ("oval", "circumscribed", 2),
            ("oval", "obscured", 5),
            ("round", "spiculated", 3),
        ),
        (4, False): (
            ("irregular", "indistinct", 36),
            ("irregular", "spiculated", 9),
            ("oval", "circumscribed", 89),
            ("oval", "indistinct", 47),
            ("oval", "microlobulated", 19),
            ("oval", "obscured", 42),
            ("round", "circumscribed", 13),
            ("round", "indistinct", 8),
            ("round", "microlobulated", 6),
            ("round", "obscured", 12),
        ),
        (4, True): (
            ("irregular", "indistinct", 70),
            ("irregular", "microlobulated", 2),
            ("irregular", "spiculated", 45),
            ("oval", "circumscribed", 16),
            ("oval", "indistinct", 49),
            ("oval", "microlobulated", 26),
            ("oval", "obscured", 10),
            ("oval", "spiculated", 5),
            ("round", "circumscribed", 6),
            ("round", "indistinct", 13),
            ("round", "spiculated", 5),
        ),
        (5, False): (("irregular", "spiculated", 7),),
        (5, True): (
            ("irregular", "indistinct", 29),
            ("irregular", "microlobulated", 12),
            ("irregular", "spiculated", 158),
            ("oval", "circumscribed", 14),
            ("oval", "indistinct", 10),
            ("oval", "microlobulated", 34),
            ("oval", "spiculated", 27),
            ("round", "circumscribed", 3),
            ("round", "indistinct", 4),
            ("round", "spiculated", 12),
        ),
    }
)
"""CBIS-DDSM: shape, margin and count of masses by (BI-RADS category, malignant)."""

CALCIFICATION_FORMS: Final = MappingProxyType(
    {
        (2, False): (("coarse", 69), ("rim", 144), ("round", 186), ("vascular", 106)),
        (3, False): (("amorphous", 5), ("coarse", 12), ("fine pleomorphic", 26), ("round", 16)),
        (3, True): (
            ("amorphous", 17),
            ("fine linear", 16),
            ("fine pleomorphic", 13),
            ("round", 7),
        ),
        (4, False): (
            ("amorphous", 100),
            ("coarse", 4),
            ("fine linear", 20),
            ("fine pleomorphic", 371),
            ("round", 51),
        ),
        (4, True): (
            ("amorphous", 23),
            ("fine linear", 32),
            ("fine pleomorphic", 305),
            ("round", 24),
        ),
        (5, False): (("fine pleomorphic", 2),),
        (5, True): (
            ("amorphous", 21),
            ("fine linear", 53),
            ("fine pleomorphic", 117),
            ("round", 4),
        ),
    }
)
"""CBIS-DDSM: type and count of calcifications by (BI-RADS category, malignant)."""

CALCIFICATION_DISTRIBUTIONS: Final = MappingProxyType(
    {
        "amorphous": (("grouped", 120), ("linear", 6), ("regional", 14), ("segmental", 27)),
        "coarse": (("single", 61), ("grouped", 22)),
        "fine linear": (("grouped", 51), ("linear", 40), ("regional", 8), ("segmental", 23)),
        "fine pleomorphic": (
            ("grouped", 633),
            ("linear", 54),
            ("regional", 35),
            ("segmental", 112),
        ),
        "rim": (("single", 138), ("regional", 3)),
        "round": (
            ("single", 133),
            ("grouped", 78),
            ("diffuse", 31),
            ("regional", 23),
            ("segmental", 20),
        ),
        "vascular": (("linear", 1),),
    }
)
"""CBIS-DDSM: distribution by type; a missing distribution counts as single, CLUSTERED as grouped.
Vascular calcifications follow their vessel."""

SIZE_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
SIZE_MM: Final = MappingProxyType(
    {
        "mass": (8.4, 13.9, 20.6, 29.8, 49.4),
        "calcifications": (4.2, 8.3, 17.1, 33.7, 61.2),
        "asymmetry": (8.9, 14.1, 20.1, 27.5, 49.5),
        "focal asymmetry": (12.7, 19.5, 28.5, 40.8, 58.8),
        "global asymmetry": (28.6, 41.4, 50.2, 61.3, 68.9),
        "architectural distortion": (8.2, 12.4, 17.4, 29.1, 51.2),
    }
)
"""VinDr-Mammo: width of the finding's box at `SIZE_QUANTILES`, in millimetres on an image 238 mm
wide (2,800 pixels of 85 µm, its commonest size)."""
