"""Stage S1: masked pairs, reports without verdicts, and an embedding that must not go constant."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from mammovlm.model.presets import PRESETS, EncoderSpec, Preset, TextEncoderSpec, UMiConSpec
from mammovlm.training.contrast import Negatives, contrast_of_pairs
from mammovlm.training.exam_reports import breast_report, exam_reports
from mammovlm.training.joint_data import JointData
from mammovlm.training.joint_stage import JointModel
from mammovlm.training.masked_views import MASK_SHARE, masked
from mammovlm.training.phantoms import CaseMix, phantom_exam, phantom_truths
from mammovlm.training.reports import label_words
from mammovlm.training.umicon_pretraining import (
    PretrainingConfig,
    PretrainingData,
    PretrainingResult,
    pretrain,
)

WIDTH, TEXT = 16, 12
SPEC = UMiConSpec(pooling="mean", hidden=(32, 32, 32, 32, 32), size=16)


def preset() -> Preset:
    compact = PRESETS["compact"]
    experts: dict[str, EncoderSpec] = {
        name: dataclasses.replace(spec, width=WIDTH) for name, spec in compact.experts.items()
    }
    text = TextEncoderSpec("made up", TEXT, "mean", 8)
    return dataclasses.replace(compact, experts=experts, text=text, umicon=SPEC)


def exams(count: int, seed: int) -> JointData:
    """Make exams whose reports and images tell of the same hidden thing, and nothing else."""
    generator = torch.Generator().manual_seed(seed)
    hidden = torch.randn(count, 2, 6, generator=generator).repeat(1, 2, 1)

    def shown(width: int) -> Tensor:
        noise = 0.3 * torch.randn(count, 4, width, generator=generator)
        noise[..., :6] += hidden
        return noise

    return JointData(
        vectors=shown(WIDTH),
        routes=torch.zeros(count, dtype=torch.int64),
        texts=torch.zeros(1, count, 4, TEXT),
        blank=torch.zeros(count, 4, TEXT),
        reports=shown(TEXT)[:, [0, 1, 0, 1]],
        presence=torch.zeros(count, 2, dtype=torch.int64),
        suspicious=torch.randint(-1, 2, (count, 2), generator=generator),
    )


def pretrained(
    mode: Negatives = "negatives", *, multimodal: bool = True, epochs: int = 60
) -> PretrainingResult:
    torch.manual_seed(0)
    data, validation = exams(120, 1), exams(40, 2)
    copies = tuple(data.vectors + 0.2 * torch.randn(data.vectors.shape) for _ in range(2))
    config = PretrainingConfig(multimodal=multimodal, mode=mode, epochs=epochs, rate=3e-3)
    pairs = PretrainingData(data, torch.arange(120), (copies[0], copies[1]))
    return pretrain(JointModel(preset(), SPEC), pairs, validation, config)


@given(st.integers(40, 200), st.integers(40, 200), st.integers(0, 99))
def test_a_mask_is_one_square_of_eight_percent_strictly_inside(
    rows: int, columns: int, seed: int
) -> None:
    side = round(math.sqrt(MASK_SHARE * rows * columns))
    if side + 2 > min(rows, columns):
        return
    views = torch.full((2, rows, columns), 9, dtype=torch.uint8)
    copies = masked(views, np.random.default_rng(seed))
    assert bool((views == 9).all())
    for copy in copies:
        dark = (copy == 0).nonzero()
        assert len(dark) == side**2
        assert (dark.amax(0) - dark.amin(0) + 1).tolist() == [side, side]
        edges = (copy[0], copy[-1], copy[:, 0], copy[:, -1])
        assert all(bool((edge == 9).all()) for edge in edges)


def unit(count: int, seed: int) -> Tensor:
    drawn = torch.randn(count, 8, generator=torch.Generator().manual_seed(seed))
    return functional.normalize(drawn, dim=1)


@settings(max_examples=30)
@given(st.integers(0, 999))
def test_who_is_pushed_apart_depends_on_the_mode_alone(seed: int) -> None:
    ones, others = unit(6, seed), unit(6, seed + 1)
    labels, patients = torch.tensor([0, 0, 0, 1, 1, 1]), torch.tensor([0, 0, 1, 1, 2, 2])

    def loss(mode: Negatives, who: Tensor) -> float:
        return float(contrast_of_pairs(ones, others, labels, who, mode=mode, margin=2.0))

    attracted = float((ones - others).square().sum(1).mean())
    assert loss("positives_only", patients) == pytest.approx(attracted, abs=1e-5)
    assert loss("negatives", torch.zeros(6)) == pytest.approx(attracted, abs=1e-5)
    distance = torch.cdist(ones, others)
    apart = patients[:, None] != patients[None, :]
    pushed = (2.0 - distance).square()
    assert loss("negatives", patients) == pytest.approx(
        attracted + float(pushed[apart].mean()), abs=1e-4
    )
    apart &= labels[:, None] != labels[None, :]
    assert loss("label", patients) == pytest.approx(
        attracted + float(pushed[apart].mean()), abs=1e-4
    )


def test_a_breasts_own_report_is_found_far_more_often_than_by_chance() -> None:
    result = pretrained()
    assert result.retrieved is not None
    assert result.retrieved > 4 * result.chance
    assert not result.alarm


def test_the_loss_as_the_paper_prints_it_collapses_and_raises_the_alarm() -> None:
    result = pretrained("positives_only", epochs=150)
    assert result.alarm
    assert result.spread < pretrained("negatives").spread / 2


def test_without_reports_nothing_is_said_of_finding_them() -> None:
    assert pretrained(multimodal=False, epochs=1).retrieved is None


@pytest.mark.parametrize("seed", range(30000, 30012))
def test_a_report_describes_and_never_assesses(seed: int) -> None:
    for side, breast in enumerate(phantom_truths(seed, CaseMix.TEACHING)):
        text = breast_report(breast, 2 * seed + side)
        assert text.strip()
        assert label_words(text) == ()


def test_the_truth_without_pictures_is_that_of_the_exam() -> None:
    for seed in (5, 30011):
        exam = phantom_exam(seed, rows=84, case_mix=CaseMix.TEACHING)
        assert phantom_truths(seed, CaseMix.TEACHING) == exam.breasts


def test_both_views_of_a_breast_get_its_report() -> None:
    class Counting(torch.nn.Module):
        """Encodes a text by its length."""

        def forward(self, texts: list[str]) -> Tensor:
            return torch.tensor([[float(len(text))] for text in texts])

    encoded = exam_reports([30001, 30002], Counting(), CaseMix.TEACHING)
    assert encoded.shape == (2, 4, 1)
    assert torch.equal(encoded[:, :2], encoded[:, 2:])
    right, left = phantom_truths(30001, CaseMix.TEACHING)
    lengths = [len(breast_report(right, 60002)), len(breast_report(left, 60003))]
    assert encoded[0, :2, 0].tolist() == lengths
