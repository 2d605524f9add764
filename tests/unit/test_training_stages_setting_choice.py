"""The paper's method is kept whole unless validation women show that another setting is better."""

from dataclasses import replace
from typing import cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mammovlm.model.heads import HEAD_NAMES, SUSPICION
from mammovlm.training import setting_choice
from mammovlm.training.compact_run import SETTINGS
from mammovlm.training.evaluation import Labels, Numbers
from mammovlm.training.joint_data import JointData
from mammovlm.training.joint_settings import JointWomen, Setting, TrainedSetting
from mammovlm.training.joint_stage import JointModel
from mammovlm.training.routed_views import RoutedViews
from mammovlm.training.setting_choice import compared_settings, difference_of_means

WOMEN = 120
WHOLE = Setting(unimodal=True, multimodal=True, contrast=1.0, report_share=0.5)
SUPERVISED = Setting()


def labels() -> dict[str, Labels]:
    rng = np.random.default_rng(1)
    presence = rng.integers(0, 2, 2 * WOMEN)
    suspicious = np.where(presence == 1, rng.integers(0, 2, 2 * WOMEN), -1)
    return dict(zip(HEAD_NAMES, (presence, suspicious), strict=True))


def scores(strength: float, seed: int) -> dict[str, Numbers]:
    """Give scores that follow the truth by so much above noise of 1."""
    rng = np.random.default_rng(seed)
    return {
        name: strength * truth + rng.standard_normal(truth.size) for name, truth in labels().items()
    }


@pytest.fixture
def given_scores(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Numbers]]:
    """Let "models" be names of scores: what is trained is not what is asked here."""
    given: dict[str, dict[str, Numbers]] = {}
    monkeypatch.setattr(setting_choice, "validation_scores", lambda model, _: given[model])
    return given


def trained(setting: Setting, name: str, auc: float) -> TrainedSetting:
    data = women().data
    return TrainedSetting(setting, cast("JointModel", name), data, None, {SUSPICION: auc})


def women() -> JointWomen:
    presence, suspicious = (torch.from_numpy(each).view(WOMEN, 2) for each in labels().values())
    nothing = torch.zeros(WOMEN, 4, 0)
    data = JointData(
        vectors=nothing,
        routes=torch.zeros(WOMEN, dtype=torch.long),
        texts=nothing[None],
        blank=nothing,
        reports=nothing,
        presence=presence,
        suspicious=suspicious,
    )
    everyone = torch.arange(WOMEN)
    seen = cast("RoutedViews", None)
    return JointWomen(
        seen,
        {},
        seen,
        (seen, seen),
        data,
        train=everyone[:0],
        validation=everyone,
        test=everyone[:0],
    )


def test_a_difference_that_chance_makes_leaves_the_method_whole(
    given_scores: dict[str, dict[str, Numbers]],
) -> None:
    given_scores |= {"whole": scores(1.0, 2), "supervised": scores(1.1, 3)}
    found = compared_settings(
        [trained(SUPERVISED, "supervised", 0.79), trained(WHOLE, "whole", 0.77)], women()
    )
    assert found[0].trained.setting == WHOLE
    assert found[0].beyond is None
    beyond = found[1].beyond
    assert beyond is not None
    assert beyond.low < 0 < beyond.value


def test_what_is_surely_better_is_kept_and_the_best_of_it(
    given_scores: dict[str, dict[str, Numbers]],
) -> None:
    given_scores |= {"whole": scores(0.3, 2), "one": scores(3.0, 3), "two": scores(4.0, 4)}
    other = replace(SUPERVISED, contrast=1.0)
    tried = [
        trained(WHOLE, "whole", 0.6),
        trained(SUPERVISED, "one", 0.9),
        trained(other, "two", 0.95),
    ]
    found = compared_settings(tried, women())
    assert [each.trained.setting for each in found] == [other, SUPERVISED, WHOLE]
    assert all(each.is_surely_better for each in found[:2])


def test_without_the_whole_method_the_best_is_kept(
    given_scores: dict[str, dict[str, Numbers]],
) -> None:
    given_scores |= {"one": scores(1.0, 2), "two": scores(1.0, 3)}
    linear = replace(WHOLE, linear=True)
    found = compared_settings(
        [trained(SUPERVISED, "one", 0.7), trained(linear, "two", 0.8)], women()
    )
    assert [each.trained.setting for each in found] == [linear, SUPERVISED]
    assert all(each.beyond is None for each in found)


def test_one_of_the_settings_that_a_run_tries_is_whole() -> None:
    assert [each.is_whole for each in SETTINGS].count(True) == 1


@settings(max_examples=10, deadline=None)
@given(st.floats(0.2, 3.0), st.floats(0.2, 3.0))
def test_a_difference_turns_its_sign_with_its_sides(first: float, second: float) -> None:
    ones, others = scores(first, 5), scores(second, 6)
    there = difference_of_means(labels(), ones, others, draws=100)
    back = difference_of_means(labels(), others, ones, draws=100)
    assert there.value == pytest.approx(-back.value)
    assert there.low == pytest.approx(-back.high)
    assert difference_of_means(labels(), ones, ones, draws=100).high == 0
