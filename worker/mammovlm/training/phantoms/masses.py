"""Masses, asymmetries and distortions: how much tissue of a lesion lies along each ray."""

import numpy as np
from scipy import ndimage

from mammovlm.training.phantoms.noise import Field, power_law_tile, sample, smooth_step
from mammovlm.training.phantoms.truth import Lesion

SHAPES = {"round": (1.0, 0.02), "oval": (0.72, 0.04), "irregular": (0.85, 0.16)}
"""Short to long diameter, and unevenness of the outline, by shape."""


def mass_thickness(
    rng: np.random.Generator, lesion: Lesion, down_mm: Field, across_mm: Field
) -> Field:
    """Give the thickness of a mass along the ray.

    Parameters
    ----------
    rng
        The lesion's own source of randomness in this view.
    lesion
        A mass.
    down_mm, across_mm
        Millimetres from the lesion's centre.

    Returns
    -------
    Field
        Millimetres, float32, 0 outside the mass.
    """
    flat, uneven = SHAPES[lesion.shape]
    turn = rng.uniform(0, np.pi)
    u = np.cos(turn) * across_mm + np.sin(turn) * down_mm
    v = (np.cos(turn) * down_mm - np.sin(turn) * across_mm) / rng.uniform(flat, 1)
    radius, angle = np.hypot(u, v), np.arctan2(v, u)
    size = lesion.size_mm / 2
    core = size * (0.72 if lesion.margin == "spiculated" else 1.0)
    edge = core * (1 + _harmonics(rng, angle, 2, 6, uneven))
    if lesion.margin == "microlobulated":
        edge = edge * (1 + _harmonics(rng, angle, 7, 15, 0.07))
    share = np.clip(radius / edge, 0, 1)
    thick = 2 * core * rng.uniform(0.7, 0.95) * np.sqrt(1 - share * share)
    thick = thick * _mottle(rng, down_mm, across_mm)
    step = float(across_mm[0, 1] - across_mm[0, 0])
    if lesion.margin == "indistinct":
        thick = ndimage.gaussian_filter(thick, 0.22 * size / step)
    if lesion.margin == "obscured":
        thick = _half_hidden(rng, thick, (u, v), size, step)
    if lesion.margin == "spiculated":
        thick = np.maximum(thick, spicules(rng, radius, angle, core, 2.2 * size))
    return np.asarray(thick, dtype=np.float32)


def _harmonics(
    rng: np.random.Generator, angle: Field, low: int, high: int, amplitude: float
) -> Field:
    """Give an unevenness of the outline out of waves around it."""
    waves = [rng.normal() * np.cos(k * angle + rng.uniform(0, 2 * np.pi)) for k in range(low, high)]
    return np.asarray(amplitude * np.sum(waves, axis=0) / np.sqrt(len(waves) / 2))


def _mottle(rng: np.random.Generator, down_mm: Field, across_mm: Field) -> Field:
    tile = power_law_tile(rng, 2.8, 3.0)
    return 1 + 0.12 * sample(tile, down_mm * 3 + 64, across_mm * 3 + 64)


def _half_hidden(
    rng: np.random.Generator, thick: Field, place: tuple[Field, Field], size_mm: float, step: float
) -> Field:
    """Let one side of an obscured mass fade into the tissue."""
    side = rng.uniform(0, 2 * np.pi)
    along = (np.cos(side) * place[0] + np.sin(side) * place[1]) / size_mm
    faded = ndimage.gaussian_filter(thick, 0.35 * size_mm / step)
    hidden = smooth_step(along, -0.3, 0.7)
    return np.asarray(hidden * faded + (1 - hidden) * thick, dtype=np.float32)


def spicules(
    rng: np.random.Generator, radius: Field, angle: Field, start_mm: float, reach_mm: float
) -> Field:
    """Give thin strands that radiate from a centre, as thickness in millimetres."""
    count = int(rng.integers(14, 30))
    total = np.zeros_like(radius, dtype=np.float32)
    for _ in range(count):
        length = start_mm + (reach_mm - start_mm) * rng.uniform(0.3, 1.0)
        bend = rng.normal(0, 0.25) * radius / reach_mm
        away = np.angle(np.exp(1j * (angle - rng.uniform(-np.pi, np.pi) - bend)))
        width = rng.uniform(0.4, 0.9)
        line = np.exp(-0.5 * np.square(away * radius / width))
        taper = np.clip(1 - radius / length, 0, 1) ** 0.7
        total = np.maximum(total, line * taper * rng.uniform(3, 8) * (np.abs(away) < 1.0))
    return np.asarray(total, dtype=np.float32)


def asymmetry_thickness(
    rng: np.random.Generator, lesion: Lesion, down_mm: Field, across_mm: Field
) -> Field:
    """Give the thickness of extra fibroglandular tissue: no outline, fat in between."""
    size = lesion.size_mm / 2
    stretch = rng.uniform(0.65, 1.0)
    away = np.hypot(down_mm, across_mm / stretch) / size
    tile = power_law_tile(rng, 2.9, 1.5)
    texture = sample(tile, down_mm * 1.6 + 64, across_mm * 1.6 + 64)
    hill = np.exp(-0.5 * (away / 0.62) ** 2)
    share = hill * np.clip(0.75 + 0.4 * texture, 0, 1.5)
    return np.asarray(min(0.75 * size, 16.0) * share, dtype=np.float32)


def distortion_thickness(
    rng: np.random.Generator, lesion: Lesion, down_mm: Field, across_mm: Field
) -> Field:
    """Give strands that radiate from a point without a mass in it."""
    radius, angle = np.hypot(down_mm, across_mm), np.arctan2(down_mm, across_mm)
    lines = spicules(rng, radius, angle, 0.0, 0.9 * lesion.size_mm)
    centre = 1 - 0.7 * np.exp(-0.5 * (radius / (0.1 * lesion.size_mm)) ** 2)
    return np.asarray(1.3 * lines * centre, dtype=np.float32)


def pulled_in(share: Field, row: float, column: float, radius: float) -> Field:
    """Pull tissue towards a point, as a distortion does; all in pixels.

    Returns
    -------
    Field
        A copy of ``share`` in which the surroundings of the point are drawn in.
    """
    reach = int(2.5 * radius) + 1
    top, left = max(int(row) - reach, 0), max(int(column) - reach, 0)
    patch = share[top : int(row) + reach, left : int(column) + reach]
    if patch.size == 0:
        return share
    y, x = np.mgrid[0 : patch.shape[0], 0 : patch.shape[1]].astype(np.float32)
    down, across = y + top - row, x + left - column
    pull = 1 + 0.55 * np.exp(-0.5 * (np.hypot(down, across) / (0.8 * radius)) ** 2)
    places = np.stack([row - top + down * pull, column - left + across * pull])
    drawn = share.copy()
    drawn[top : int(row) + reach, left : int(column) + reach] = ndimage.map_coordinates(
        patch, places, order=1, mode="nearest"
    )
    return drawn
