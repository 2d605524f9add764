"""Stage S2 of a `compact` run: adapters, UMiCon and heads on what the routed experts see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import cast

import torch
from torch import Tensor, nn

from mammovlm.model.density_selector import DensityHead
from mammovlm.model.heads import HEAD_NAMES, Head
from mammovlm.model.packaged_weights import MINILM, packaged_path
from mammovlm.model.presets import Pooling, Preset
from mammovlm.model.text_encoder import load_text_encoder
from mammovlm.model.umicon import ExpertAdapter
from mammovlm.training.compact_run import Collected, CompactConfig, Run
from mammovlm.training.evaluation import area_under_curve
from mammovlm.training.features import CompactEncoders
from mammovlm.training.head_refits import PREVALENCE, calibrate, refitted_head
from mammovlm.training.joint_data import (
    JointData,
    exam_texts,
    joint_data,
    routed_experts,
    study_densities,
)
from mammovlm.training.joint_evaluation import fused_breasts, labels_of
from mammovlm.training.joint_stage import JointModel, train_joint
from mammovlm.training.lesion_stage import LesionExpert, LesionWomen, train_experts
from mammovlm.training.routed_views import RoutedViews, routed_views


@dataclass(frozen=True)
class JointWomen:
    """The women that UMiCon learns from and is measured on: train, then validation, then test.

    Parameters
    ----------
    seen
        By the expert of their density.
    fallback
        The test women by the fallback expert.
    data
        Everything else, with no vectors yet.
    train, validation, test
        Rows of these.
    """

    seen: RoutedViews
    fallback: RoutedViews
    data: JointData
    train: Tensor
    validation: Tensor
    test: Tensor


@dataclass(frozen=True)
class Setting:
    """One candidate of stage S2, and how it did.

    Parameters
    ----------
    pooling
        Of UMiCon.
    contrast
        Weight of the contrast between patients.
    auc
        On validation patients, by head.
    """

    pooling: Pooling
    contrast: float
    auc: Mapping[str, float]

    @property
    def score(self) -> float:
        """What candidates are compared by: the mean AUC of the heads."""
        return sum(self.auc.values()) / len(self.auc)


@dataclass(frozen=True)
class JointOutcome:
    """What stage S2 leaves.

    Parameters
    ----------
    preset
        With the pooling that was kept.
    women
        Rows of ``data``.
    data
        All joint women with their vectors.
    fallback
        Test women by the fallback expert.
    settings
        All that were tried, the kept one first.
    """

    preset: Preset
    model: JointModel
    heads: dict[str, Head]
    women: JointWomen
    data: JointData
    fallback: JointData
    settings: Sequence[Setting]


def train_lesion_experts(
    collected: Collected,
    selector: DensityHead,
    encoders: CompactEncoders,
    run: Run,
) -> Mapping[str, LesionExpert]:
    """Route the lesion women by their predicted density and train the experts on them."""
    preset = encoders.preset
    categories, _ = study_densities(selector, collected.phantoms.selector)
    women = LesionWomen(
        collected.phantoms, collected.lesions.tolist(), routed_experts(categories, preset)
    )
    return train_experts(
        women,
        encoders.new_expert,
        tuple(preset.experts),
        config=run.config.lesions,
        work=run.work,
        progress=run.progress,
    )


def joint_women(
    collected: Collected,
    selector: DensityHead,
    experts: Mapping[str, LesionExpert],
    preset: Preset,
    run: Run,
) -> JointWomen:
    """Let every joint woman be seen by the expert of her predicted density (A7, A16)."""
    rows = torch.cat([collected.train, collected.validation, collected.test])
    exams = collected.phantoms.rows(rows)
    categories, _ = study_densities(selector, exams.selector)
    names = routed_experts(categories, preset)
    train, validation, test = torch.arange(len(rows)).split(
        [len(collected.train), len(collected.validation), len(collected.test)]
    )
    tested, again = exams.rows(test), [preset.fallback] * len(test)

    def told(done: int) -> None:
        run.progress("experts look", done, len(names) + len(again))

    seen = routed_views(exams, names, experts, run.work, told)
    fallback = routed_views(tested, again, experts, run.work, lambda done: told(len(names) + done))
    text_encoder = load_text_encoder(preset.text, packaged_path(MINILM).parent, MINILM.sha256)
    run.progress("metadata", 0, 1)
    variants, seed = run.config.text_variants, run.config.seed
    texts = exam_texts(exams.truths, categories, text_encoder, variants, seed)
    run.progress("metadata", 1, 1)
    nothing = torch.zeros(len(names), 4, 0)
    data = joint_data(exams.truths, nothing, names, tuple(preset.experts), texts)
    return JointWomen(seen, fallback, data, train, validation, test)


def train_joint_parts(
    women: JointWomen,
    experts: Mapping[str, LesionExpert],
    preset: Preset,
    run: Run,
) -> JointOutcome:
    """Run stage S2 for every setting, keep the best, then refit and calibrate its heads."""
    config, trained = run.config, []
    for pooling, contrast in product(config.poolings, config.contrasts):
        torch.manual_seed(config.seed)
        model = JointModel(preset, replace(preset.umicon, pooling=pooling))
        data = replace(women.data, vectors=_fitted_vectors(model, women, experts))

        def told(epoch: int, _: float, name: str = f"S2, {pooling}, {contrast:g}") -> None:
            run.progress(name, epoch + 1, config.joint.epochs)

        joint = replace(config.joint, contrast=contrast)
        validation = data.rows(women.validation)
        train_joint(model, data.rows(women.train), validation, config=joint, progress=told)
        trained.append((Setting(pooling, contrast, validation_auc(model, validation)), model, data))
    trained.sort(key=lambda each: -each[0].score)
    kept, model, data = trained[0]
    heads = finished_heads(model, data.rows(women.train), data.rows(women.validation), config)
    adapter = model.umicon.adapter(preset.fallback)
    return JointOutcome(
        preset=replace(preset, umicon=replace(preset.umicon, pooling=kept.pooling)),
        model=model,
        heads=heads,
        women=women,
        data=data,
        fallback=replace(data.rows(women.test), vectors=_scaled(adapter, women.fallback)),
        settings=[setting for setting, *_ in trained],
    )


def validation_auc(model: JointModel, validation: JointData) -> dict[str, float]:
    """Measure both heads before refits and calibration, which do not change the order much."""
    model.eval()
    with torch.inference_mode():
        logits = model.breast_logits(model(validation.vectors, validation.texts[0]))
    measured = {}
    for name in HEAD_NAMES:
        labels = labels_of(name, validation).flatten()
        asked = labels >= 0
        scores = logits[name].flatten()[asked]
        measured[name] = area_under_curve(labels[asked].numpy(), scores.double().numpy())
    return measured


def finished_heads(
    model: JointModel, train: JointData, validation: JointData, config: CompactConfig
) -> dict[str, Head]:
    """Refit every head on resampled training patients and calibrate it on validation patients."""
    heads = {}
    seen, unseen = fused_breasts(model, train), fused_breasts(model, validation)
    for name in HEAD_NAMES:
        labels, held_out = labels_of(name, train), labels_of(name, validation)
        asked = labels >= 0
        patients = torch.arange(len(labels))[:, None].expand(-1, 2)
        head = refitted_head(
            cast("nn.Linear", model.heads[name]),
            seen[asked].clone(),
            labels[asked],
            patients[asked],
            members=config.members,
            seed=config.seed,
        )
        asked = held_out >= 0
        with torch.no_grad():
            logits = head(unseen[asked])[:, 0]
        calibrate(head, logits, held_out[asked], PREVALENCE[name])
        heads[name] = head
    return heads


def _fitted_vectors(
    model: JointModel, women: JointWomen, experts: Mapping[str, LesionExpert]
) -> Tensor:
    """Give every adapter its expert's finder and its scale, and pool all women."""
    vectors: list[Tensor | None] = [None] * len(women.data.routes)
    training = set(women.train.tolist())
    for index, name in enumerate(model.umicon.adapters):
        adapter = model.umicon.adapter(name)
        if adapter.finder is not None:
            adapter.finder.load_state_dict(experts[name].finder.state_dict())
        mine = (women.data.routes == index).nonzero()[:, 0]
        if not len(mine):
            continue
        raw = _joined(adapter, women.seen.rows(mine))
        learned = torch.tensor([row in training for row in mine.tolist()])
        known = raw[learned].flatten(0, 1) if bool(learned.any()) else raw.flatten(0, 1)
        adapter.mean.copy_(known.mean(0))
        adapter.spread.copy_(known.std(0) + 1e-2)
        for row, vector in zip(mine.tolist(), _scaled(adapter, women.seen.rows(mine)), strict=True):
            vectors[row] = vector
    return torch.stack([vector for vector in vectors if vector is not None])


def _joined(adapter: ExpertAdapter, seen: RoutedViews) -> Tensor:
    summaries = seen.summaries.flatten(0, 1) if adapter.finder is not None else None
    joined: Tensor = adapter.joined(seen.pools.flatten(0, 1), summaries)
    return joined.view(len(seen.pools), 4, -1)


def _scaled(adapter: ExpertAdapter, seen: RoutedViews) -> Tensor:
    return (_joined(adapter, seen) - adapter.mean) / adapter.spread
