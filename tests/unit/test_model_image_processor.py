"""The model's input: whatever the vendor and the side, the same breast looks the same."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mammovlm.model.image_processor import ImageProcessor, breast_mask
from mammovlm.study import BreastBox, Laterality, Slot, ViewPosition
from simulated_studies import breast_picture, simulated_view

PROCESSOR = ImageProcessor(126, 100)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(20, 400),
    columns=st.integers(20, 400),
    seed=st.integers(0, 99),
)
def test_every_image_becomes_one_grey_channel_of_the_input_size(
    rows: int, columns: int, seed: int
) -> None:
    prepared = PROCESSOR.prepare(breast_picture(rows, columns, seed=seed))
    assert prepared.shape == (1, 126, 100)
    assert prepared.dtype == torch.float32
    assert 0 <= float(prepared.min()) <= float(prepared.max()) <= 1


def test_the_chest_wall_is_turned_to_the_left() -> None:
    left = PROCESSOR.prepare(breast_picture(side=Laterality.LEFT))
    right = PROCESSOR.prepare(breast_picture(side=Laterality.RIGHT))
    assert torch.allclose(left, right, atol=1e-5)
    assert float(left[..., 0].sum()) > float(left[..., -1].sum())


@pytest.mark.parametrize(("gain", "offset"), [(0.5, 0.0), (0.8, 0.1), (0.3, 0.4)])
def test_another_contrast_and_brightness_give_the_same_input(gain: float, offset: float) -> None:
    picture = breast_picture()
    changed = PROCESSOR.prepare((gain * picture + offset).astype(np.float32))
    assert torch.allclose(changed, PROCESSOR.prepare(picture), atol=0.02)


def test_markers_outside_the_breast_are_gone() -> None:
    picture = breast_picture()
    marked = picture.copy()
    marked[5:25, 200:235] = 1.0
    box = BreastBox(0, 0, *picture.shape)
    assert torch.allclose(
        PROCESSOR.prepare(marked, box), PROCESSOR.prepare(picture, box), atol=0.02
    )


def test_the_aspect_ratio_is_kept_and_the_rest_is_background() -> None:
    slim = np.zeros((400, 400), dtype=np.float32)
    slim[20:380, 0:60] = 0.4 + 0.2 * np.random.default_rng(1).random((360, 60))
    prepared = ImageProcessor(126, 100).prepare(slim)[0]
    columns = np.flatnonzero((prepared > 0).any(0).numpy())
    rows = np.flatnonzero((prepared > 0).any(1).numpy())
    shown = (columns[-1] - columns[0] + 1) / (rows[-1] - rows[0] + 1)
    assert shown == pytest.approx(60 / 360, abs=0.03)
    assert float(prepared[:, 60:].sum()) == 0


def test_the_breast_box_of_the_view_decides_what_is_seen() -> None:
    view = simulated_view(Slot(Laterality.LEFT, ViewPosition.CC))
    assert torch.equal(PROCESSOR(view), PROCESSOR.prepare(view.pixels, view.breast))


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_an_image_without_any_contrast_does_not_stop_the_study(level: float) -> None:
    prepared = PROCESSOR.prepare(np.full((50, 40), level, dtype=np.float32))
    assert bool(torch.isfinite(prepared).all())


def test_the_breast_is_the_largest_bright_piece_without_holes() -> None:
    picture = breast_picture(200, 160)
    picture[95:100, 30:35] = 0.0
    mask = breast_mask(picture)
    assert mask[97, 32]
    assert not mask[:, -5:].any()
