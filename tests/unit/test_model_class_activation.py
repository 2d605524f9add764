"""Class activation: regions lie where the 3/4 logit rests on, as sure as the finder is there."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from mammovlm.model.class_activation import class_activation, decisive
from mammovlm.model.lesion_finder import KINDS, SUMMARY_WIDTH, WIDTH, CellFindings
from mammovlm.model.presets import PRESETS
from mammovlm.model.umicon import ExpertAdapter, FinderMap

ROWS, COLUMNS = 6, 5


def _adapter() -> ExpertAdapter:
    torch.manual_seed(0)
    return ExpertAdapter(PRESETS["compact"].experts["clip"], "lesions").double().eval()


def _seen(images: int = 1) -> FinderMap:
    generator = torch.Generator().manual_seed(1)
    hidden = torch.randn(images, WIDTH, ROWS, COLUMNS, generator=generator).double()
    share = torch.ones(images, ROWS, COLUMNS).double()
    share[:, :, -1] = 0.0
    return FinderMap(hidden, share, torch.zeros(images, 3, 112).double())


def _logit(vectors: torch.Tensor) -> torch.Tensor:
    weights = torch.randn(SUMMARY_WIDTH, generator=torch.Generator().manual_seed(2)).double()
    return vectors @ weights


@torch.no_grad()
def test_it_is_what_the_logit_loses_when_a_cell_fades() -> None:
    adapter, seen = _adapter(), _seen()
    changes = torch.zeros(ROWS, COLUMNS).double()
    before = _logit(adapter.sum_up(seen)[0])
    for row in range(ROWS):
        for column in range(COLUMNS - 1):
            hidden = seen.hidden.clone()
            hidden[:, :, row, column] *= 1 - 1e-6
            faded = FinderMap(hidden, seen.share, seen.pools)
            changes[row, column] = (_logit(adapter.sum_up(faded)[0]) - before).abs() * 1e6
    expected = functional.avg_pool2d(changes[None, None], 3, 1, 1)[0, 0]
    expected[:, -1] = 0.0
    found = class_activation(seen, adapter, _logit)
    assert torch.allclose(found[0], expected, rtol=1e-3, atol=1e-7)


@torch.no_grad()
def test_each_image_gets_what_it_gets_alone_and_nothing_is_kept_for_training() -> None:
    adapter, seen = _adapter(), _seen(images=3)
    together = class_activation(seen, adapter, _logit)
    for row in range(3):
        one = slice(row, row + 1)
        alone = FinderMap(seen.hidden[one], seen.share[one], seen.pools[one])
        assert torch.allclose(together[one], class_activation(alone, adapter, _logit))
    assert not together.requires_grad
    assert all(parameter.grad is None for parameter in adapter.parameters())


def _found(evidence: torch.Tensor) -> CellFindings:
    return CellFindings(evidence, torch.zeros_like(evidence), torch.zeros(1, len(KINDS), 6, 5))


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**16), factor=st.floats(0.01, 100))
def test_the_scale_is_the_finders_and_the_order_is_the_activations(
    seed: int, factor: float
) -> None:
    generator = torch.Generator().manual_seed(seed)
    evidence = 6 * torch.randn(1, ROWS, COLUMNS, generator=generator)
    evidence[:, :2] = -30.0
    activation = torch.rand(1, ROWS, COLUMNS, generator=generator) + 1e-4
    activation[:, :2] = 0.0
    decided = decisive(_found(evidence), activation).weight
    assert torch.equal(decided[:, :2], evidence[:, :2])
    inside = decided[:, 2:].flatten()
    assert torch.equal(
        inside.argsort(stable=True), activation[:, 2:].flatten().argsort(stable=True)
    )
    around = functional.max_pool2d(evidence[:, None], 3, 1, 1).flatten()
    assert float(inside.max()) == pytest.approx(
        float(around[activation.flatten().argmax()]), abs=1e-4
    )
    same = decisive(_found(evidence), factor * activation).weight
    assert torch.allclose(same, decided, atol=1e-3)


def test_a_view_without_breast_stays_without_evidence() -> None:
    nothing = torch.full((1, ROWS, COLUMNS), -30.0)
    decided = decisive(_found(nothing), torch.zeros(1, ROWS, COLUMNS))
    assert torch.equal(decided.weight, nothing)
