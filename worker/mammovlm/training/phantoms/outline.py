"""Breast outline, skin distance, nipple and pectoral muscle of one view, chest wall at the left."""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy import ndimage

from mammovlm.study import ViewPosition
from mammovlm.training.phantoms.noise import Field, enlarge, smooth_step

COARSE = 2
"""Outlines are computed on every second pixel."""
OBLIQUE = np.cos(np.pi / 4)
"""The MLO ray runs from upper inner to lower outer at about 45 degrees."""


@dataclass(frozen=True)
class Frame:
    """The detector field.

    Parameters
    ----------
    rows, columns
        Size in pixels.
    spacing_mm
        Pixel spacing in millimetres.
    """

    rows: int
    columns: int
    spacing_mm: float

    def axes(self, step: int = 1) -> tuple[Field, Field]:
        """Give the millimetres of rows (as a column) and of columns, every ``step`` pixels."""
        y = (np.arange(-(-self.rows // step), dtype=np.float32) + 0.5) * step - 0.5
        x = (np.arange(-(-self.columns // step), dtype=np.float32) + 0.5) * step - 0.5
        return y[:, None] * np.float32(self.spacing_mm), x[None] * np.float32(self.spacing_mm)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns


@dataclass(frozen=True)
class BreastShape:
    """Size of one breast, shared by its views.

    Parameters
    ----------
    depth_mm
        Chest wall to nipple.
    half_height_mm
        Half the extent along the chest wall in CC.
    """

    depth_mm: float
    half_height_mm: float


@dataclass(frozen=True)
class Outline:
    """Where the breast lies in one view.

    Parameters
    ----------
    frame
        The detector field.
    inside_mm
        Distance to the skin in millimetres, positive inside, shape (rows, columns).
    muscle
        Share of the thickness that is pectoral muscle, 0..1, same shape.
    nipple_mm
        Row and column of the nipple in millimetres.
    centre_mm
        Row in millimetres on which the breast's axis lies.
    reach_mm
        Extent of the breast above and below ``centre_mm``, that -1 and 1 stand for.
    depth_mm
        Chest wall to nipple in this view.
    """

    frame: Frame
    inside_mm: Field = field(repr=False)
    muscle: Field = field(repr=False)
    nipple_mm: tuple[float, float]
    centre_mm: float
    reach_mm: tuple[float, float]
    depth_mm: float


def draw_outline(
    rng: np.random.Generator, shape: BreastShape, position: ViewPosition, frame: Frame
) -> Outline:
    """Draw the breast's outline in one view."""
    if position is ViewPosition.CC:
        return _cranio_caudal(rng, shape, frame)
    return _medio_lateral_oblique(rng, shape, frame)


def without_air(outline: Outline) -> Outline:
    """Cut off the columns in front of the breast, which hold nothing to compute."""
    reach = np.flatnonzero((outline.inside_mm > -4).any(axis=0))
    columns = min(-(-(int(reach[-1]) + 1) // 4) * 4, outline.frame.columns)
    return replace(
        outline,
        frame=replace(outline.frame, columns=columns),
        inside_mm=np.ascontiguousarray(outline.inside_mm[:, :columns]),
        muscle=np.ascontiguousarray(outline.muscle[:, :columns]),
    )


def _cranio_caudal(rng: np.random.Generator, shape: BreastShape, frame: Frame) -> Outline:
    y, _ = frame.axes(COARSE)
    height = frame.rows * frame.spacing_mm
    centre = height / 2 + rng.normal(0, 0.02) * height
    half = shape.half_height_mm
    nipple = centre + rng.normal(0, 0.06) * half
    t = np.clip((y - centre) / half, -1, 1)
    # The tip of the curve is moved from the centre to the nipple without moving its ends.
    t = t - (nipple - centre) / half * (1 - t * t)
    power, root = rng.uniform(1.9, 2.5), rng.uniform(1.5, 2.0)
    edge = shape.depth_mm * np.clip(1 - np.abs(t) ** power, 0, 1) ** (1 / root)
    edge = edge + _wobble(rng, y, 0.012 * shape.depth_mm)
    inside = _distance(edge, frame, rng, nipple)
    return Outline(
        frame=frame,
        inside_mm=inside,
        muscle=np.zeros(frame.shape, dtype=np.float32),
        nipple_mm=(nipple, shape.depth_mm),
        centre_mm=centre,
        reach_mm=(half, half),
        depth_mm=shape.depth_mm,
    )


def _medio_lateral_oblique(rng: np.random.Generator, shape: BreastShape, frame: Frame) -> Outline:
    y, _ = frame.axes(COARSE)
    height = frame.rows * frame.spacing_mm
    depth = shape.depth_mm * rng.uniform(1.02, 1.22)
    nipple = height * rng.uniform(0.52, 0.7)
    below = min(shape.half_height_mm * rng.uniform(0.75, 1.05), 1.08 * (height - nipple))
    axilla = rng.uniform(0.38, 0.75)
    up = np.clip((nipple - y) / nipple, 0, 1)
    bow = rng.uniform(1.0, 1.5)
    upper = axilla + (1 - axilla) * (0.5 + 0.5 * np.cos(np.pi * up**bow))
    down = np.clip((y - nipple) / below, 0, 1)
    lower = (1 - down ** rng.uniform(2.0, 3.0)) ** (1 / rng.uniform(1.6, 2.4))
    fold = rng.uniform(-0.2, 0.2) * np.clip((y - nipple - 0.8 * below) / (0.5 * below), 0, 1)
    edge = depth * np.where(y < nipple, upper, np.maximum(lower, fold))
    edge = edge + _wobble(rng, y, 0.01 * depth)
    return Outline(
        frame=frame,
        inside_mm=_distance(edge, frame, rng, nipple),
        muscle=_muscle(rng, frame, axilla * depth, nipple),
        nipple_mm=(nipple, depth),
        centre_mm=nipple,
        reach_mm=(min(1.15 * shape.half_height_mm, nipple), below),
        depth_mm=depth,
    )


def _wobble(rng: np.random.Generator, y: Field, amplitude: float) -> Field:
    """Give a slow, small unevenness along the skin."""
    phase = rng.uniform(0, 2 * np.pi, 4)
    waves = [np.sin(y / (45 / (k + 1)) + phase[k]) / (k + 1) for k in range(4)]
    return np.asarray(amplitude * np.sum(waves, axis=0), dtype=np.float32)


def _distance(edge: Field, frame: Frame, rng: np.random.Generator, row: float) -> Field:
    """Turn the edge (millimetres by row) into the distance to the skin, nipple included."""
    y, x = frame.axes(COARSE)
    step = frame.spacing_mm * COARSE
    body = x < edge
    # A copy of the body beyond the chest wall: the film's edge is no skin.
    both = np.concatenate([body[:, :1].repeat(4, axis=1), body], axis=1)
    inside = ndimage.distance_transform_edt(both)[:, 4:]
    outside = ndimage.distance_transform_edt(~both)[:, 4:]
    signed = (inside - outside - 0.5 * np.sign(inside - outside)).astype(np.float32) * step
    signed = ndimage.gaussian_filter(signed, 1.2)
    radius, out = rng.uniform(3.0, 5.5), rng.uniform(-1.5, 0.8)
    at = float(np.interp(row, y[:, 0], edge[:, 0])) + (out - 0.7) * radius
    tip = radius - np.hypot((y - row) * 0.9, np.maximum(np.abs(x - at) - 0.3 * radius, 0))
    blend = np.float32(1.6)
    joined = blend * np.logaddexp(signed / blend, tip.astype(np.float32) / blend)
    near = smooth_step(np.hypot(y - row, x - at), 4 * radius, 2 * radius)
    return enlarge((near * joined + (1 - near) * signed).astype(np.float32), frame.shape)


def _muscle(rng: np.random.Generator, frame: Frame, axilla_mm: float, nipple: float) -> Field:
    """Draw the pectoral muscle: a wedge from the upper corner down the chest wall."""
    y, x = frame.axes(COARSE)
    width = axilla_mm * rng.uniform(0.5, 1.0)
    length = nipple * rng.uniform(0.7, 1.3)
    t = np.clip(y / length, 0, 1.2)
    edge = width * (1 - np.sign(t) * t ** rng.uniform(0.9, 1.5))
    edge = edge + _wobble(rng, y, 0.6)
    share = smooth_step(edge - x, -1.0, rng.uniform(1.5, 6.0))
    taper = rng.uniform(0.5, 0.8) * (1 - rng.uniform(0.3, 0.7) * np.clip(t, 0, 1) ** 1.5)
    return enlarge((share * taper).astype(np.float32), frame.shape)
