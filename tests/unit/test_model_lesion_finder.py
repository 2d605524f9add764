"""The lesion finder looks at cells of the breast, and a small lesion is not averaged away."""

import pytest
import torch

from mammovlm.model.encoders import FeatureMaps
from mammovlm.model.lesion_cells import expert_view, with_surroundings
from mammovlm.model.lesion_finder import SUMMARY_WIDTH, LesionFinder


def _finder() -> LesionFinder:
    """One that takes the first channel for evidence."""
    torch.manual_seed(0)
    finder = LesionFinder(3).eval()
    with torch.no_grad():
        finder.inward.weight.zero_()
        finder.inward.bias.zero_()
        finder.inward.weight[0, 0] = 10.0
        finder.outward.weight.zero_()
        finder.outward.weight[0, 0] = 1.0
        finder.outward.bias.fill_(-5.0)
    return finder


@torch.inference_mode()
def test_one_evident_cell_decides_the_summary() -> None:
    cells, share = torch.zeros(1, 6, 5, 3), torch.ones(1, 6, 5)
    cells[0, 2, 3, 0] = 1.0
    summary = _finder()(cells, share)
    assert summary.shape == (1, SUMMARY_WIDTH)
    assert float(summary[0, 0]) == pytest.approx(5.0, abs=0.1)
    assert float(summary[0, 1]) == pytest.approx((5.0 - 7 * 5.0) / 8, abs=0.1)


@torch.inference_mode()
def test_cells_outside_the_breast_are_never_looked_at() -> None:
    finder = _finder()
    cells, share = torch.rand(1, 6, 5, 3), torch.ones(1, 6, 5)
    share[..., 4] = 0.0
    changed = cells.clone()
    changed[..., 4, :] = 100.0
    assert torch.equal(finder(cells, share), finder(changed, share))


@torch.inference_mode()
def test_an_image_without_breast_stays_finite() -> None:
    summary = _finder()(torch.rand(1, 6, 5, 3), torch.zeros(1, 6, 5))
    assert bool(torch.isfinite(summary).all())


@torch.inference_mode()
def test_even_tissue_has_no_difference_from_its_surroundings() -> None:
    cells = torch.full((1, 6, 5, 3), 2.0)
    both = with_surroundings(cells, torch.ones(1, 6, 5))
    assert torch.equal(both[..., :3], cells)
    assert torch.allclose(both[..., 3:], torch.zeros(1, 6, 5, 3), atol=1e-5)


@pytest.mark.parametrize(("gain", "offset"), [(0.5, 0.0), (3.0, 2.0)])
@torch.inference_mode()
def test_cells_are_scaled_within_each_image(gain: float, offset: float) -> None:
    torch.manual_seed(1)
    levels = (torch.rand(1, 4, 12, 10) * 9, torch.rand(1, 6, 6, 5) * 9)
    grey = torch.rand(1, 1, 48, 40) + 0.1
    last = torch.rand(1, 8, 3, 3)
    plain = expert_view(FeatureMaps(levels, last), grey)
    changed = expert_view(FeatureMaps(tuple(gain * x + offset for x in levels), last), grey)
    assert plain.cells.shape == (1, 6, 5, 6 + 2 * 4)
    assert torch.allclose(plain.cells, changed.cells, atol=0.05)
