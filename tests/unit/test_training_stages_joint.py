"""Stage S2: contrast between patients, heads, intervals and calibration on made-up features."""

import dataclasses

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mammovlm.model.heads import HEAD_NAMES, PRESENCE, SUSPICION
from mammovlm.model.presets import PRESETS, EncoderSpec, Preset, TextEncoderSpec, UMiConSpec
from mammovlm.training.contrast import Reduction, contrast_between_patients, contrast_of_pairs
from mammovlm.training.head_refits import calibrate, refitted_head
from mammovlm.training.joint_data import JointData, breast_means, study_categories
from mammovlm.training.joint_evaluation import joint_results
from mammovlm.training.joint_stage import JointConfig, JointModel, supervised_loss, train_joint

WIDTH, TEXT = 16, 8
BOTH: tuple[Reduction, ...] = ("mean", "sum")
SPEC = UMiConSpec(pooling="mean", hidden=(32, 32, 32, 32, 32), size=16)


def _preset() -> Preset:
    compact = PRESETS["compact"]
    experts: dict[str, EncoderSpec] = {
        name: dataclasses.replace(spec, width=WIDTH) for name, spec in compact.experts.items()
    }
    text = TextEncoderSpec("made up", TEXT, "mean", 8)
    return dataclasses.replace(compact, experts=experts, text=text, umicon=SPEC)


def _data(exams: int, seed: int, signal: float = 3.0) -> JointData:
    """Breasts whose features tell presence and suspicion; texts tell nothing."""
    generator = torch.Generator().manual_seed(seed)
    presence = torch.randint(0, 2, (exams, 2), generator=generator)
    malignant = torch.randint(0, 2, (exams, 2), generator=generator)
    suspicious = torch.where(presence == 1, malignant, -torch.ones_like(malignant))
    views = torch.randn(exams, 4, WIDTH, generator=generator)
    views[..., 0] += signal * presence.repeat(1, 2)
    views[..., 1] += signal * suspicious.clamp_min(0).repeat(1, 2)
    texts = torch.randn(2, exams, 4, TEXT, generator=generator)
    return JointData(
        vectors=views,
        routes=torch.randint(0, 3, (exams,), generator=generator),
        texts=texts,
        blank=torch.zeros_like(texts[0]),
        reports=torch.randn(exams, 4, TEXT, generator=generator),
        presence=presence,
        suspicious=suspicious,
    )


@pytest.fixture(scope="module")
def trained() -> JointModel:
    torch.manual_seed(0)
    model = JointModel(_preset(), SPEC)
    train_joint(model, _data(200, 1), _data(60, 2), config=JointConfig(epochs=25, batch=32))
    return model


def test_equal_labels_attract_and_others_are_pushed_to_the_margin() -> None:
    one, other = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    who = torch.tensor([0, 1])
    same = torch.tensor([1, 1])
    different = torch.tensor([0, 1])
    apart, together = torch.cat([one, other]), torch.cat([one, one])
    assert float(contrast_between_patients(apart, same, who)) == pytest.approx(2.0, abs=1e-4)
    assert float(contrast_between_patients(apart, different, who)) == 0.0
    assert float(contrast_between_patients(together, different, who)) == pytest.approx(
        1.0, abs=1e-4
    )


def test_a_sum_of_contrasts_grows_with_the_pairs_and_a_mean_does_not() -> None:
    fused, who, label = torch.randn(4, 5), torch.arange(4), torch.zeros(4, dtype=torch.long)
    between = {one: contrast_between_patients(fused, label, who, reduction=one) for one in BOTH}
    assert float(between["sum"]) == pytest.approx(6 * float(between["mean"]), rel=1e-4)
    unit = torch.nn.functional.normalize(fused, dim=1)
    pairs = {one: contrast_of_pairs(unit, unit.flip(0), label, who, reduction=one) for one in BOTH}
    alone = {
        one: contrast_of_pairs(unit, unit.flip(0), label, who, reduction=one, mode="positives_only")
        for one in BOTH
    }
    assert float(alone["sum"]) == pytest.approx(4 * float(alone["mean"]), rel=1e-4)
    pushed = {one: float(pairs[one] - alone[one]) for one in BOTH}
    assert pushed["sum"] == pytest.approx(12 * pushed["mean"], rel=1e-3)


def test_a_batch_without_anything_to_assess_teaches_presence_alone() -> None:
    data = dataclasses.replace(_data(6, 4), suspicious=torch.full((6, 2), -1))
    logits = {name: torch.zeros(6, 2, requires_grad=True) for name in HEAD_NAMES}
    loss = supervised_loss(logits, data)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(0.6931, abs=1e-3)
    presence, suspicion = logits[PRESENCE].grad, logits[SUSPICION].grad
    assert presence is not None
    assert suspicion is not None
    assert bool(presence.any())
    assert not bool(suspicion.any())


def test_breasts_of_one_patient_make_no_pair() -> None:
    fused, labels = torch.rand(2, 4), torch.tensor([0, 1])
    assert float(contrast_between_patients(fused, labels, torch.tensor([3, 3]))) == 0.0


@given(st.floats(0.1, 50.0), st.integers(0, 999))
def test_the_contrast_does_not_depend_on_length(scale: float, seed: int) -> None:
    fused = torch.randn(6, 5, generator=torch.Generator().manual_seed(seed))
    labels, who = torch.arange(6) % 3, torch.arange(6)
    first = float(contrast_between_patients(fused, labels, who))
    assert first == pytest.approx(
        float(contrast_between_patients(scale * fused, labels, who)), abs=1e-3
    )


def test_a_breast_is_the_mean_of_its_two_views() -> None:
    views = torch.tensor([[1.0, 2.0, 3.0, 4.0]])  # RCC, LCC, RMLO, LMLO
    assert breast_means(views).tolist() == [[2.0, 3.0]]


def test_a_study_is_routed_by_its_denser_breast() -> None:
    density = torch.zeros(1, 4, 4)
    density[0, [0, 2], 1] = 1.0
    density[0, [1, 3], 3] = 1.0
    assert study_categories(density) == [3]


def test_what_the_features_tell_is_learned(trained: JointModel) -> None:
    train, validation, test = _data(200, 1), _data(60, 2), _data(120, 3)
    heads = {}
    for name in HEAD_NAMES:
        labels = train.presence if name == PRESENCE else train.suspicious
        with torch.no_grad():
            fused = breast_means(trained(train.vectors, train.texts[0]))
        asked = labels >= 0
        patients = torch.arange(200)[:, None].expand(-1, 2)[asked]
        main = trained.heads[name]
        assert isinstance(main, torch.nn.Linear)
        heads[name] = refitted_head(main, fused[asked], labels[asked], patients, members=8, seed=0)
    results = joint_results(
        trained, heads, validation, test, fallback=test, fallback_expert="dinov2"
    )
    image_only = results[SUSPICION].rows["image only"].auc
    assert image_only.value > 0.9
    assert image_only.low <= image_only.value <= image_only.high
    leak = results[PRESENCE].rows["metadata only (leak alarm)"].auc
    assert leak.low < 0.5 < leak.high
    by_fallback = {name for name in results[PRESENCE].rows if "dinov2" in name.split(", by ")[-1]}
    assert {"always dinov2", "studies routed to convnext, by dinov2"} <= by_fallback
    assert not any("always convnext" in name for name in by_fallback)


def test_a_refit_stays_near_the_trained_layer_and_differs_by_patients() -> None:
    main = torch.nn.Linear(4, 1)
    fused = torch.randn(80, 4, generator=torch.Generator().manual_seed(0))
    labels = (fused[:, 0] > 0).long()
    patients = torch.arange(80) // 2
    head = refitted_head(main, fused, labels, patients, members=12, seed=3)
    assert torch.equal(head.main.weight, main.weight)
    assert float(head.members.weight.detach().std(0).mean()) > 0
    again = refitted_head(main, fused, labels, patients, members=12, seed=3)
    assert torch.equal(head.members.weight, again.members.weight)


def test_calibration_refers_to_the_stated_prevalence() -> None:
    generator = torch.Generator().manual_seed(5)
    labels = torch.arange(4000) % 2
    logits = 2.0 * labels - 1.0 + torch.randn(4000, generator=generator)
    head = refitted_head(
        torch.nn.Linear(2, 1),
        torch.randn(8, 2),
        torch.arange(8) % 2,
        torch.arange(8),
        members=2,
        seed=0,
    )
    calibrate(head, logits, labels, prevalence=0.1)
    told = head.calibrated(logits)
    assert float(0.9 * told[labels == 0].mean() + 0.1 * told[labels == 1].mean()) == pytest.approx(
        0.1, abs=0.01
    )


def test_a_score_that_runs_the_wrong_way_is_flattened_not_turned() -> None:
    labels = torch.arange(200) % 2
    head = refitted_head(
        torch.nn.Linear(2, 1),
        torch.randn(8, 2),
        torch.arange(8) % 2,
        torch.arange(8),
        members=2,
        seed=0,
    )
    calibrate(head, -5.0 * labels.float(), labels, prevalence=0.5)
    assert float(head.platt[0]) == 0.0
