"""Findings from the truth of a phantom, and truths drawn without drawing a picture."""

import math
from collections.abc import Sequence

import numpy as np

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality
from mammovlm.training.datasets.labels import Assessment
from mammovlm.training.phantoms.case import (
    CaseMix,
    draw_assessment,
    draw_breast,
    draw_density,
    neighbour_density,
)
from mammovlm.training.phantoms.truth import Biopsy, BreastPoint, BreastTruth, Lesion
from mammovlm.training.reports.lexicon import (
    Depth,
    Distribution,
    FindingType,
    Margin,
    Morphology,
    Quadrant,
    Shape,
    Source,
)
from mammovlm.training.reports.schema import (
    LARGEST_MM,
    BreastDescription,
    Finding,
    StudyFindings,
)


def findings_of(breasts: Sequence[BreastTruth]) -> StudyFindings:
    """Describe what is true of a phantom's breasts, as its radiologist would.

    Whether a lesion is malignant is never described: only the biopsy knows.

    Parameters
    ----------
    breasts
        One or two, right before left, such as ``PhantomExam.breasts``.
    """
    return StudyFindings(
        density=max(breast.density for breast in breasts),
        breasts=tuple(
            BreastDescription(
                laterality=breast.laterality,
                findings=tuple(_finding(one, breast.laterality) for one in breast.lesions),
                assessment=Assessment(str(breast.assessment)),
            )
            for breast in breasts
        ),
    )


def suspicious_label(breast: BreastTruth) -> bool | None:
    """Give the 3-versus-4 label, corrected by biopsy where there is one (paper 3.2.4).

    Returns
    -------
    bool or None
        None for BI-RADS 1 and 2, where the question is not asked.
    """
    if breast.assessment < 3:
        return None
    if breast.biopsy is Biopsy.NONE:
        return breast.assessment >= 4
    return breast.biopsy is Biopsy.MALIGNANT


def drawn_breasts(
    seed: int, mix: CaseMix = CaseMix.BALANCED, *, least: int = 1
) -> tuple[BreastTruth, BreastTruth]:
    """Draw what is true of both breasts of one imagined woman, without any picture.

    Parameters
    ----------
    seed
        The same seed gives the same truth; not that of the phantom exam of this seed.
    mix
        How often densities and BI-RADS categories are drawn.
    least
        Lowest BI-RADS category, 1..5, drawn evenly from there on where it is above 1.
    """
    rng = np.random.default_rng([seed, 11])
    density = draw_density(rng, mix)

    def breast(side: Laterality, composition: DensityCategory) -> BreastTruth:
        category = (
            draw_assessment(rng, composition, mix) if least == 1 else int(rng.integers(least, 6))
        )
        return draw_breast(rng, side, composition, category)

    right = breast(Laterality.RIGHT, density)
    return right, breast(Laterality.LEFT, neighbour_density(rng, density))


def clock_position(place: BreastPoint, side: Laterality) -> int | None:
    """Give the clock position 1..12 as seen from the front; None close to the nipple's axis."""
    if place.quadrant == Quadrant.CENTRAL:
        return None
    to_the_right = place.lateral if side is Laterality.LEFT else -place.lateral
    angle = math.degrees(math.atan2(to_the_right, place.cranial))
    return round(angle / 30) % 12 or 12


def _finding(lesion: Lesion, side: Laterality) -> Finding:
    return Finding(
        type=FindingType(lesion.kind),
        shape=Shape(lesion.shape) if lesion.shape else None,
        margin=Margin(lesion.margin) if lesion.margin else None,
        morphology=Morphology(lesion.morphology) if lesion.morphology else None,
        distribution=Distribution(lesion.distribution) if lesion.distribution else None,
        quadrant=Quadrant(lesion.place.quadrant),
        clock=clock_position(lesion.place, side),
        depth=Depth(lesion.place.third),
        size_mm=min(max(round(lesion.size_mm), 1), LARGEST_MM),
        assessment=Assessment(str(lesion.assessment)),
        source=Source.LABEL,
    )
