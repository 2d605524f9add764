"""Data and stage S0 of a `compact` run, and everything that decides the run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mammovlm.model.density_selector import DensityHead
from mammovlm.training.density_stage import (
    DensityConfig,
    DensityImages,
    cooled,
    cross_validated,
    density_logits,
    exact_images,
    film_images,
    fit_density_head,
    temperature,
)
from mammovlm.training.features import CompactEncoders
from mammovlm.training.film_features import film_features
from mammovlm.training.joint_settings import Setting
from mammovlm.training.joint_stage import JointConfig
from mammovlm.training.lesion_stage import LesionConfig
from mammovlm.training.loss_curves import Curve, untold
from mammovlm.training.phantom_exams import PhantomExams, phantom_exams
from mammovlm.training.real_films import Film, load_mini_mias, load_victre

SETTINGS = (
    *(
        Setting("lesions", unimodal=pretrained, multimodal=pretrained, contrast=contrast)
        for pretrained in (False, True)
        for contrast in (0.0, 1.0)
    ),
    Setting("lesions", unimodal=True, multimodal=True, contrast=1.0, report_share=0.5),
)
"""Stage S1 and the contrast between patients, each with and without; then all, with reports too."""

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
    lesion_women
        Exams from which experts learn lesions, the first ones; UMiCon learns from other women.
    hybrids
        Normal films with phantom lesions from which experts learn beside them; 0: none, and then
        no expert has seen a film.
    validation, test
        Shares of the exams.
    film_weight, phantom_weight, victre_weight
        Of the sources in stage S0.
    members
        Refits of every head.
    text_variants
        Metadata texts per view.
    masked
        Training women of whom stage S1 sees masked pairs; every pair costs its expert two looks.
    settings
        Of UMiCon; `mammovlm.training.setting_choice` says which is kept.
    """

    phantoms: int = 2000
    first_seed: int = 30000
    lesion_women: int = 770
    hybrids: int = 0
    validation: float = 0.09
    test: float = 0.115
    film_weight: float = 1.0
    phantom_weight: float = 0.5
    victre_weight: float = 0.3
    members: int = 100
    text_variants: int = 3
    masked: int = 100
    settings: tuple[Setting, ...] = SETTINGS
    seed: int = 0
    density: DensityConfig = field(default_factory=DensityConfig)
    lesions: LesionConfig = field(default_factory=LesionConfig)
    joint: JointConfig = field(default_factory=JointConfig)


@dataclass(frozen=True)
class Run:
    """What all stages of one run share.

    Parameters
    ----------
    config
        Its decisions.
    work
        Where features and checkpoints are kept.
    progress
        Whom to tell.
    curve
        Told the losses of every stage.
    """

    config: CompactConfig
    work: Path
    progress: Progress
    curve: Curve = untold


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
    """All features of a run, and the split by patient.

    Parameters
    ----------
    phantoms
        Every exam.
    mini_mias, victre
        Real films and in-silico images.
    lesions, train, validation, test
        Rows of the phantoms; no woman is in two of them.
    """

    phantoms: PhantomExams
    mini_mias: Films
    victre: Films
    lesions: Tensor
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
    encoders: CompactEncoders,
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
    phantoms = phantom_exams(
        seeds, work, encoders, progress=lambda done: progress("phantoms", done, config.phantoms)
    )
    lesions, others = torch.arange(config.phantoms).tensor_split([config.lesion_women])
    order = others[np.random.default_rng(config.seed).permutation(len(others))]
    test, validation = (round(config.phantoms * s) for s in (config.test, config.validation))
    return Collected(
        phantoms,
        mini_mias,
        victre,
        lesions=lesions,
        train=order[test + validation :],
        validation=order[test : test + validation],
        test=order[:test],
    )


def density_sources(
    collected: Collected, config: CompactConfig, *, films: bool = True
) -> list[DensityImages]:
    """Give the sources of stage S0: training phantoms, M-SYNTH and, if wanted, real films."""
    rows = torch.cat([collected.lesions, collected.train])
    sources = [collected.density_phantoms(rows, config.phantom_weight)]
    if collected.victre.films:
        sources.append(collected.victre.images(config.victre_weight))
    if films and collected.mini_mias.films:
        sources.append(collected.mini_mias.images(config.film_weight))
    return sources


@dataclass(frozen=True)
class SelectorOutcome:
    """What stage S0 leaves.

    Parameters
    ----------
    head
        With its temperature in its weights.
    temperature
        1: it was as sure as it should be.
    film_logits
        Of every film by a head that saw none of that woman's, before the temperature; None without
        films.
    """

    head: DensityHead
    temperature: float
    film_logits: Tensor | None


def train_selector(
    collected: Collected, config: CompactConfig, curve: Curve = untold
) -> SelectorOutcome:
    """Run stage S0 on everything but validation and test phantoms."""
    sources = density_sources(collected, config)
    head = fit_density_head(sources, config.density, partial(curve, "S0"))
    unseen = collected.density_phantoms(collected.validation, 1.0)
    held_out = [(density_logits(head, unseen.features), unseen.allowed)]
    film_logits = None
    if collected.mini_mias.films:
        films = collected.mini_mias.images(config.film_weight)
        others = density_sources(collected, config, films=False)
        film_logits = cross_validated(collected.mini_mias.films, films, others, config.density)
        held_out.append((film_logits, films.allowed))
    too_sure = temperature(held_out)
    return SelectorOutcome(cooled(head, too_sure), too_sure, film_logits)
