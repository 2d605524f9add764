"""Renders one view of one breast: tissue, lesions, grey levels, and what film or station adds."""

from dataclasses import dataclass, replace

import numpy as np

from mammovlm.study import Laterality, Slot, ViewPosition
from mammovlm.training.phantoms.appearance import Look, grey
from mammovlm.training.phantoms.lesions import Ray, add_lesion
from mammovlm.training.phantoms.masses import pulled_in
from mammovlm.training.phantoms.noise import Field
from mammovlm.training.phantoms.outline import (
    BreastShape,
    Frame,
    Outline,
    draw_outline,
    without_air,
)
from mammovlm.training.phantoms.parenchyma import Gland, gland_share
from mammovlm.training.phantoms.projection import attenuation, project
from mammovlm.training.phantoms.surroundings import add_surroundings
from mammovlm.training.phantoms.truth import (
    BreastTruth,
    Lesion,
    LesionKind,
    LesionMark,
    Patient,
    PhantomView,
)


@dataclass(frozen=True)
class Breast:
    """All that the views of one breast share."""

    truth: BreastTruth
    shape: BreastShape
    gland: Gland
    patient: Patient
    look: Look


def render_view(seed: int, slot: Slot, breast: Breast, frame: Frame) -> PhantomView:
    """Render one view.

    Every part has its own stream of randomness, so that the same seed with other lesions gives
    the same breast.
    """
    side = list(Laterality).index(slot.laterality)
    position = list(ViewPosition).index(slot.position)
    streams = [np.random.default_rng([seed, 7, side, position, part]) for part in range(5)]
    outline = without_air(draw_outline(streams[0], breast.shape, slot.position, frame))
    share, percent = gland_share(streams[1], breast.gland, slot.position, outline)
    seen = _lesions_in_view(breast.truth, slot.position, outline)
    for mark, lesion in seen:
        if lesion.kind is LesionKind.ARCHITECTURAL_DISTORTION:
            share = pulled_in(share, mark.row, mark.column, mark.radius)
    roundness = float(streams[2].uniform(0.4, 1.2))
    integral, inner = attenuation(
        outline.inside_mm, share, outline.muscle, breast.patient.thickness_mm, roundness
    )
    for mark, lesion in seen:
        rng = np.random.default_rng([seed, 8, side, mark.lesion])
        ray = Ray(integral, share, inner, frame.spacing_mm)
        add_lesion(rng, ray, mark, lesion, slot.position)
    pixels = grey(
        streams[3],
        integral,
        inner,
        compressed_mm=breast.patient.thickness_mm,
        look=breast.look,
        spacing_mm=frame.spacing_mm,
    )
    pixels = _framed(streams[4], pixels, outline, breast, slot, frame=frame)
    marks = tuple(_facing(slot, mark, frame) for mark, _ in seen)
    return PhantomView(slot, pixels, frame.spacing_mm, marks, percent)


def _framed(
    rng: np.random.Generator,
    pixels: Field,
    outline: Outline,
    breast: Breast,
    slot: Slot,
    *,
    frame: Frame,
) -> Field:
    """Give the air back, turn a right breast's chest wall to the right, add markers."""
    aside = ((0, 0), (0, frame.columns - pixels.shape[1]))
    whole = np.pad(pixels, aside, constant_values=breast.look.air)
    air = np.pad(-outline.inside_mm, aside, constant_values=np.float32(99))
    flip = slice(None, None, -1 if slot.laterality is Laterality.RIGHT else 1)
    return add_surroundings(
        rng,
        np.ascontiguousarray(whole[:, flip]),
        air[:, flip],
        slot,
        film=breast.patient.vendor == "film",
    )


def _facing(slot: Slot, mark: LesionMark, frame: Frame) -> LesionMark:
    """Move a mark along when a right breast's chest wall is turned to the right edge."""
    if slot.laterality is Laterality.LEFT:
        return mark
    return replace(mark, column=frame.columns - 1 - mark.column)


def _lesions_in_view(
    truth: BreastTruth, position: ViewPosition, outline: Outline
) -> list[tuple[LesionMark, Lesion]]:
    """Give the lesions this view shows; an asymmetry is seen in one view only (BI-RADS)."""
    spacing = outline.frame.spacing_mm
    seen = []
    for index, lesion in enumerate(truth.lesions):
        one_view = lesion.kind is LesionKind.ASYMMETRY
        above = lesion.place.cranial > lesion.place.lateral
        shown_in = ViewPosition.MLO if above else ViewPosition.CC
        if one_view and shown_in is not position:
            continue
        row, column = project(lesion.place, position, outline)
        radius = lesion.size_mm / 2 / spacing
        seen.append((LesionMark(row / spacing, column / spacing, radius, index), lesion))
    return seen
