"""Stage S2 of a `compact` run: adapters, UMiCon and heads on the routed experts' maps."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from mammovlm.model.density_selector import DensityHead
from mammovlm.model.heads import HEAD_NAMES, Head
from mammovlm.model.packaged_weights import MINILM, packaged_path
from mammovlm.model.presets import Pooling, Preset
from mammovlm.model.text_encoder import load_text_encoder
from mammovlm.training.compact_run import Collected, CompactConfig, Progress
from mammovlm.training.expert_cells import SeenExams, cell_labels, seen_exams
from mammovlm.training.features import FrozenEncoders
from mammovlm.training.head_refits import PREVALENCE, calibrate, refitted_head
from mammovlm.training.joint_data import (
    ExamTexts,
    JointData,
    exam_texts,
    joint_data,
    routed_experts,
    study_densities,
)
from mammovlm.training.joint_evaluation import fused_breasts, labels_of
from mammovlm.training.joint_stage import JointModel, train_joint
from mammovlm.training.lesion_stage import fit_adapter, pooled_views


@dataclass(frozen=True)
class Routed:
    """Every exam as its expert sees it.

    Parameters
    ----------
    experts
        Name per exam.
    seen
        What they see; all exams.
    fallback
        The test exams by the fallback expert.
    texts
        Encoded metadata of all exams.
    """

    experts: tuple[str, ...]
    seen: SeenExams
    fallback: SeenExams
    texts: ExamTexts


@dataclass(frozen=True)
class JointOutcome:
    """What stage S2 leaves.

    Parameters
    ----------
    preset
        With the pooling that was kept.
    fallback
        Test exams by the fallback expert.
    validation_losses
        By pooling.
    """

    preset: Preset
    model: JointModel
    heads: dict[str, Head]
    data: JointData
    fallback: JointData
    validation_losses: Mapping[str, float]


def route_exams(
    collected: Collected,
    selector: DensityHead,
    encoders: FrozenEncoders,
    *,
    config: CompactConfig,
    work: Path,
    progress: Progress,
) -> Routed:
    """Let every exam be seen by the expert of its predicted density (four-systems A7, A16)."""
    preset, exams = encoders.preset, collected.phantoms
    categories, _ = study_densities(selector, exams.selector)
    experts = routed_experts(categories, preset)

    def told(done: int) -> None:
        progress("experts", done, len(experts))

    seen = seen_exams(exams, experts, work, encoders, told)
    tested = exams.rows(collected.test)
    again = [preset.fallback] * len(tested.truths)
    text_encoder = load_text_encoder(preset.text, packaged_path(MINILM).parent, MINILM.sha256)
    progress("metadata", 0, 1)
    texts = exam_texts(exams.truths, categories, text_encoder, config.text_variants, config.seed)
    progress("metadata", 1, 1)
    return Routed(tuple(experts), seen, seen_exams(tested, again, work, encoders), texts)


def train_joint_parts(
    collected: Collected, routed: Routed, preset: Preset, config: CompactConfig, progress: Progress
) -> JointOutcome:
    """Run stage S2 for every pooling, keep the best, then refit and calibrate its heads."""
    losses: dict[str, float] = {}
    kept: tuple[float, Pooling, JointModel, JointData] | None = None
    for pooling in config.poolings:
        torch.manual_seed(config.seed)
        model = JointModel(preset, replace(preset.umicon, pooling=pooling))
        data = _pooled(model, collected, routed, preset, config)

        def told(epoch: int, _: float, name: str = pooling) -> None:
            progress(f"S2, {name} pooling", epoch + 1, config.joint.epochs)

        train, validation = data.rows(collected.train), data.rows(collected.validation)
        losses[pooling] = train_joint(model, train, validation, config=config.joint, progress=told)
        if kept is None or losses[pooling] < kept[0]:
            kept = (losses[pooling], pooling, model, data)
    if kept is None:
        raise ValueError("a run needs at least one pooling")
    _, pooling, model, data = kept
    heads = finished_heads(
        model, data.rows(collected.train), data.rows(collected.validation), config
    )
    chosen = replace(preset, umicon=replace(preset.umicon, pooling=pooling))
    fallback = pooled_views(
        model.umicon.adapter(preset.fallback), routed.fallback, range(len(collected.test))
    )
    return JointOutcome(
        preset=chosen,
        model=model,
        heads=heads,
        data=data,
        fallback=replace(data.rows(collected.test), vectors=fallback),
        validation_losses=losses,
    )


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


def _pooled(
    model: JointModel,
    collected: Collected,
    routed: Routed,
    preset: Preset,
    config: CompactConfig,
) -> JointData:
    """Fit every adapter on the training exams of its expert, and pool all exams."""
    truths, views = collected.phantoms.truths, routed.seen.views
    labels = [cell_labels(t, v.share.float()) for t, v in zip(truths, views, strict=True)]
    learned = set(collected.train.tolist())
    vectors: dict[int, Tensor] = {}
    for name in preset.experts:
        mine = [exam for exam, expert in enumerate(routed.experts) if expert == name]
        training = [exam for exam in mine if exam in learned]
        adapter = model.umicon.adapter(name)
        if training:
            out_of_fold = fit_adapter(adapter, routed.seen, labels, training, config.lesions)
            vectors.update(zip(training, out_of_fold, strict=True))
        unseen = [exam for exam in mine if exam not in learned]
        if unseen:
            pooled = pooled_views(adapter, routed.seen, unseen)
            vectors.update(zip(unseen, pooled, strict=True))
    together = torch.stack([vectors[exam] for exam in range(len(truths))])
    return joint_data(truths, together, routed.experts, tuple(preset.experts), routed.texts)
