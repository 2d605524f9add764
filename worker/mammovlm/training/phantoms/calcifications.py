"""Calcifications as grains in space, so that both views show the same cluster."""

import numpy as np
import numpy.typing as npt

from mammovlm.training.phantoms.noise import Field
from mammovlm.training.phantoms.projection import CALCIUM_PER_MM
from mammovlm.training.phantoms.truth import Lesion

Grains = npt.NDArray[np.float64]
"""Shape (n, 4): millimetres of depth, lateral and cranial from the centre, and diameter."""


def draw_grains(rng: np.random.Generator, lesion: Lesion) -> Grains:
    """Draw the grains of one finding by its morphology and distribution."""
    makers = {"coarse": _popcorn, "rim": _rims, "vascular": _tracks, "fine linear": _casts}
    if lesion.morphology in makers:
        return makers[lesion.morphology](rng, lesion)
    return _dots(rng, lesion)


def _centres(rng: np.random.Generator, lesion: Lesion, count: int) -> Grains:
    """Spread places as the distribution has it."""
    half = lesion.size_mm / 2
    spread = {
        "single": (0.25, 0.25, 0.25),
        "linear": (1.0, 0.12, 0.12),
        "segmental": (1.0, 0.4, 0.4),
    }.get(lesion.distribution, (0.8, 0.8, 0.6))
    places = rng.normal(0, 0.5, (count, 3)) * half * np.asarray(spread)
    if lesion.distribution == "segmental":
        # A duct system widens away from the nipple.
        places[:, 1:] *= (0.6 - 0.9 * places[:, :1] / half).clip(0.1, 1.6)
    return np.asarray(places @ _tilt(rng, 0.5).T)


def _tilt(rng: np.random.Generator, strength: float) -> npt.NDArray[np.float64]:
    """Give a rotation about random axes, the larger the strength."""
    turn, _ = np.linalg.qr(np.eye(3) + strength * rng.normal(0, 1, (3, 3)))
    return np.asarray(turn)


def _dots(rng: np.random.Generator, lesion: Lesion) -> Grains:
    """Round, amorphous and pleomorphic grains: they differ in number, size and evenness."""
    low, high, size, spread = {
        "round": (5, 16, 0.75, 0.12),
        "amorphous": (25, 60, 0.36, 0.15),
    }.get(lesion.morphology, (12, 45, 0.5, 0.42))
    if lesion.distribution == "single":
        low, high, size = 1, 3, 1.3
    crowd = np.clip(lesion.size_mm / 12, 0.7, 3.0)
    count = max(1, int(rng.integers(low, high) * (crowd if low > 1 else 1)))
    places = _centres(rng, lesion, count)
    diameters = size * np.exp(spread * rng.normal(0, 1, count))
    grains = np.column_stack([places, diameters])
    if lesion.morphology != "fine pleomorphic":
        return grains
    # Angular shapes: a second, smaller grain stuck to every second one.
    extra = grains[::2].copy()
    extra[:, :3] += rng.normal(0, 0.3, extra[:, :3].shape)
    extra[:, 3] *= 0.8
    return np.concatenate([grains, extra])


def _casts(rng: np.random.Generator, lesion: Lesion) -> Grains:
    """Fine linear branching: casts of ducts."""
    casts = []
    for centre in _centres(rng, lesion, int(rng.integers(6, 14))):
        direction = np.array([1.0, *rng.normal(0, 0.35, 2)])
        steps = np.arange(int(rng.integers(5, 14))) * 0.4
        line = centre + steps[:, None] * direction + rng.normal(0, 0.08, (len(steps), 3))
        casts.append(line)
        if rng.random() < 0.5:
            fork = direction + rng.normal(0, 0.6, 3)
            casts.append(line[len(line) // 2] + steps[: len(steps) // 2, None] * fork)
    places = np.concatenate(casts)
    return np.column_stack([places, rng.uniform(0.3, 0.55, len(places))])


def _popcorn(rng: np.random.Generator, lesion: Lesion) -> Grains:
    """Coarse: a heap of large grains."""
    size = min(lesion.size_mm, 9.0)
    count = int(8 + 2.5 * size)
    places = rng.normal(0, 0.2 * size, (count, 3))
    return np.column_stack([places, rng.uniform(0.8, 1.6, count)])


def _rims(rng: np.random.Generator, lesion: Lesion) -> Grains:
    """Rim or lucent-centred: thin shells."""
    shells = []
    for centre in _centres(rng, lesion, 1 if lesion.distribution == "single" else 4):
        radius = rng.uniform(1.0, 3.0)
        facing = rng.normal(0, 1, (int(70 * radius), 3))
        facing /= np.linalg.norm(facing, axis=1, keepdims=True)
        shells.append(centre + radius * facing)
    places = np.concatenate(shells)
    return np.column_stack([places, rng.uniform(0.28, 0.5, len(places))])


def _tracks(rng: np.random.Generator, lesion: Lesion) -> Grains:
    """Vascular: two walls of a winding vessel, with gaps."""
    length = max(lesion.size_mm, 22.0)
    t = np.arange(0, length, 0.35) - length / 2
    side = 0.08 * length * np.sin(t / length * rng.uniform(4, 9) + rng.uniform(0, 6))
    gap = rng.uniform(0.7, 1.2)
    walls = [np.column_stack([t, side + sign * gap, 0.4 * side]) for sign in (-1, 1)]
    places = np.concatenate(walls) @ _tilt(rng, 0.6).T
    kept = np.sin(places[:, 0] * rng.uniform(0.5, 1.2)) > -0.5
    places = places[kept] + rng.normal(0, 0.08, (int(kept.sum()), 3))
    return np.column_stack([places, rng.uniform(0.3, 0.6, len(places))])


def deposit(
    integral: Field, down_mm: Grains, across_mm: Grains, diameters: Grains, spacing_mm: float
) -> None:
    """Add grains to a line integral in place: each one's volume, shared among four pixels.

    Parameters
    ----------
    integral
        Line integral of attenuation, changed in place.
    down_mm, across_mm
        Centres of the grains, millimetres from the image's corner.
    diameters
        Millimetres.
    spacing_mm
        Pixel spacing.
    """
    rows, columns = down_mm / spacing_mm - 0.5, across_mm / spacing_mm - 0.5
    weight = CALCIUM_PER_MM * np.pi / 6 * diameters**3 / spacing_mm**2
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    for step_down in (0, 1):
        for step_across in (0, 1):
            share = np.abs(1 - step_down - (rows - top)) * np.abs(
                1 - step_across - (columns - left)
            )
            y, x = top + step_down, left + step_across
            inside = (y >= 0) & (y < integral.shape[0]) & (x >= 0) & (x < integral.shape[1])
            np.add.at(integral, (y[inside], x[inside]), (weight * share)[inside].astype(np.float32))
