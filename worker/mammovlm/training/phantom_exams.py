"""Phantom exams, drawn and prepared once: the model's inputs, the selector's features, the truth.

A shard of some exams is one safetensors file; a run that was stopped goes on with the next shard.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from threadpoolctl import threadpool_limits
from torch import Tensor

import mammovlm.model.density_selector
import mammovlm.model.image_processor
import mammovlm.model.pooling
import mammovlm.training.phantoms
from mammovlm.findings import DensityCategory
from mammovlm.model.image_processor import ImageProcessor
from mammovlm.training.features import CompactEncoders
from mammovlm.training.phantoms import Biopsy, BreastTruth, CaseMix, PhantomExam, phantom_exam

SHARD = 20
"""Exams per file: under a minute of work is lost when a run is stopped."""
ROWS, COLUMNS = 1008, 800


@dataclass(frozen=True)
class SeenLesion:
    """A lesion in the model's input.

    Parameters
    ----------
    view
        0..3 in hanging order.
    row, column, radius
        In pixels of the input.
    assessment
        BI-RADS category of the lesion, 2..5.
    kind
        One of `LesionKind`.
    """

    view: int
    row: float
    column: float
    radius: float
    assessment: int
    kind: str


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
    lesions
        Where they are seen.
    """

    seed: int
    densities: tuple[int, int]
    assessments: tuple[int, int]
    suspicious: tuple[int, int]
    metadata: dict[str, str]
    lesions: tuple[SeenLesion, ...] = ()


@dataclass(frozen=True)
class PhantomExams:
    """Prepared phantom exams; their pictures stay in their files until one is asked for.

    Parameters
    ----------
    pictures
        File and row in it, per exam.
    selector
        float32, (exams, 4, features).
    truths
        One per exam.
    """

    pictures: tuple[tuple[Path, int], ...]
    selector: Tensor
    truths: tuple[ExamTruth, ...]

    def views(self, exam: int) -> Tensor:
        """Read the views of one exam in hanging order, uint8, (4, rows, columns), 255 = 1."""
        path, row = self.pictures[exam]
        with safe_open(path, framework="pt") as file:
            views: Tensor = file.get_slice("views")[row]
        return views

    def window(self, exam: int, view: int, rows: slice, columns: slice) -> Tensor:
        """Read a part of one view without the rest; see `views`."""
        path, row = self.pictures[exam]
        with safe_open(path, framework="pt") as file:
            part: Tensor = file.get_slice("views")[row, view, rows, columns]
        return part

    def rows(self, rows: Tensor) -> "PhantomExams":
        """Give some of the exams."""
        chosen = rows.tolist()
        return PhantomExams(
            tuple(self.pictures[row] for row in chosen),
            self.selector[rows],
            tuple(self.truths[row] for row in chosen),
        )


def truth_of(exam: PhantomExam, lesions: tuple[SeenLesion, ...] = ()) -> ExamTruth:
    """Put the truth of an exam into numbers."""
    right, left = exam.breasts
    order = list(DensityCategory)
    return ExamTruth(
        seed=exam.seed,
        densities=(order.index(right.density), order.index(left.density)),
        assessments=(right.assessment, left.assessment),
        suspicious=(_suspicious(right), _suspicious(left)),
        metadata=exam.metadata,
        lesions=lesions,
    )


def _suspicious(breast: BreastTruth) -> int:
    if breast.assessment < 3:
        return -1
    if breast.biopsy is Biopsy.NONE:
        return int(breast.assessment >= 4)
    return int(breast.biopsy is Biopsy.MALIGNANT)


def phantom_exams(
    seeds: Sequence[int],
    folder: Path,
    encoders: CompactEncoders,
    case_mix: CaseMix = CaseMix.TEACHING,
    progress: Callable[[int], None] = lambda done: None,
) -> PhantomExams:
    """Give prepared phantom exams, from the folder where they are there already.

    Parameters
    ----------
    seeds
        One exam each.
    folder
        Where shards are kept, below a folder named after the code that made them.
    encoders
        The selector's is asked.
    case_mix
        TEACHING by default: findings mostly by the book, where tables of readers who disagree
        leave little to learn.
    progress
        Told the number of exams done.
    """
    home = folder / f"phantoms-{phantoms_fingerprint()[:12]}"
    home.mkdir(parents=True, exist_ok=True)
    groups = [tuple(seeds[start : start + SHARD]) for start in range(0, len(seeds), SHARD)]
    paths = [home / f"{case_mix}-{group[0]:06d}-{group[-1]:06d}.safetensors" for group in groups]
    absent = [
        seed
        for group, path in zip(groups, paths, strict=True)
        if not path.is_file()
        for seed in group
    ]
    with ProcessPoolExecutor(processes_for(len(absent)), mp_context=get_context("spawn")) as pool:
        drawn = pool.map(_prepared_exam, absent, repeat(case_mix))
        done = 0
        for group, path in zip(groups, paths, strict=True):
            if not path.is_file():
                write_shard(path, [next(drawn) for _ in group], encoders)
            done += len(group)
            progress(done)
    return joined(read_shard(path) for path in paths)


def processes_for(exams: int) -> int:
    """Give the number of processes that make exams: one a core that this one may use."""
    return max(1, min(exams, len(os.sched_getaffinity(0))))


def phantoms_fingerprint() -> str:
    """Hash the code that decides what a phantom's features are: phantoms and preparation."""
    package = Path(mammovlm.training.phantoms.__file__).parent
    drawing = [path for path in sorted(package.glob("*.py")) if not path.name.startswith("__")]
    return _hash_of(drawing, preparation_fingerprint())


def preparation_fingerprint() -> str:
    """Hash the code between an image and its features."""
    modules = (
        mammovlm.model.image_processor,
        mammovlm.model.pooling,
        mammovlm.model.density_selector,
    )
    return _hash_of([Path(str(module.__file__)) for module in modules], "")


def _hash_of(files: Sequence[Path], before: str) -> str:
    together = hashlib.sha256(before.encode())
    for file in files:
        together.update(file.read_bytes())
    return together.hexdigest()


def _prepared_exam(seed: int, case_mix: CaseMix) -> tuple[Tensor, ExamTruth]:
    """Draw one exam and prepare its views; runs in a process of its own.

    On one thread, whatever the environment says: with two, sums are rounded otherwise, and now and
    then a pixel is another one.
    """
    torch.set_num_threads(1)
    with threadpool_limits(1):
        exam = phantom_exam(seed, rows=ROWS, columns=COLUMNS, case_mix=case_mix)
    processor = ImageProcessor(ROWS, COLUMNS)
    views, seen = [], []
    for index, (slot, view) in enumerate(exam.views.items()):
        prepared, placement = processor.placed(view.pixels)
        views.append(prepared[0])
        for mark in view.marks:
            row, column = placement.to_input(mark.row, mark.column)
            lesion = exam.breast(slot.laterality).lesions[mark.lesion]
            radius = mark.radius * placement.scale
            seen.append(SeenLesion(index, row, column, radius, lesion.assessment, str(lesion.kind)))
    return (torch.stack(views) * 255).round().byte(), truth_of(exam, tuple(seen))


def write_shard(
    path: Path, exams: Sequence[tuple[Tensor, ExamTruth]], encoders: CompactEncoders
) -> None:
    """Write exams with what the selector's encoder sees of them.

    Parameters
    ----------
    exams
        Views, uint8, (4, rows, columns), and what is true of them.
    """
    seen = [encoders.selector_features(views[:, None].float() / 255) for views, _ in exams]
    tensors = {"selector": torch.stack(seen), "views": torch.stack([views for views, _ in exams])}
    truths = json.dumps([asdict(truth) for _, truth in exams])
    unfinished = path.with_suffix(".part")
    save_file(tensors, unfinished, metadata={"truths": truths})
    unfinished.replace(path)


def read_shard(path: Path) -> PhantomExams:
    """Read what `write_shard` wrote; the pictures stay in the file."""
    with safe_open(path, framework="pt") as file:
        told = json.loads(file.metadata()["truths"])
        return PhantomExams(
            tuple((path, row) for row in range(len(told))),
            file.get_tensor("selector"),
            tuple(_truth_from(each) for each in told),
        )


def _truth_from(told: dict[str, object]) -> ExamTruth:
    def tuples(value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    lesions = told.pop("lesions")
    assert isinstance(lesions, list)
    plain = {name: tuples(value) for name, value in told.items()}
    return ExamTruth(**plain, lesions=tuple(SeenLesion(**each) for each in lesions))  # type: ignore[arg-type]


def joined(shards: Iterator[PhantomExams]) -> PhantomExams:
    """Put the exams of several shards one behind the other."""
    parts = list(shards)
    return PhantomExams(
        pictures=tuple(picture for part in parts for picture in part.pictures),
        selector=torch.cat([part.selector for part in parts]),
        truths=tuple(truth for part in parts for truth in part.truths),
    )
