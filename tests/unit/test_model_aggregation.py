"""From views to breasts to the study: means within a breast, never between breasts."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mammovlm.findings import Density, DensityCategory
from mammovlm.model.aggregation import breast_densities, breast_findings, denser, density_of
from mammovlm.model.heads import PRESENCE, SUSPICION, Head, heads_from_tensors
from mammovlm.study import HANGING_ORDER, Laterality

shares = st.lists(st.floats(0.001, 1.0), min_size=4, max_size=4)


def _density(*weights: float) -> Density:
    return density_of(torch.tensor(weights))


@given(shares)
def test_probabilities_are_one_in_all(weights: list[float]) -> None:
    density = density_of(torch.tensor(weights))
    assert sum(density.probabilities) == pytest.approx(1.0, abs=1e-9)


@given(shares, shares)
def test_the_study_is_as_dense_as_its_denser_breast(right: list[float], left: list[float]) -> None:
    order = list(DensityCategory)
    both = (_density(*right), _density(*left))
    category = denser(both).category
    assert category == max((each.category for each in both), key=order.index)
    assert denser(both) == denser(both[::-1])


def test_a_breast_is_the_mean_of_its_views_only() -> None:
    views = torch.eye(4)  # RCC is A, LCC is B, RMLO is C, LMLO is D
    found = breast_densities(HANGING_ORDER, views)
    assert found[Laterality.RIGHT].probabilities == (0.5, 0.0, 0.5, 0.0)
    assert found[Laterality.LEFT].probabilities == (0.0, 0.5, 0.0, 0.5)


def test_one_breast_alone_gives_one_breast() -> None:
    slots = [HANGING_ORDER[1], HANGING_ORDER[3]]
    assert list(breast_densities(slots, torch.full((2, 4), 0.25))) == [Laterality.LEFT]


@given(
    st.lists(st.floats(-8, 8), min_size=12, max_size=12),
    st.floats(0.0, 3.0),
    st.floats(-4.0, 4.0),
)
def test_the_interval_always_holds_the_likelihood(
    logits: list[float], slope: float, shift: float
) -> None:
    head = Head(4, 5)
    head.platt.copy_(torch.tensor([slope, shift]))
    found = head.likelihood(torch.tensor(logits).view(2, 6))
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(st.floats(-6, 6), st.lists(st.floats(-2, 2), min_size=5, max_size=5), st.floats(-5, 5))
def test_what_moves_all_refits_alike_moves_no_interval(
    own: float, refits: list[float], moved: float
) -> None:
    head = Head(4, 5)
    first = head.likelihood(torch.tensor([[own, *refits]]))
    second = head.likelihood(torch.tensor([[own, *(refit + moved for refit in refits)]]))
    assert second.value == first.value
    assert (second.low, second.high) == pytest.approx((first.low, first.high), abs=1e-5)


def test_a_likelihood_lies_inside_its_interval_where_refits_spread_evenly() -> None:
    found = Head(4, 5).likelihood(torch.tensor([[0.0, 3.0, 3.5, 4.0, 4.5, 5.0]]))
    assert found.low < found.value < found.high


def test_breasts_are_independent() -> None:
    head = Head(4, 3)
    calm = torch.zeros(4, 4)
    alarmed = calm.clone()
    alarmed[[1, 3]] = 5.0
    first = breast_findings(HANGING_ORDER, {}, {PRESENCE: head}, {PRESENCE: calm})
    second = breast_findings(HANGING_ORDER, {}, {PRESENCE: head}, {PRESENCE: alarmed})
    assert first[0] == second[0]
    assert second[1].presence
    assert first[1].presence
    assert second[1].presence.value > first[1].presence.value


def test_an_untrained_head_gives_no_number() -> None:
    (right, left) = breast_findings(HANGING_ORDER, {}, {}, {})
    assert (right.presence, right.suspicion, left.presence, left.suspicion) == (None,) * 4


def test_a_file_with_one_head_makes_one_head() -> None:
    tensors = {f"{SUSPICION}.{name}": value for name, value in Head(6, 2).state_dict().items()}
    assert list(heads_from_tensors(6, tensors)) == [SUSPICION]
