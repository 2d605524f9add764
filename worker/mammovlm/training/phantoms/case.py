"""Draws who is examined and what is true of her, from the tables of public data sets."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

import numpy as np

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality
from mammovlm.training.phantoms import tables
from mammovlm.training.phantoms.truth import (
    Biopsy,
    BreastPoint,
    BreastTruth,
    Lesion,
    LesionKind,
    Patient,
)

Item = TypeVar("Item")

AGE_SHIFT = {"A": 6.0, "B": 2.0, "C": -3.0, "D": -8.0}
"""Years by which women of a density are older than all; density falls with age."""

THICKNESS_MM = {"A": 62.0, "B": 59.0, "C": 53.0, "D": 46.0}
"""Mean compressed thickness by density; fatty breasts are larger and thicker."""

VENDORS = {"GE": 0.25, "Hologic": 0.25, "Siemens": 0.2, "film": 0.3}
TISSUE_SHARE_OF_BOX = 0.72
"""A drawn box is wider than its lesion."""


class CaseMix(StrEnum):
    """How truth is drawn.

    SCREENING follows the tables (most breasts are BI-RADS 1). BALANCED gives every density and,
    in every breast, every BI-RADS category equally often; what a category looks like still
    follows the tables, in which readers disagree: one who names kind, shape, margin and size of
    every lesion without fault tells 4 from 3 with an AUC of .82 and no better. TEACHING is
    BALANCED with most findings by the book (`by_the_book`), where such a reader has .96.
    """

    SCREENING = "screening"
    BALANCED = "balanced"
    TEACHING = "teaching"


BOOK_SHARE = 0.85
"""How often TEACHING insists on a finding that BI-RADS would give its category."""


def pick(rng: np.random.Generator, items: Sequence[Item], weights: Sequence[float]) -> Item:
    """Draw one item in proportion to its weight."""
    shares = np.asarray(weights, dtype=np.float64)
    return items[int(rng.choice(len(items), p=shares / shares.sum()))]


def draw_density(rng: np.random.Generator, mix: CaseMix) -> DensityCategory:
    """Draw a BI-RADS composition."""
    categories = tuple(DensityCategory)
    weights = [tables.DENSITY[c] if mix is CaseMix.SCREENING else 1 for c in categories]
    return pick(rng, categories, weights)


def neighbour_density(rng: np.random.Generator, density: DensityCategory) -> DensityCategory:
    """Give the other breast's density: the same, rarely one category off."""
    categories = tuple(DensityCategory)
    step = int(rng.choice([-1, 0, 1], p=[0.02, 0.96, 0.02]))
    return categories[int(np.clip(categories.index(density) + step, 0, 3))]


def draw_patient(rng: np.random.Generator, density: DensityCategory) -> Patient:
    """Draw age, technique and size of a woman whose density is known."""
    quantiles, ages = tables.AGE_QUANTILES
    age = np.interp(rng.random(), quantiles, ages) + AGE_SHIFT[density] + rng.normal(0, 2)
    thickness = float(np.clip(rng.normal(THICKNESS_MM[density], 10), 25, 95))
    depth = float(np.clip(68 + 0.5 * thickness + rng.normal(0, 18), 55, 160))
    return Patient(
        age=int(np.clip(age, 30, 92)),
        thickness_mm=thickness,
        force_n=float(np.clip(rng.normal(105, 25), 40, 190)),
        kvp=float(round(np.clip(25 + 0.1 * (thickness - 30) + rng.normal(0, 0.7), 24, 34))),
        vendor=pick(rng, tuple(VENDORS), tuple(VENDORS.values())),
        depth_mm=depth,
    )


def draw_assessment(rng: np.random.Generator, density: DensityCategory, mix: CaseMix) -> int:
    """Draw a BI-RADS category for one breast of a density."""
    if mix is not CaseMix.SCREENING:
        return int(rng.integers(1, 6))
    return pick(rng, range(1, 6), tables.ASSESSMENT_BY_DENSITY[density])


def draw_breast(
    rng: np.random.Generator,
    laterality: Laterality,
    density: DensityCategory,
    assessment: int,
    mix: CaseMix = CaseMix.SCREENING,
) -> BreastTruth:
    """Draw the lesions and the biopsy of one breast.

    Raises
    ------
    ValueError
        Where ``assessment`` is not 1..5.
    """
    if not 1 <= assessment <= 5:
        msg = f"BI-RADS category {assessment} is none of 1..5"
        raise ValueError(msg)
    lesions: list[Lesion] = []
    biopsy = Biopsy.NONE
    if assessment > 1:
        taken = bool(rng.random() < tables.BIOPSIED_SHARE[assessment])
        first = draw_lesion(rng, assessment, biopsied=taken)
        while mix is CaseMix.TEACHING and not by_the_book(first) and rng.random() < BOOK_SHARE:
            first = draw_lesion(rng, assessment, biopsied=taken)
        lesions.append(first)
        if taken:
            biopsy = Biopsy.MALIGNANT if lesions[0].malignant else Biopsy.BENIGN
    lesions += _benign_company(rng, assessment, lesions)
    return BreastTruth(laterality, density, assessment, biopsy, tuple(lesions))


def _benign_company(
    rng: np.random.Generator, assessment: int, others: Sequence[Lesion]
) -> list[Lesion]:
    """Add further findings: a second one of the same category, or benign calcifications."""
    if assessment == 1:
        return []
    company = []
    if rng.random() < 0.08 and others[0].kind is LesionKind.MASS:
        company.append(draw_lesion(rng, max(2, assessment - 1), biopsied=False))
    if rng.random() < 0.12:
        company.append(draw_lesion(rng, 2, biopsied=False))
    return sorted(company, key=lambda lesion: -lesion.assessment)


def draw_lesion(
    rng: np.random.Generator,
    assessment: int,
    *,
    biopsied: bool = True,
    kind: LesionKind | None = None,
) -> Lesion:
    """Draw one lesion of a BI-RADS category 2..5, of a given kind where one is asked for."""
    if kind is None:
        kinds = tables.KIND_BY_ASSESSMENT[assessment]
        kind = LesionKind(pick(rng, tuple(kinds), tuple(kinds.values())))
    malignant = bool(rng.random() < _malignant_share(kind, assessment, biopsied=biopsied))
    shape = margin = morphology = distribution = ""
    if kind is LesionKind.MASS:
        shape, margin = _mass_form(rng, assessment, malignant=malignant)
    elif kind is LesionKind.CALCIFICATIONS:
        morphology, distribution = _calcification_form(rng, assessment, malignant=malignant)
    return Lesion(
        kind=kind,
        shape=shape,
        margin=margin,
        morphology=morphology,
        distribution=distribution,
        size_mm=_size_mm(rng, kind, distribution, assessment),
        place=draw_place(rng),
        assessment=assessment,
        malignant=malignant,
    )


def by_the_book(lesion: Lesion) -> bool:
    """Tell whether a finding looks as BI-RADS 5th edition describes its category.

    Probably benign (3) are circumscribed masses, focal asymmetries and groups of round
    calcifications; 4 and 5 need a suspicious margin, morphology or distortion. Benign findings
    are always so.
    """
    if lesion.assessment < 3:
        return True
    if lesion.kind is LesionKind.MASS:
        mild = lesion.margin in {"circumscribed", "obscured"}
    elif lesion.kind is LesionKind.CALCIFICATIONS:
        mild = lesion.morphology in {"round", "coarse"}
    else:
        mild = lesion.kind is not LesionKind.ARCHITECTURAL_DISTORTION
    return mild == (lesion.assessment == 3)


def draw_place(rng: np.random.Generator, reach: float = 0.7) -> BreastPoint:
    """Draw a place in the breast, more often upper outer, where most cancers are."""
    angle = rng.normal(np.pi / 4, 1.1) if rng.random() < 0.55 else rng.uniform(0, 2 * np.pi)
    radius = reach * np.sqrt(rng.random())
    depth = rng.uniform(0.18, 0.85) * np.sqrt(1 - radius**2 * 0.8)
    return BreastPoint(float(depth), float(radius * np.cos(angle)), float(radius * np.sin(angle)))


def _malignant_share(kind: LesionKind, assessment: int, *, biopsied: bool) -> float:
    if assessment < 3:
        return 0.0
    if not biopsied:
        return tables.MALIGNANT_SHARE_UNBIOPSIED
    name = "asymmetry" if "asymmetry" in kind else str(kind)
    return tables.MALIGNANT_SHARE[(name, assessment)]


def _mass_form(rng: np.random.Generator, assessment: int, *, malignant: bool) -> tuple[str, str]:
    forms = tables.MASS_FORMS[(assessment, malignant)]
    shape, margin, _ = pick(rng, forms, [count for *_, count in forms])
    return shape, margin


def _calcification_form(
    rng: np.random.Generator, assessment: int, *, malignant: bool
) -> tuple[str, str]:
    forms = tables.CALCIFICATION_FORMS[(assessment, malignant)]
    morphology, _ = pick(rng, forms, [count for _, count in forms])
    spreads = tables.CALCIFICATION_DISTRIBUTIONS[morphology]
    if assessment > 2:
        # One grain alone is benign; a suspicious finding is at least a group.
        spreads = tuple(spread for spread in spreads if spread[0] != "single")
    distribution, _ = pick(rng, spreads, [count for _, count in spreads])
    return morphology, distribution


def _size_mm(
    rng: np.random.Generator, kind: LesionKind, distribution: str, assessment: int
) -> float:
    rank = float(rng.uniform(0.05, 0.95))
    if assessment == 5:
        rank = max(rank, float(rng.uniform(0.05, 0.95)))
    box = np.interp(rank, tables.SIZE_QUANTILES, tables.SIZE_MM[kind])
    if distribution == "single":
        return float(rng.uniform(1.5, 6.0))
    smallest = 24.0 if distribution in {"segmental", "regional", "diffuse"} else 5.0
    return float(max(smallest, TISSUE_SHARE_OF_BOX * box))
