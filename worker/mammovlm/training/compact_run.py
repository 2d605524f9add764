"""Trains the heads of `compact` from nothing: S0, then S2, then intervals and calibration."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from mammovlm.model.density_selector import DensityHead
from mammovlm.model.heads import HEAD_NAMES, Head
from mammovlm.model.packaged_weights import MINILM, packaged_path
from mammovlm.model.presets import Pooling, Preset
from mammovlm.model.text_encoder import load_text_encoder
from mammovlm.training.density_stage import (
    DensityConfig,
    DensityImages,
    exact_images,
    film_images,
    fit_density_head,
)
from mammovlm.training.features import FrozenEncoders
from mammovlm.training.film_features import film_features
from mammovlm.training.head_refits import PREVALENCE, calibrate, refitted_head
from mammovlm.training.joint_data import JointData, joint_data
from mammovlm.training.joint_evaluation import fused_breasts, labels_of
from mammovlm.training.joint_stage import JointConfig, JointModel, train_joint
from mammovlm.training.phantom_features import PhantomFeatures, phantom_features
from mammovlm.training.real_films import Film, load_mini_mias, load_victre

Progress = Callable[[str, int, int], None]
"""Told the stage, what is done and what there is to do."""


@dataclass(frozen=True)
class CompactConfig:
    """Everything that decides a run.

    Parameters
    ----------
    phantoms
        Number of phantom exams.
    first_seed
        Of the phantoms; the next ones follow.
    validation, test
        Shares of the exams.
    film_weight, phantom_weight, victre_weight
        Of the sources in stage S0.
    members
        Refits of every head.
    text_variants
        Metadata texts per view.
    poolings
        Candidates for UMiCon; the one with the lowest validation loss is kept.
    """

    phantoms: int = 600
    first_seed: int = 2000
    validation: float = 0.15
    test: float = 0.25
    film_weight: float = 1.0
    phantom_weight: float = 0.5
    victre_weight: float = 0.3
    members: int = 100
    text_variants: int = 3
    poolings: tuple[Pooling, ...] = ("mean", "max", "gem", "mean+max")
    seed: int = 0
    density: DensityConfig = field(default_factory=DensityConfig)
    joint: JointConfig = field(default_factory=JointConfig)


@dataclass(frozen=True)
class Films:
    """Real or in-silico pictures with their features; empty where no folder was given."""

    films: tuple[Film, ...]
    features: Tensor

    def images(self, weight: float) -> DensityImages:
        """Give them to stage S0."""
        return film_images(self.films, self.features, weight)


@dataclass(frozen=True)
class Collected:
    """All features of a run, and the split by patient."""

    phantoms: PhantomFeatures
    mini_mias: Films
    victre: Films
    train: Tensor
    validation: Tensor
    test: Tensor

    def density_phantoms(self, rows: Tensor, weight: float) -> DensityImages:
        """Give views of some phantom exams to stage S0."""
        truth = torch.tensor([self.phantoms.truths[row].densities for row in rows.tolist()])
        return exact_images(
            self.phantoms.selector[rows].flatten(0, 1), truth[:, [0, 1, 0, 1]].flatten(), weight
        )


def collect(
    config: CompactConfig,
    encoders: FrozenEncoders,
    folders: Mapping[str, Path | None],
    work: Path,
    progress: Progress,
) -> Collected:
    """Compute or read every feature.

    Parameters
    ----------
    folders
        "mini-MIAS" and "M-SYNTH"; None leaves a data set out.
    work
        Where features are cached.
    """

    def films(name: str, load: Callable[[Path], Sequence[Film]]) -> Films:
        folder = folders.get(name)
        found = tuple(load(folder)) if folder else ()
        if not found:
            return Films((), torch.zeros(0, 0))
        told = lambda done: progress(name, done, len(found))  # noqa: E731
        return Films(found, film_features(found, work, encoders, told))

    mini_mias = films("mini-MIAS", load_mini_mias)
    victre = films("M-SYNTH", load_victre)
    seeds = range(config.first_seed, config.first_seed + config.phantoms)
    phantoms = phantom_features(
        seeds, work, encoders, lambda done: progress("phantoms", done, config.phantoms)
    )
    order = torch.from_numpy(np.random.default_rng(config.seed).permutation(config.phantoms))
    test, validation = (round(config.phantoms * s) for s in (config.test, config.validation))
    return Collected(
        phantoms,
        mini_mias,
        victre,
        train=order[test + validation :],
        validation=order[test : test + validation],
        test=order[:test],
    )


def density_sources(
    collected: Collected, config: CompactConfig, *, films: bool = True
) -> list[DensityImages]:
    """Give the sources of stage S0: training phantoms, M-SYNTH and, if wanted, real films."""
    sources = [collected.density_phantoms(collected.train, config.phantom_weight)]
    if collected.victre.films:
        sources.append(collected.victre.images(config.victre_weight))
    if films and collected.mini_mias.films:
        sources.append(collected.mini_mias.images(config.film_weight))
    return sources


def train_selector(collected: Collected, config: CompactConfig) -> DensityHead:
    """Run stage S0 on everything but validation and test phantoms."""
    return fit_density_head(density_sources(collected, config), config.density)


@dataclass(frozen=True)
class JointOutcome:
    """What stage S2 leaves.

    Parameters
    ----------
    preset
        With the pooling that was kept.
    validation_losses
        By pooling.
    """

    preset: Preset
    model: JointModel
    heads: dict[str, Head]
    train: JointData
    validation: JointData
    test: JointData
    validation_losses: Mapping[str, float]


def train_joint_parts(
    collected: Collected,
    selector: DensityHead,
    preset: Preset,
    config: CompactConfig,
    progress: Progress,
) -> JointOutcome:
    """Run stage S2 for every pooling, keep the best, then refit and calibrate its heads."""
    text_encoder = load_text_encoder(preset.text, packaged_path(MINILM).parent, MINILM.sha256)
    outcomes: list[tuple[float, Pooling, JointModel, JointData]] = []
    for pooling in config.poolings:
        data = joint_data(
            collected.phantoms,
            selector,
            text_encoder,
            preset,
            pooling=pooling,
            variants=config.text_variants,
            seed=config.seed,
        )
        losses: list[float] = []

        def told(epoch: int, loss: float, name: str = pooling, into: list[float] = losses) -> None:
            into.append(loss)
            progress(f"S2, {name} pooling", epoch + 1, config.joint.epochs)

        spec = replace(preset.umicon, pooling=pooling)
        model = train_joint(
            preset,
            spec,
            data.rows(collected.train),
            data.rows(collected.validation),
            config=config.joint,
            progress=told,
        )
        outcomes.append((min(losses), pooling, model, data))
    _, pooling, model, data = min(outcomes, key=lambda outcome: outcome[0])
    train, validation = data.rows(collected.train), data.rows(collected.validation)
    return JointOutcome(
        replace(preset, umicon=replace(preset.umicon, pooling=pooling)),
        model,
        finished_heads(model, train, validation, config),
        train,
        validation,
        data.rows(collected.test),
        {name: loss for loss, name, _, _ in outcomes},
    )


def finished_heads(
    model: JointModel, train: JointData, validation: JointData, config: CompactConfig
) -> dict[str, Head]:
    """Refit every head on resampled training patients and calibrate it on validation patients."""
    heads = {}
    seen, unseen = fused_breasts(model, train), fused_breasts(model, validation)
    for name in HEAD_NAMES:
        labels = labels_of(name, train)
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
        held_out = labels_of(name, validation)
        asked = held_out >= 0
        with torch.no_grad():
            logits = head(unseen[asked])[:, 0]
        calibrate(head, logits, held_out[asked], PREVALENCE[name])
        heads[name] = head
    return heads
