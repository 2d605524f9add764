"""Renders one view of one breast: tissue, lesions, grey levels, and what film or station adds."""

from dataclasses import dataclass

import numpy as np

from mammovlm.study import Laterality, Slot, ViewPosition
from mammovlm.training.phantoms.appearance import Look, grey
from mammovlm.training.phantoms.calcifications import deposit, draw_grains
from mammovlm.training.phantoms.masses import (
    asymmetry_thickness,
    distortion_thickness,
    mass_thickness,
    pulled_in,
)
from mammovlm.training.phantoms.noise import Field
from mammovlm.training.phantoms.outline import (
    OBLIQUE,
    BreastShape,
    Frame,
    Outline,
    draw_outline,
)
from mammovlm.training.phantoms.parenchyma import Gland, gland_share
from mammovlm.training.phantoms.projection import (
    CANCER_PER_MM,
    FAT_PER_MM,
    GLAND_PER_MM,
    attenuation,
    project,
)
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
    side, position = (
        list(Laterality).index(slot.laterality),
        list(ViewPosition).index(slot.position),
    )
    streams = [np.random.default_rng([seed, 7, side, position, part]) for part in range(4)]
    outline = draw_outline(streams[0], breast.shape, slot.position, frame)
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
        _add_lesion(rng, integral, share, inner, (mark, lesion), slot.position, frame)
    pixels = grey(
        streams[3], integral, inner, breast.patient.thickness_mm, breast.look, frame.spacing_mm
    )
    return _facing(slot, pixels, tuple(mark for mark, _ in seen), percent, frame)


def _facing(
    slot: Slot, pixels: Field, marks: tuple[LesionMark, ...], percent: float, frame: Frame
) -> PhantomView:
    """Turn a right breast's chest wall to the right edge."""
    if slot.laterality is Laterality.RIGHT:
        pixels = pixels[:, ::-1]
        marks = tuple(
            LesionMark(mark.row, frame.columns - 1 - mark.column, mark.radius, mark.lesion)
            for mark in marks
        )
    return PhantomView(slot, np.ascontiguousarray(pixels), frame.spacing_mm, marks, percent)


def _lesions_in_view(
    truth: BreastTruth, position: ViewPosition, outline: Outline
) -> list[tuple[LesionMark, Lesion]]:
    """Give the lesions this view shows; an asymmetry is seen in one view only (BI-RADS)."""
    spacing = outline.frame.spacing_mm
    seen = []
    for index, lesion in enumerate(truth.lesions):
        one_view = lesion.kind is LesionKind.ASYMMETRY
        shown_in = ViewPosition.CC if int(lesion.size_mm * 10) % 2 else ViewPosition.MLO
        if one_view and shown_in is not position:
            continue
        row, column = project(lesion.place, position, outline)
        radius = lesion.size_mm / 2 / spacing
        seen.append((LesionMark(row / spacing, column / spacing, radius, index), lesion))
    return seen


def _add_lesion(
    rng: np.random.Generator,
    integral: Field,
    share: Field,
    inner: Field,
    found: tuple[LesionMark, Lesion],
    position: ViewPosition,
    frame: Frame,
) -> None:
    """Let a lesion take the place of the tissue along the ray, in place."""
    mark, lesion = found
    if lesion.kind is LesionKind.CALCIFICATIONS:
        _add_grains(rng, integral, mark, lesion, position, frame)
        return
    reach = int(2.6 * mark.radius) + 3
    top, left = max(int(mark.row) - reach, 0), max(int(mark.column) - reach, 0)
    window = np.s_[top : int(mark.row) + reach, left : int(mark.column) + reach]
    y, x = frame.axes()
    down = y[window[0]] - np.float32(mark.row * frame.spacing_mm)
    across = x[:, window[1]] - np.float32(mark.column * frame.spacing_mm)
    down, across = np.broadcast_arrays(down, across)
    thick = _lesion_thickness(rng, lesion, down, across)
    thick = np.minimum(thick, 0.85 * inner[window])
    own = CANCER_PER_MM * 1.04 if lesion.malignant else GLAND_PER_MM * rng.uniform(0.95, 1.05)
    around = FAT_PER_MM + (GLAND_PER_MM - FAT_PER_MM) * share[window]
    integral[window] += (thick * np.maximum(own - around, 0)).astype(np.float32)


def _lesion_thickness(
    rng: np.random.Generator, lesion: Lesion, down: Field, across: Field
) -> Field:
    if lesion.kind is LesionKind.MASS:
        return mass_thickness(rng, lesion, down, across)
    if lesion.kind is LesionKind.ARCHITECTURAL_DISTORTION:
        return distortion_thickness(rng, lesion, down, across)
    return asymmetry_thickness(rng, lesion, down, across)


def _add_grains(
    rng: np.random.Generator,
    integral: Field,
    mark: LesionMark,
    lesion: Lesion,
    position: ViewPosition,
    frame: Frame,
) -> None:
    grains = draw_grains(rng, lesion)
    along = grains[:, 1]
    if position is ViewPosition.MLO:
        along = OBLIQUE * (grains[:, 1] + grains[:, 2])
    deposit(
        integral,
        (mark.row + 0.5) * frame.spacing_mm - along,
        (mark.column + 0.5) * frame.spacing_mm + grains[:, 0],
        grains[:, 3],
        frame.spacing_mm,
    )
