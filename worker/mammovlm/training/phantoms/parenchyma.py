"""Fibroglandular tissue: lumps in the breast projected to every view, with strands and texture."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mammovlm.findings import DensityCategory
from mammovlm.study import ViewPosition
from mammovlm.training.phantoms.noise import (
    Field,
    enlarge,
    power_law_tile,
    ridges,
    sample,
    smooth_step,
)
from mammovlm.training.phantoms.outline import Outline
from mammovlm.training.phantoms.projection import project_many
from mammovlm.training.phantoms.strands import Strands, draw_strands, strand_share

COARSE = 4
AREA_SHARE = {"A": (0.03, 0.2), "B": (0.25, 0.48), "C": (0.52, 0.74), "D": (0.77, 0.95)}
"""Share of the breast area that is fibroglandular: the quarters of BI-RADS 4th edition, with gaps
between them, since readers agree on clear cases only."""
RICHNESS = {"A": 0.20, "B": 0.36, "C": 0.55, "D": 0.72}
"""Fibroglandular share along the ray where tissue is densest."""
STRINGY = {"A": 1.0, "B": 0.95, "C": 0.7, "D": 0.5}
"""How much of the look is strands: most in fatty breasts, which little else covers."""
SLOPE = {"A": 2.9, "B": 3.1, "C": 3.3, "D": 3.5}
"""Exponent of the power spectrum of the tissue alone; with strands and blur, pictures come out near
what films of that density have."""
UNDER_SKIN_MM = 6.0
"""The rim nearer to the skin is no part of the area that density is a share of."""


@dataclass(frozen=True)
class Gland:
    """The fibroglandular tissue of one breast, before projection.

    Parameters
    ----------
    lumps
        float32, shape (n, 5): depth, lateral, cranial (see `BreastPoint`), radius in
        millimetres, weight.
    strands
        Ligaments, ducts and vessels.
    area_share
        Share of the breast area that shall be fibroglandular, 0..1.
    richness
        Share along the ray at its densest, 0..1.
    softness
        How gradually tissue ends; 0.1 sharp, 0.5 hazy.
    streak
        How strongly the tissue is drawn out towards the nipple, 1..2.
    grain
        Fineness of the lobules, 0.8..2.2.
    slope
        Exponent of the tissue's power spectrum; tissue is smoother where there is more of it.
    lobulation
        Depth of the fat lobules in the tissue, 0..1.
    cone
        How strongly tissue keeps to the cone behind the nipple, 0..1.
    stringy
        Strength of ligaments, ducts and vessels.
    """

    lumps: npt.NDArray[np.float32]
    strands: Strands
    area_share: float
    richness: float
    softness: float
    streak: float
    grain: float
    slope: float
    lobulation: float
    cone: float
    stringy: float


def draw_gland(rng: np.random.Generator, density: DensityCategory) -> Gland:
    """Draw the tissue of one breast: clusters of lumps in a cone behind the nipple."""
    centres, each = 14, 26
    angle, radius = rng.uniform(0, 2 * np.pi, centres), 0.75 * np.sqrt(rng.random(centres))
    depth = rng.uniform(0.15, 0.95, centres)
    radius = radius * np.clip(1.25 - depth, 0.1, 1)
    hub = np.stack([depth, radius * np.cos(angle) + 0.12, radius * np.sin(angle) + 0.05], axis=1)
    places = np.repeat(hub, each, axis=0) + rng.normal(0, 0.13, (centres * each, 3))
    size = rng.uniform(2.0, 3.8, centres * each) ** 2
    weight = rng.gamma(1.5, 1.0, centres * each) / np.sqrt(size)
    low, high = AREA_SHARE[density]
    richness = RICHNESS[density] * rng.uniform(0.75, 1.2)
    return Gland(
        lumps=np.column_stack([places, size, weight]).astype(np.float32),
        strands=draw_strands(rng, int(rng.uniform(120, 380))),
        area_share=float(rng.uniform(low, high)),
        richness=float(np.clip(richness, 0.12, 0.9)),
        softness=float(rng.uniform(0.25, 0.7)),
        streak=float(rng.uniform(1.0, 2.0)),
        grain=float(rng.uniform(0.8, 2.2)),
        slope=float(SLOPE[density] + rng.uniform(-0.3, 0.3)),
        lobulation=float(rng.uniform(0.25, 0.7)),
        cone=float(rng.uniform(0.5, 1.1)),
        stringy=float(STRINGY[density] * rng.uniform(0.35, 1.2)),
    )


def mirrored(rng: np.random.Generator, gland: Gland) -> Gland:
    """Give the other breast's tissue: alike, not the same."""
    lumps = gland.lumps.copy()
    lumps[:, :3] += rng.normal(0, 0.05, lumps[:, :3].shape).astype(np.float32)
    lumps[:, 4] *= rng.gamma(6.0, 1 / 6.0, len(lumps)).astype(np.float32)
    return replace(
        gland,
        lumps=lumps,
        strands=draw_strands(rng, int(rng.uniform(120, 380))),
        area_share=float(np.clip(gland.area_share + rng.normal(0, 0.015), 0.02, 0.97)),
    )


def gland_share(
    rng: np.random.Generator, gland: Gland, position: ViewPosition, outline: Outline
) -> tuple[Field, float]:
    """Project the tissue into one view.

    Returns
    -------
    tuple of Field and float
        The fibroglandular share along the ray, 0..1, shape (rows, columns); and percent density,
        the share of the breast area (without muscle) that is fibroglandular, 0..1.
    """
    frame = outline.frame
    rows, columns = _flow(rng, outline, gland.streak)
    coarse = _lump_field(gland, position, outline) + 1.5 * gland.cone * _cone(outline)
    # Steep spectra have little to show between two pixels: half the pixels will do.
    tile = power_law_tile(rng, gland.slope, 0.7)
    texture = enlarge(sample(tile, rows[::2, ::2], columns[::2, ::2]), frame.shape)
    level = enlarge(coarse, frame.shape) + 0.7 * texture
    subcutaneous = rng.uniform(4, 12)
    rim = smooth_step(outline.inside_mm, subcutaneous * 0.2, subcutaneous * 2.5)
    level -= 2.5 * (1 - rim)
    breast = (outline.inside_mm > UNDER_SKIN_MM) & (outline.muscle < 0.2)
    threshold = _upper_quantile(level[::3, ::3][breast[::3, ::3]], gland.area_share)
    tissue = _logistic((level - np.float32(threshold)) / np.float32(gland.softness))
    lobules = _lobules(rng, gland, rows, columns)
    lines = strand_share(gland.strands, position, outline) * (0.3 + 1.1 * lobules**2)
    lines += _lace(rng, rows, columns)
    share = gland.richness * tissue * lobules
    share += gland.stringy * (0.05 + 0.02 * tissue) * lines * rim
    share += 0.015 * (2 + np.clip(texture, -2, 2)) * rim
    percent = float(np.mean(tissue[breast] > 0.5)) if breast.any() else 0.0
    return np.clip(share, 0, 1).astype(np.float32), percent


def _logistic(field: npt.NDArray[np.floating]) -> Field:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * field), dtype=np.float32)


def _upper_quantile(values: Field, share: float) -> float:
    return float(np.quantile(values, 1 - share)) if values.size else 0.0


def _lump_field(gland: Gland, position: ViewPosition, outline: Outline) -> Field:
    """Project Gaussian lumps: each is the product of a row and a column profile."""
    y, x = outline.frame.axes(COARSE)
    rows, columns = project_many(gland.lumps[:, :3], position, outline)
    radius, weight = gland.lumps[:, 3], gland.lumps[:, 4]
    down = np.exp(-0.5 * np.square((y - rows) / radius))
    across = np.exp(-0.5 * np.square((x.T - columns) / radius))
    field = (down * weight) @ across.T
    spread = field[outline.inside_mm[::COARSE, ::COARSE] > 5]
    return np.asarray(
        (field - spread.mean()) / (spread.std() + 1e-6) if spread.size else field,
        dtype=np.float32,
    )


def _cone(outline: Outline) -> Field:
    """Give how well a place lies in the cone behind the nipple, -1..1."""
    y, x = outline.frame.axes(COARSE)
    row, depth = outline.nipple_mm[0], outline.depth_mm
    ahead = np.clip((depth * 1.05 - x) / depth, 0, 1.2)
    width = (0.22 + 0.75 * ahead) * outline.reach_mm[1]
    aside = np.abs(y - row + 0.12 * outline.reach_mm[0] * ahead) / width
    back = smooth_step(x / depth, -0.05, 0.3)
    return np.asarray(1.6 * np.exp(-(aside**2)) * back - 0.8, dtype=np.float32)


def _flow(rng: np.random.Generator, outline: Outline, streak: float) -> tuple[Field, Field]:
    """Give tile coordinates that run along and across the ducts, which converge on the nipple."""
    y, x = outline.frame.axes(COARSE)
    row, column = outline.nipple_mm
    behind = column + 0.35 * outline.depth_mm - x
    aside = y - row
    along = np.hypot(behind, aside)
    across = np.arctan2(aside, behind) * outline.depth_mm
    warp_tile = power_law_tile(rng, 3.4, 0.7, 24)
    bend = sample(warp_tile, y * 0.5 + 0 * x, x * 0.5 + 0 * y)
    bend2 = sample(warp_tile, y * 0.5 + 128 + 0 * x, x * 0.5 + 64 + 0 * y)
    root = np.sqrt(streak)
    per_mm = rng.uniform(1.0, 1.5)
    rows = (along / root + 7 * bend) * per_mm + rng.uniform(0, 256)
    columns = (across * root + 7 * bend2) * per_mm + rng.uniform(0, 256)
    shape = outline.frame.shape
    return enlarge(rows.astype(np.float32), shape), enlarge(columns.astype(np.float32), shape)


def _lobules(rng: np.random.Generator, gland: Gland, rows: Field, columns: Field) -> Field:
    """Give the uneven inside of the tissue: fat lobules between denser bands, up to 1."""
    tile = power_law_tile(rng, gland.slope, 3.0)
    fine = sample(tile, rows * gland.grain, columns * gland.grain)
    bands = 0.5 + 0.5 * np.tanh(0.8 * fine + 0.1)
    return np.asarray(1 - gland.lobulation * (1 - bands), dtype=np.float32)


def _lace(rng: np.random.Generator, rows: Field, columns: Field) -> Field:
    """Give the fine network of septa between fat lobules, 0..1."""
    tile = power_law_tile(rng, 2.6, 4.0, 40)
    loudness = power_law_tile(rng, 2.5, 1.0, 20)
    lines = 0.6 * ridges(tile, 0.15) * smooth_step(loudness, -0.8, 1.8)
    return sample(lines.astype(np.float32), rows * 0.8, columns)
