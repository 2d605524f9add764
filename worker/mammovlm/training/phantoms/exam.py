"""Makes whole phantom exams from a seed: the entry to this package."""

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from mammovlm.findings import DensityCategory
from mammovlm.study import HANGING_ORDER, Laterality
from mammovlm.training.phantoms.appearance import draw_look
from mammovlm.training.phantoms.case import (
    CaseMix,
    draw_assessment,
    draw_breast,
    draw_density,
    draw_patient,
    neighbour_density,
)
from mammovlm.training.phantoms.outline import BreastShape, Frame
from mammovlm.training.phantoms.parenchyma import Gland, draw_gland, mirrored
from mammovlm.training.phantoms.render import Breast, render_view
from mammovlm.training.phantoms.truth import BreastTruth, Lesion, Patient, PhantomExam

SMALL_FIELD_MM = 240.0
LARGE_FIELD_MM = 300.0
"""Heights of the 18 x 24 cm and the 24 x 30 cm field."""
COLUMNS_PER_ROW = 400 / 504


def phantom_exam(
    seed: int,
    *,
    rows: int = 504,
    columns: int | None = None,
    spacing_mm: float | None = None,
    density: DensityCategory | str | None = None,
    assessment: int | None = None,
    lesions: Sequence[Lesion] | None = None,
    case_mix: CaseMix | str = CaseMix.BALANCED,
    vendor: str | None = None,
) -> PhantomExam:
    """Make the four views of one imagined woman.

    Parameters
    ----------
    seed
        The same seed and settings give the same exam, bit for bit.
    rows, columns
        Size of every view in pixels; columns default to 400/504 of the rows.
    spacing_mm
        Pixel spacing; by default the 18 x 24 cm or, for large breasts, the 24 x 30 cm field
        fills the rows.
    density
        BI-RADS composition of both breasts; drawn by ``case_mix`` where None.
    assessment
        BI-RADS category 1..5 of the right breast for an odd, of the left breast for an even
        seed; the other one is drawn from 1 and 2.
    lesions
        These lesions, and no others, in that same breast.
    case_mix
        See `CaseMix`.
    vendor
        Look: "GE", "Hologic", "Siemens" or "film"; drawn where None.

    Raises
    ------
    ValueError
        Where a category is none of BI-RADS.
    """
    mix = CaseMix(case_mix)
    patient, densities = _woman(seed, density, mix)
    patient = patient if vendor is None else replace(patient, vendor=vendor)
    truths = _truths(seed, densities, assessment, lesions, mix)
    breasts = _breasts(seed, patient, truths)
    frame = _frame(breasts, rows, columns, spacing_mm)
    views = {
        slot: render_view(seed, slot, breasts[slot.laterality], frame) for slot in HANGING_ORDER
    }
    return PhantomExam(seed, patient, truths, MappingProxyType(views))


def phantom_truths(
    seed: int, case_mix: CaseMix | str = CaseMix.BALANCED
) -> tuple[BreastTruth, BreastTruth]:
    """Give what is true of an exam's breasts, right then left, without drawing a picture.

    Parameters
    ----------
    seed, case_mix
        As of `phantom_exam`, whose ``breasts`` these are.
    """
    mix = CaseMix(case_mix)
    _, densities = _woman(seed, None, mix)
    return _truths(seed, densities, None, None, mix)


def _woman(
    seed: int, density: DensityCategory | str | None, mix: CaseMix
) -> tuple[Patient, tuple[DensityCategory, DensityCategory]]:
    """Draw the woman, and the composition of her right and of her left breast."""
    rng = np.random.default_rng([seed, 1])
    drawn = draw_density(rng, mix)
    wanted = drawn if density is None else DensityCategory(density)
    patient = draw_patient(rng, wanted)
    other = neighbour_density(rng, wanted) if density is None else wanted
    return patient, (wanted, other)


def _truths(
    seed: int,
    densities: tuple[DensityCategory, DensityCategory],
    assessment: int | None,
    lesions: Sequence[Lesion] | None,
    mix: CaseMix,
) -> tuple[BreastTruth, BreastTruth]:
    """Draw what is true of the right and of the left breast."""
    index = 0 if seed % 2 else 1
    truths = []
    for side, laterality in enumerate((Laterality.RIGHT, Laterality.LEFT)):
        rng = np.random.default_rng([seed, 2, side])
        category = draw_assessment(rng, densities[side], mix)
        asked = assessment is not None or lesions is not None
        if asked:
            category = int(rng.integers(1, 3)) if side != index else assessment or 1
        truth = draw_breast(rng, laterality, densities[side], category, mix)
        if lesions is not None:
            truth = _with_lesions(truth, lesions if side == index else (), assessment)
        truths.append(truth)
    return truths[0], truths[1]


def _with_lesions(
    truth: BreastTruth, lesions: Sequence[Lesion], assessment: int | None
) -> BreastTruth:
    highest = max((lesion.assessment for lesion in lesions), default=1)
    return replace(truth, lesions=tuple(lesions), assessment=assessment or highest)


def _breasts(
    seed: int, patient: Patient, truths: tuple[BreastTruth, BreastTruth]
) -> dict[Laterality, Breast]:
    """Draw both breasts of one woman: alike in size and tissue."""
    rng = np.random.default_rng([seed, 3])
    right = draw_gland(rng, truths[0].density)
    left = (
        mirrored(rng, right)
        if truths[1].density is truths[0].density
        else _of_density(draw_gland(rng, truths[1].density), right)
    )
    depth = patient.depth_mm
    half = float(np.clip(62 + 0.42 * depth + rng.normal(0, 9), 60, 140))
    look = draw_look(rng, patient.vendor)
    breasts = {}
    for truth, gland in zip(truths, (right, left), strict=True):
        size = rng.normal(1, 0.02)
        shape = BreastShape(depth * size, half * size)
        breasts[truth.laterality] = Breast(truth, shape, gland, patient, look)
    return breasts


def _of_density(gland: Gland, alike: Gland) -> Gland:
    """Keep the place of another breast's tissue but not its amount."""
    return replace(alike, area_share=gland.area_share, richness=gland.richness)


def _frame(
    breasts: dict[Laterality, Breast], rows: int, columns: int | None, spacing_mm: float | None
) -> Frame:
    """Choose the field as a radiographer does: the large one for large breasts."""
    width = columns or round(rows * COLUMNS_PER_ROW)
    if spacing_mm is None:
        large = any(
            breast.shape.depth_mm > 125 or breast.shape.half_height_mm > 112
            for breast in breasts.values()
        )
        spacing_mm = (LARGE_FIELD_MM if large else SMALL_FIELD_MM) / rows
    return Frame(rows, width, spacing_mm)
