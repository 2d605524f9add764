"""Sets a lesion into the line integral of a view: it takes the place of the tissue on each ray."""

from dataclasses import dataclass, field

import numpy as np

from mammovlm.study import ViewPosition
from mammovlm.training.phantoms.calcifications import deposit, draw_grains
from mammovlm.training.phantoms.masses import (
    asymmetry_thickness,
    distortion_thickness,
    mass_thickness,
)
from mammovlm.training.phantoms.noise import Field
from mammovlm.training.phantoms.outline import OBLIQUE
from mammovlm.training.phantoms.projection import CANCER_PER_MM, FAT_PER_MM, GLAND_PER_MM
from mammovlm.training.phantoms.truth import Lesion, LesionKind, LesionMark


@dataclass(frozen=True)
class Ray:
    """What lies along the ray of every pixel.

    Parameters
    ----------
    integral
        Line integral of attenuation, float32, (rows, columns); changed in place.
    share
        Fibroglandular share of the inner thickness, 0..1, same shape.
    inner
        Thickness without skin, millimetres, same shape.
    spacing_mm
        Pixel spacing.
    """

    integral: Field = field(repr=False)
    share: Field = field(repr=False)
    inner: Field = field(repr=False)
    spacing_mm: float


def add_lesion(
    rng: np.random.Generator, ray: Ray, mark: LesionMark, lesion: Lesion, position: ViewPosition
) -> None:
    """Let a lesion take the place of the tissue it lies in, as attenuation, in place.

    Parameters
    ----------
    rng
        The lesion's own source of randomness, the same for both views.
    ray
        The view; the chest wall is at the left.
    mark
        Where the lesion is seen.
    lesion
        What it is.
    position
        Which way the rays run; grains of calcium are projected one by one.
    """
    if lesion.kind is LesionKind.CALCIFICATIONS:
        _add_grains(rng, ray, mark, lesion, position)
    else:
        _add_tissue(rng, ray, mark, lesion)


def _add_tissue(rng: np.random.Generator, ray: Ray, mark: LesionMark, lesion: Lesion) -> None:
    reach = int(2.6 * mark.radius) + 3
    top, left = max(int(mark.row) - reach, 0), max(int(mark.column) - reach, 0)
    window = np.s_[top : int(mark.row) + reach, left : int(mark.column) + reach]
    rows, columns = ray.integral[window].shape
    spacing = np.float32(ray.spacing_mm)
    down, across = np.meshgrid(
        (np.arange(rows, dtype=np.float32) + np.float32(top - mark.row)) * spacing,
        (np.arange(columns, dtype=np.float32) + np.float32(left - mark.column)) * spacing,
        indexing="ij",
    )
    thick = np.minimum(_thickness(rng, lesion, down, across), 0.85 * ray.inner[window])
    own = CANCER_PER_MM * 1.04 if lesion.malignant else GLAND_PER_MM * rng.uniform(0.95, 1.05)
    around = FAT_PER_MM + (GLAND_PER_MM - FAT_PER_MM) * ray.share[window]
    ray.integral[window] += (thick * np.maximum(own - around, 0)).astype(np.float32)


def _thickness(rng: np.random.Generator, lesion: Lesion, down: Field, across: Field) -> Field:
    if lesion.kind is LesionKind.MASS:
        return mass_thickness(rng, lesion, down, across)
    if lesion.kind is LesionKind.ARCHITECTURAL_DISTORTION:
        return distortion_thickness(rng, lesion, down, across)
    return asymmetry_thickness(rng, lesion, down, across)


def _add_grains(
    rng: np.random.Generator, ray: Ray, mark: LesionMark, lesion: Lesion, position: ViewPosition
) -> None:
    grains = draw_grains(rng, lesion)
    along = grains[:, 1]
    if position is ViewPosition.MLO:
        along = OBLIQUE * (grains[:, 1] + grains[:, 2])
    deposit(
        ray.integral,
        (mark.row + 0.5) * ray.spacing_mm - along,
        (mark.column + 0.5) * ray.spacing_mm + grains[:, 0],
        grains[:, 3],
        ray.spacing_mm,
    )
