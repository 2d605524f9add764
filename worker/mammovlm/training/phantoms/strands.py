"""Cooper's ligaments, ducts and vessels: thin curves in the breast, seen in both views."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mammovlm.study import ViewPosition
from mammovlm.training.phantoms.noise import Field
from mammovlm.training.phantoms.outline import Outline
from mammovlm.training.phantoms.projection import project_many

STEP = 0.008
"""Length of one step along a curve, as a share of the breast's depth (about 0.7 mm)."""
STEPS = 96


@dataclass(frozen=True)
class Strands:
    """Points along all curves.

    Parameters
    ----------
    places
        float32, shape (n, 3): depth, lateral and cranial (see `BreastPoint`).
    weight
        Strength at each point, 0..about 3, shape (n,).
    thick
        Whether a point belongs to a thick curve (a vessel or duct), shape (n,).
    """

    places: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]
    thick: npt.NDArray[np.bool_]


def draw_strands(rng: np.random.Generator, count: int) -> Strands:
    """Draw curves that wander, most of them towards the nipple."""
    radius, angle = 0.95 * np.sqrt(rng.random(count)), rng.uniform(0, 2 * np.pi, count)
    start = np.stack(
        [rng.uniform(-0.05, 0.75, count), radius * np.cos(angle), radius * np.sin(angle)], axis=1
    )
    aim = np.array([1.15, 0.0, 0.0]) - start
    aim /= np.linalg.norm(aim, axis=1, keepdims=True)
    aim += rng.normal(0, 0.35, aim.shape)
    turn = rng.normal(0, 0.006, (count, 1, 3)) + np.cumsum(
        rng.normal(0, 0.0016, (count, STEPS, 3)), axis=1
    )
    heading = aim[:, None] + np.cumsum(turn, axis=1)
    heading /= np.linalg.norm(heading, axis=2, keepdims=True)
    places = start[:, None] + STEP * np.cumsum(heading, axis=1)
    length = rng.integers(STEPS // 4, STEPS, count)
    along = np.arange(STEPS) / length[:, None]
    fade = np.sqrt(np.clip(4 * along * (1 - along), 0, 1))
    weight = rng.lognormal(-0.9, 0.9, count)[:, None] * fade
    kept = (along < 1) & (np.hypot(places[..., 1], places[..., 2]) < 1.05)
    thick = np.broadcast_to((rng.random(count) < 0.12)[:, None], kept.shape)
    return Strands(
        places[kept].astype(np.float32), weight[kept].astype(np.float32), np.asarray(thick[kept])
    )


def strand_share(strands: Strands, position: ViewPosition, outline: Outline) -> Field:
    """Draw the curves into one view.

    Returns
    -------
    Field
        About 0..1 along the curves, 0 elsewhere, shape (rows, columns).
    """
    frame = outline.frame
    rows, columns = project_many(strands.places, position, outline)
    y = (rows / frame.spacing_mm).astype(np.int64)
    x = (columns / frame.spacing_mm).astype(np.int64)
    seen = (y >= 0) & (y < frame.rows) & (x >= 0) & (x < frame.columns)
    spots = y * frame.columns + x
    total = np.zeros(frame.shape, dtype=np.float32)
    for chosen, width_mm in ((~strands.thick, 0.55), (strands.thick, 1.1)):
        kept = seen & chosen
        count = np.bincount(spots[kept], strands.weight[kept], minlength=total.size)
        sigma = max(width_mm / frame.spacing_mm, 0.6)
        # A point spreads over a line of its width: undo what spreading takes from its height.
        step_mm = STEP * outline.depth_mm
        height = np.sqrt(2 * np.pi) * sigma * step_mm / frame.spacing_mm
        total += height * ndimage.gaussian_filter(
            count.reshape(frame.shape).astype(np.float32), sigma, truncate=2.5
        )
    return np.minimum(total, 2.0)
