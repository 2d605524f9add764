"""Phantom exams as cached features and truth: drawn, seen once by the frozen encoders, kept.

A shard of some exams is one safetensors file; a run that was stopped goes on with the next shard.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

import mammovlm.model.image_processor
import mammovlm.model.pooling
import mammovlm.training.phantoms
from mammovlm.findings import DensityCategory
from mammovlm.model.image_processor import ImageProcessor
from mammovlm.training.features import FrozenEncoders
from mammovlm.training.phantoms import Biopsy, PhantomExam, phantom_exam

SHARD = 20
"""Exams per file: under a minute of work is lost when a run is stopped."""


@dataclass(frozen=True)
class ExamTruth:
    """What is true of one phantom exam, right breast before left.

    Parameters
    ----------
    seed
        Of the phantom; stands for the patient.
    densities, assessments
        BI-RADS composition as 0..3, category 1..5.
    suspicious
        The 3-versus-4 label corrected by biopsy (paper 3.2.4), 0 or 1; -1 where the breast is
        BI-RADS 1 or 2 and the question is not asked.
    metadata
        By field name, as a header would say it.
    """

    seed: int
    densities: tuple[int, int]
    assessments: tuple[int, int]
    suspicious: tuple[int, int]
    metadata: dict[str, str]


@dataclass(frozen=True)
class PhantomFeatures:
    """Features and truth of phantom exams.

    Parameters
    ----------
    selector
        float32, (exams, 4, features); views in hanging order.
    experts
        By name: float16, (exams, 4, 3, channels).
    truths
        One per exam.
    """

    selector: Tensor
    experts: dict[str, Tensor]
    truths: tuple[ExamTruth, ...]


def truth_of(exam: PhantomExam) -> ExamTruth:
    """Put the truth of an exam into numbers."""
    right, left = exam.breasts

    def suspicious(assessment: int, biopsy: Biopsy) -> int:
        if assessment < 3:
            return -1
        if biopsy is Biopsy.NONE:
            return int(assessment >= 4)
        return int(biopsy is Biopsy.MALIGNANT)

    order = list(DensityCategory)
    return ExamTruth(
        seed=exam.seed,
        densities=(order.index(right.density), order.index(left.density)),
        assessments=(right.assessment, left.assessment),
        suspicious=(
            suspicious(right.assessment, right.biopsy),
            suspicious(left.assessment, left.biopsy),
        ),
        metadata=exam.metadata,
    )


def phantom_features(
    seeds: Sequence[int],
    folder: Path,
    encoders: FrozenEncoders,
    progress: Callable[[int], None] = lambda done: None,
) -> PhantomFeatures:
    """Give the features of phantom exams, from the folder where they are there already.

    Parameters
    ----------
    seeds
        One exam each, default phantoms (balanced over density and BI-RADS).
    folder
        Where shards are kept, below a folder named after the code that made them.
    encoders
        Frozen.
    progress
        Told the number of exams done.
    """
    home = folder / f"phantoms-{phantoms_fingerprint()[:12]}"
    home.mkdir(parents=True, exist_ok=True)
    groups = [tuple(seeds[start : start + SHARD]) for start in range(0, len(seeds), SHARD)]
    paths = [home / f"{group[0]:06d}-{group[-1]:06d}-{len(group)}.safetensors" for group in groups]
    absent = [seed for group, path in zip(groups, paths, strict=True)
              if not path.is_file() for seed in group]  # fmt: skip
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        drawn = pool.map(_prepared_exam, absent)
        done = 0
        for group, path in zip(groups, paths, strict=True):
            if not path.is_file():
                _write_shard(path, [next(drawn) for _ in group], encoders)
            done += len(group)
            progress(done)
    return _joined(_read_shard(path) for path in paths)


def phantoms_fingerprint() -> str:
    """Hash the code that decides what a cached feature is: phantoms, preparation, pooling."""
    package = Path(mammovlm.training.phantoms.__file__).parent
    return _hash_of(sorted(package.glob("*.py")), preparation_fingerprint())


def preparation_fingerprint() -> str:
    """Hash the code between an image and its features."""
    modules = (mammovlm.model.image_processor, mammovlm.model.pooling)
    return _hash_of([Path(str(module.__file__)) for module in modules], "")


def _hash_of(files: Sequence[Path], before: str) -> str:
    together = hashlib.sha256(before.encode())
    for file in files:
        together.update(file.read_bytes())
    return together.hexdigest()


def _prepared_exam(seed: int) -> tuple[Tensor, ExamTruth]:
    """Draw one exam and prepare its views; runs in a process of its own."""
    torch.set_num_threads(1)
    exam = phantom_exam(seed)
    processor = ImageProcessor(504, 400)
    views = [processor.prepare(view.pixels) for view in exam.views.values()]
    return (torch.stack(views) * 255).round().byte(), truth_of(exam)


def _write_shard(
    path: Path, exams: Sequence[tuple[Tensor, ExamTruth]], encoders: FrozenEncoders
) -> None:
    seen = [encoders.see(views.float() / 255) for views, _ in exams]
    tensors = {"selector": torch.stack([each.selector for each in seen])}
    for name in seen[0].experts:
        tensors[f"expert.{name}"] = torch.stack([each.experts[name] for each in seen])
    truths = json.dumps([asdict(truth) for _, truth in exams])
    unfinished = path.with_suffix(".part")
    save_file(tensors, unfinished, metadata={"truths": truths})
    unfinished.replace(path)


def _read_shard(path: Path) -> PhantomFeatures:
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        told = json.loads(file.metadata()["truths"])
    truths = tuple(
        ExamTruth(
            seed=each["seed"],
            densities=tuple(each["densities"]),
            assessments=tuple(each["assessments"]),
            suspicious=tuple(each["suspicious"]),
            metadata=each["metadata"],
        )
        for each in told
    )
    experts = {
        name.removeprefix("expert."): tensor
        for name, tensor in tensors.items()
        if name.startswith("expert.")
    }
    return PhantomFeatures(tensors["selector"], experts, truths)


def _joined(shards: Iterator[PhantomFeatures]) -> PhantomFeatures:
    parts = list(shards)
    return PhantomFeatures(
        selector=torch.cat([part.selector for part in parts]),
        experts={
            name: torch.cat([part.experts[name] for part in parts]) for name in parts[0].experts
        },
        truths=tuple(truth for part in parts for truth in part.truths),
    )
