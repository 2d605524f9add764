"""Stages S1 and S2 of a `compact` run: UMiCon and heads on what the routed experts see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import torch
from torch import nn

from mammovlm.model.density_selector import DensityHead
from mammovlm.model.heads import HEAD_NAMES, Head
from mammovlm.model.packaged_weights import MINILM, packaged_path
from mammovlm.model.presets import Preset
from mammovlm.model.text_encoder import TextEncoder, load_text_encoder
from mammovlm.training.compact_run import Collected, CompactConfig, Run
from mammovlm.training.features import CompactEncoders
from mammovlm.training.head_refits import PREVALENCE, asked_breasts, finished_head
from mammovlm.training.hybrid_exams import hybrid_exams
from mammovlm.training.joint_data import (
    JointData,
    exam_texts,
    joint_data,
    routed_experts,
    study_densities,
)
from mammovlm.training.joint_evaluation import fused_breasts, labels_of
from mammovlm.training.joint_settings import (
    JointWomen,
    spec_for,
    train_setting,
)
from mammovlm.training.joint_stage import JointModel
from mammovlm.training.joint_vectors import scaled_vectors
from mammovlm.training.kept_encodings import KeptEncoder
from mammovlm.training.lesion_stage import LesionExpert, LesionWomen, train_experts
from mammovlm.training.masked_views import masked_pairs
from mammovlm.training.phantom_exams import PhantomExams, joined
from mammovlm.training.route_choice import RouteChoice, choose_routes
from mammovlm.training.routed_views import RoutedViews, routed_views
from mammovlm.training.setting_choice import ComparedSetting, compared_settings


@dataclass(frozen=True)
class RoutedExperts:
    """Trained experts with the densities that each serves.

    Parameters
    ----------
    preset
        With the routes that were chosen.
    choice
        How they were found.
    experts
        By the paper's name.
    by_expert
        The training women as every expert sees them.
    """

    preset: Preset
    choice: RouteChoice
    experts: Mapping[str, LesionExpert]
    by_expert: Mapping[str, RoutedViews]


@dataclass(frozen=True)
class JointOutcome:
    """What stages S1 and S2 leave.

    Parameters
    ----------
    preset
        With the pooling that was kept and the routes that were chosen.
    choice
        How they were found.
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
    choice: RouteChoice
    model: JointModel
    heads: dict[str, Head]
    women: JointWomen
    data: JointData
    fallback: JointData
    settings: Sequence[ComparedSetting]


def train_lesion_experts(
    collected: Collected,
    selector: DensityHead,
    encoders: CompactEncoders,
    run: Run,
) -> Mapping[str, LesionExpert]:
    """Route the lesion women by their predicted density and train the experts on them.

    With hybrids these are routed likewise, and checkpoints lie in a folder of their own.
    """
    preset, config = encoders.preset, run.config
    exams, rows, work = collected.phantoms, collected.lesions.tolist(), run.work
    if config.hybrids:
        made = _hybrids(collected, encoders, run)
        rows += range(len(exams.truths), len(exams.truths) + len(made.truths))
        exams, work = joined(iter((exams, made))), run.work / f"with-{config.hybrids}-hybrids"
    categories, _ = study_densities(selector, exams.selector)
    return train_experts(
        LesionWomen(exams, rows, routed_experts(categories, preset)),
        encoders.new_expert,
        tuple(preset.experts),
        config=config.lesions,
        work=work,
        progress=run.progress,
        curve=run.curve,
    )


def _hybrids(collected: Collected, encoders: CompactEncoders, run: Run) -> PhantomExams:
    count = run.config.hybrids
    return hybrid_exams(
        collected.mini_mias.films,
        count,
        run.work,
        encoders,
        lambda done: run.progress("hybrids", done, count),
    )


def routed_by_auc(
    collected: Collected,
    selector: DensityHead,
    experts: Mapping[str, LesionExpert],
    preset: Preset,
    run: Run,
) -> RoutedExperts:
    """Let every expert look at all training women and choose the best of each density."""
    exams = collected.phantoms.rows(collected.train)
    categories, _ = study_densities(selector, exams.selector)
    by_expert = {}
    for name in preset.experts:

        def told(done: int, name: str = name) -> None:
            run.progress(f"{name} looks", done, len(categories))

        by_expert[name] = routed_views(exams, [name] * len(categories), experts, run.work, told)
    choice = choose_routes(by_expert, categories, exams.truths, preset)
    routes = {category: route.expert for category, route in choice.items()}
    return RoutedExperts(replace(preset, routes=routes), choice, experts, by_expert)


def joint_women(
    collected: Collected, selector: DensityHead, routed: RoutedExperts, run: Run
) -> JointWomen:
    """Let every joint woman be seen by the expert of her predicted density (A7, A16)."""
    preset, experts = routed.preset, routed.experts
    rows = torch.cat([collected.train, collected.validation, collected.test])
    exams = collected.phantoms.rows(rows)
    categories, _ = study_densities(selector, exams.selector)
    names = routed_experts(categories, preset)
    train, validation, test = torch.arange(len(rows)).split(
        [len(collected.train), len(collected.validation), len(collected.test)]
    )
    tested, again = exams.rows(test), [preset.fallback] * len(test)
    some = train[: run.config.masked]

    def told(stage: str, total: int) -> Callable[[int], None]:
        return lambda done: run.progress(stage, done, total)

    seen = routed_views(exams, names, experts, run.work, told("experts look", len(names)))
    look_again = told("the fallback expert looks", len(again))
    fallback = routed_views(tested, again, experts, run.work, look_again)
    pairs = masked_pairs(
        exams.rows(some),
        names[: len(some)],
        experts,
        run.work,
        told("experts look at masked pairs", len(some)),
    )
    text_encoder = KeptEncoder(partial(_text_encoder, preset), MINILM.sha256, run.work)
    run.progress("metadata", 0, 1)
    variants, seed = run.config.text_variants, run.config.seed
    texts = exam_texts(exams.truths, categories, text_encoder, variants, seed)
    run.progress("metadata", 1, 1)
    nothing = torch.zeros(len(names), 4, 0)
    data = joint_data(exams.truths, nothing, names, tuple(preset.experts), texts)
    return JointWomen(
        seen, routed.by_expert, fallback, pairs, data, train=train, validation=validation, test=test
    )


def _text_encoder(preset: Preset) -> TextEncoder:
    return load_text_encoder(preset.text, packaged_path(MINILM).parent, MINILM.sha256)


def train_joint_parts(women: JointWomen, routed: RoutedExperts, run: Run) -> JointOutcome:
    """Run stages S1 and S2 for every setting, keep one, then refit and calibrate its heads."""
    preset, experts = routed.preset, routed.experts
    config, trained = run.config, []
    for number, setting in enumerate(config.settings, start=1):

        def told(stage: str, done: int, total: int, /, tried: int = number) -> None:
            run.progress(f"{stage}, setting {tried} of {len(config.settings)}", done, total)

        def curve(name: str, step: int, value: float, /, tried: int = number) -> None:
            run.curve(f"{name}, setting {tried}", step, value)

        trained.append(
            train_setting(
                setting, women, experts, preset, config=config.joint, told=told, curve=curve
            )
        )
    compared = compared_settings(trained, women)
    kept = compared[0].trained
    model, data = kept.model, kept.data
    heads = finished_heads(model, data.rows(women.train), data.rows(women.validation), config)
    adapter = model.umicon.adapter(preset.fallback)
    fallback = scaled_vectors(adapter, women.fallback)
    return JointOutcome(
        preset=replace(preset, umicon=spec_for(preset, kept.setting)),
        choice=routed.choice,
        model=model,
        heads=heads,
        women=women,
        data=data,
        fallback=replace(data.rows(women.test), vectors=fallback),
        settings=compared,
    )


def finished_heads(
    model: JointModel, train: JointData, validation: JointData, config: CompactConfig
) -> dict[str, Head]:
    """Refit every head on resampled training patients and calibrate it on validation patients."""
    seen, unseen = fused_breasts(model, train), fused_breasts(model, validation)
    return {
        name: finished_head(
            cast("nn.Linear", model.heads[name]),
            asked_breasts(seen, labels_of(name, train), torch.arange(len(seen))),
            asked_breasts(unseen, labels_of(name, validation), torch.arange(len(unseen))),
            members=config.members,
            seed=config.seed,
            prevalence=PREVALENCE[name],
        )
        for name in HEAD_NAMES
    }
