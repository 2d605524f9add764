"""Phantom lesions in real normal breasts: a hybrid knows its lesion and shows real tissue.

The lesion's attenuation, projected from three dimensions, multiplies the X-rays that came through
the breast; the picture's own curve turns the product into grey again. Nothing is pasted: outside
the lesion no pixel changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mammovlm.study import Laterality, ViewPosition
from mammovlm.training.grey_curves import GreyCurve, curve_of
from mammovlm.training.phantoms import Lesion, LesionKind, LesionMark
from mammovlm.training.phantoms.lesions import Ray, add_lesion
from mammovlm.training.phantoms.masses import pulled_in
from mammovlm.training.phantoms.projection import FAT_PER_MM, GLAND_PER_MM, thickness
from mammovlm.training.real_films import Film, FilmMark, Pixels, largest_bright_part

M_SYNTH_SPACING_MM = 0.085
"""Of its detector; its masses of 5, 7 and 9 mm radius measure as much in the pictures."""
LOOKS = MappingProxyType({"mini-MIAS": (2.0, 0.4), "M-SYNTH": (1.0, 0.0)})
"""Gamma and shoulder of the curve by data set: digitised film, and a detector's own values."""
_FROM_SKIN_MM = 12.0
_LEAST = 1e-4
"""Attenuation under which a lesion is over: a change of less than a grey level of 4,096."""


@dataclass(frozen=True)
class Background:
    """A normal breast, ready to take lesions; the chest wall is at the left.

    Parameters
    ----------
    film
        The picture.
    pixels
        Of it, turned.
    curve
        From what came through to its grey.
    inside_mm
        Distance to the skin, 0 outside the breast.
    spacing_mm
        Of the pixels.
    """

    film: Film
    pixels: Pixels = field(repr=False, compare=False)
    curve: GreyCurve
    inside_mm: Pixels = field(repr=False, compare=False)
    spacing_mm: float


@dataclass(frozen=True)
class Hybrid:
    """A real breast with a phantom's lesion.

    Parameters
    ----------
    film
        The background.
    pixels
        float32, 0..1, as `Film.pixels`, chest wall at its side.
    lesion
        Kind, form, BI-RADS and pathology.
    mark
        Where it is, in pixels.
    """

    film: Film
    pixels: Pixels = field(repr=False, compare=False)
    lesion: Lesion
    mark: FilmMark


def normal_films(films: Sequence[Film]) -> list[Film]:
    """Give the pictures without a finding, which lesions may be set into.

    M-SYNTH does not say which of its pictures hold a mass of their own, so none of it is normal.
    """
    return [film for film in films if film.abnormality == "NORM"]


def women_of_hybrids(films: Sequence[Film]) -> frozenset[str]:
    """Name the women in whose films experts may see lesions set: every second one.

    The films of the other women stay unseen, so that what hybrids bring can be measured.
    """
    return frozenset(sorted({film.patient for film in films})[::2])


def background_of(film: Film) -> Background:
    """Find breast, thickness and curve of a picture.

    Raises
    ------
    ValueError
        Where no breast is found, or the data set's look is not known.
    """
    if film.source not in LOOKS:
        raise ValueError(f"the look of {film.source} is not known")
    pixels = _facing_left(film.pixels, film.slot.laterality)
    breast = ndimage.binary_fill_holes(largest_bright_part(pixels, threshold=0.06))
    spacing = film.spacing_mm or M_SYNTH_SPACING_MM
    whole = np.pad(breast, ((1, 1), (0, 1)))  # the chest wall at the left is no skin
    inside = ndimage.distance_transform_edt(whole)[1:-1, :-1].astype(np.float32) * spacing
    gamma, shoulder = LOOKS[film.source]
    curve = curve_of(pixels, inside > _FROM_SKIN_MM, gamma=gamma, shoulder=shoulder)
    return Background(film, pixels, curve, np.asarray(inside, np.float32), spacing)


def hybrid(background: Background, lesion: Lesion, seed: int) -> Hybrid:
    """Set a lesion into a breast, somewhere in its tissue.

    Parameters
    ----------
    background
        Of `background_of`.
    lesion
        Of `mammovlm.training.phantoms.draw_lesion`.
    seed
        The same seed gives the same place and the same lesion.
    """
    rng = np.random.default_rng([seed, 11])
    radius = lesion.size_mm / 2 / background.spacing_mm
    mark = LesionMark(*_place(rng, background, radius), radius, 0)
    added, pulled = lesion_attenuation(background, lesion, mark, np.random.default_rng([seed, 12]))
    through = background.curve.transmission(pulled) * np.exp(-added)
    # what was saturated stays so: a lesion never lets more through
    shown = np.where(added > 0, np.maximum(background.curve.grey(through), pulled), pulled)
    side = background.film.slot.laterality
    column = mark.column if side is Laterality.LEFT else shown.shape[1] - 1 - mark.column
    pixels = _facing_left(np.asarray(shown, np.float32), side)
    return Hybrid(background.film, pixels, lesion, FilmMark(mark.row, column, radius))


def lesion_attenuation(
    background: Background, lesion: Lesion, mark: LesionMark, rng: np.random.Generator
) -> tuple[Pixels, Pixels]:
    """Give what a lesion adds to the line integral, and the picture that it is added to.

    Returns
    -------
    Pixels, Pixels
        Attenuation without unit, 0 outside the lesion; the background's grey, its tissue drawn
        towards the place where the lesion is a distortion.
    """
    pixels = background.pixels
    inner = thickness(background.inside_mm, background.curve.thickness_mm, 0.8)
    integral = -np.log(background.curve.transmission(pixels))
    per_mm = integral / np.maximum(inner, 1.0)
    share = np.clip((per_mm - FAT_PER_MM) / (GLAND_PER_MM - FAT_PER_MM), 0, 1).astype(np.float32)
    ray = Ray(np.zeros_like(pixels), share, inner, background.spacing_mm)
    add_lesion(rng, ray, mark, lesion, background.film.slot.position)
    added = ndimage.gaussian_filter(ray.integral, 0.15 / background.spacing_mm + 0.3)
    added[(added < _LEAST) | (background.inside_mm == 0)] = 0
    if lesion.kind is LesionKind.ARCHITECTURAL_DISTORTION:
        drawn = pulled_in(pixels, mark.row, mark.column, mark.radius)
        pixels = np.where(background.inside_mm > 0, drawn, pixels).astype(np.float32)
    return np.asarray(added, np.float32), pixels


def _place(rng: np.random.Generator, background: Background, radius: float) -> tuple[float, float]:
    """Draw a place in the tissue, away from the skin and, in an MLO view, from the muscle."""
    wanted = min(radius * background.spacing_mm, _FROM_SKIN_MM) + 3
    allowed = background.inside_mm > wanted
    if background.film.slot.position is ViewPosition.MLO:
        allowed &= ~_muscle(background.inside_mm > 0)
    if not allowed.any():
        allowed = background.inside_mm >= background.inside_mm.max()
    rows, columns = np.nonzero(allowed)
    chosen = int(rng.integers(len(rows)))
    return float(rows[chosen]), float(columns[chosen])


def _muscle(breast: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Give the corner of an MLO view in which the pectoral muscle mostly lies."""
    rows, columns = np.flatnonzero(breast.any(1)), np.flatnonzero(breast.any(0))
    top, height = rows[0], rows[-1] - rows[0] + 1
    left, width = columns[0], columns[-1] - columns[0] + 1
    down = (np.arange(breast.shape[0])[:, None] - top) / (0.6 * height)
    across = (np.arange(breast.shape[1])[None, :] - left) / (0.5 * width)
    return np.asarray(down + across < 1)


def _facing_left(pixels: Pixels, side: Laterality) -> Pixels:
    """Turn a right breast round; the same again turns it back."""
    return pixels if side is Laterality.LEFT else np.ascontiguousarray(pixels[:, ::-1])
