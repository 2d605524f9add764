"""The exams that a stage at full size learns from and is measured on: phantoms, or a manifest's."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from mammovlm.findings import DensityCategory
from mammovlm.model.presets import Preset
from mammovlm.training.full_size.held_out import split_of
from mammovlm.training.full_size.manifest_files import Prepared
from mammovlm.training.full_size.manifest_source import ManifestTraining, teaches
from mammovlm.training.full_size.phantom_source import PhantomTraining
from mammovlm.training.full_size.plan import FullStage
from mammovlm.training.full_size.shown_exams import Tokenise
from mammovlm.training.full_size.weights_folder import ExamSplit
from mammovlm.training.phantom_exams import PhantomExams

_PHANTOM_LIMITS = (
    "Nothing was learned from a patient: on real images these numbers show that the method runs, "
    "and no more."
)


@dataclass(frozen=True)
class ChosenExams:
    """Where a run's exams come from.

    Parameters
    ----------
    split
        Gives the exams as a stage is shown them.
    name
        What they are, in words, after their number.
    key
        Stands for them in names of files.
    limits
        What a report must say of weights that rest on them.
    """

    split: Callable[[FullStage], ExamSplit]
    name: str
    key: str
    limits: str


def routes_of(preset: Preset, *, routed: bool) -> tuple[int, int, int, int]:
    """Give the experts of densities A to D.

    Parameters
    ----------
    routed
        False: the one that the paper trains along with UMiCon sees all (3.2.3); True: each density
        its own, as at inference (four-systems A7).
    """
    names = tuple(preset.experts)
    wanted = [preset.routes[each] if routed else preset.fallback for each in DensityCategory]
    first, second, third, fourth = (names.index(name) for name in wanted)
    return first, second, third, fourth


def phantom_split(
    exams: PhantomExams, stage: FullStage, tokenise: Tokenise, routes: tuple[int, int, int, int]
) -> ExamSplit:
    """Split phantoms, a fifth of them held out; the same in every stage."""

    def some(rows: range) -> PhantomTraining:
        chosen = exams.rows(torch.tensor(rows, dtype=torch.long))
        return PhantomTraining(chosen, stage, tokenise, routes)

    split = split_of(len(exams.truths))
    return ExamSplit(some(split.training), some(split.validation), some(split.test))


def chosen_phantoms(
    exams: PhantomExams, tokenise: Tokenise, routes: tuple[int, int, int, int]
) -> ChosenExams:
    """Choose phantoms."""
    first, count = exams.truths[0].seed, len(exams.truths)
    return ChosenExams(
        lambda stage: phantom_split(exams, stage, tokenise, routes),
        "simulated exams (phantoms)",
        f"{first}-{count}",
        _PHANTOM_LIMITS,
    )


def chosen_manifest(
    prepared: Prepared,
    name: str,
    tokenise: Tokenise,
    preset: Preset,
    routes: tuple[int, int, int, int],
) -> ChosenExams:
    """Choose the exams of a manifest, which says who is held out.

    A stage learns from those whose labels teach it something; measured are all.
    """
    fallback = tuple(preset.experts).index(preset.fallback)

    def split(stage: FullStage) -> ExamSplit:
        taught = [exam for exam in prepared.exams["train"] if teaches(exam, stage)]
        training, validation, test = (
            ManifestTraining(exams, stage, tokenise, (*routes, fallback))
            for exams in (taught, prepared.exams["dev"], prepared.exams["test"])
        )
        return ExamSplit(training, validation, test)

    return ChosenExams(split, f"exams of the manifest {name}", f"manifest-{name}", "")
