"""Builds studies of simple shapes for the model's tests: half discs with texture, no anatomy."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from mammovlm.study import (
    HANGING_ORDER,
    BreastBox,
    Laterality,
    LeftOut,
    Slot,
    SourceImage,
    Study,
    View,
)


def breast_picture(
    rows: int = 300, columns: int = 240, *, seed: int = 0, side: Laterality = Laterality.LEFT
) -> npt.NDArray[np.float32]:
    """Half a disc of textured grey at the chest wall's edge, air around it."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns]
    inside = ((y - rows / 2) / (rows * 0.4)) ** 2 + (x / (columns * 0.7)) ** 2 < 1
    texture = 0.35 + 0.4 * rng.random((rows, columns))
    picture = np.where(inside, texture, 0.0).astype(np.float32)
    return picture if side is Laterality.LEFT else np.ascontiguousarray(picture[:, ::-1])


def simulated_view(
    slot: Slot, seed: int = 0, metadata: Mapping[str, str] | None = None, uid: str = ""
) -> View:
    """Make one view of a half disc."""
    pixels = breast_picture(seed=seed, side=slot.laterality)
    rows, columns = np.flatnonzero(pixels.any(1)), np.flatnonzero(pixels.any(0))
    box = BreastBox(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    uid = uid or f"1.2.826.0.1.{HANGING_ORDER.index(slot) + 1}.{seed}"
    height, width = pixels.shape
    source = SourceImage(
        "1.2.840.10008.5.1.4.1.1.1.2", uid, "1.2.3", height, width, True, Dataset()
    )
    return View(slot, pixels, (0.7, 0.7), box, source, metadata or {"age": "57"})


def simulated_study(
    slots: Sequence[Slot] = HANGING_ORDER, seed: int = 0, left_out: tuple[LeftOut, ...] = ()
) -> Study:
    """Give a study with one view per slot."""
    views = tuple(simulated_view(slot, seed + place) for place, slot in enumerate(slots))
    return Study("1.2.826.0.1.9", views, left_out)
