"""Phantom exams, drawn and prepared once: the model's inputs, the selector's features, the truth.

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

import mammovlm.model.density_selector
import mammovlm.model.image_processor
import mammovlm.model.pooling
import mammovlm.training.phantoms
from mammovlm.findings import DensityCategory
from mammovlm.model.image_processor import ImageProcessor
from mammovlm.training.features import FrozenEncoders
from mammovlm.training.phantoms import Biopsy, BreastTruth, PhantomExam, phantom_exam

SHARD = 20
"""Exams per file: under a minute of work is lost when a run is stopped."""
ROWS, COLUMNS = 504, 400


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
    """

    view: int
    row: float
    column: float
    radius: float
    assessment: int


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
    """Prepared phantom exams.

    Parameters
    ----------
    views
        uint8, (exams, 4, rows, columns), 255 = 1; views in hanging order.
    selector
        float32, (exams, 4, features).
    truths
        One per exam.
    """

    views: Tensor
    selector: Tensor
    truths: tuple[ExamTruth, ...]

    def rows(self, rows: Tensor) -> "PhantomExams":
        """Give some of the exams."""
        truths = tuple(self.truths[row] for row in rows.tolist())
        return PhantomExams(self.views[rows], self.selector[rows], truths)


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
    encoders: FrozenEncoders,
    progress: Callable[[int], None] = lambda done: None,
) -> PhantomExams:
    """Give prepared phantom exams, from the folder where they are there already.

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
    absent = [
        seed
        for group, path in zip(groups, paths, strict=True)
        if not path.is_file()
        for seed in group
    ]
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


def _prepared_exam(seed: int) -> tuple[Tensor, ExamTruth]:
    """Draw one exam and prepare its views; runs in a process of its own."""
    torch.set_num_threads(1)
    exam = phantom_exam(seed)
    processor = ImageProcessor(ROWS, COLUMNS)
    views, seen = [], []
    for index, (slot, view) in enumerate(exam.views.items()):
        prepared, placement = processor.placed(view.pixels)
        views.append(prepared[0])
        for mark in view.marks:
            row, column = placement.to_input(mark.row, mark.column)
            category = exam.breast(slot.laterality).lesions[mark.lesion].assessment
            seen.append(SeenLesion(index, row, column, mark.radius * placement.scale, category))
    return (torch.stack(views) * 255).round().byte(), truth_of(exam, tuple(seen))


def _write_shard(
    path: Path, exams: Sequence[tuple[Tensor, ExamTruth]], encoders: FrozenEncoders
) -> None:
    seen = [encoders.selector_features(views[:, None].float() / 255) for views, _ in exams]
    tensors = {"selector": torch.stack(seen), "views": torch.stack([views for views, _ in exams])}
    truths = json.dumps([asdict(truth) for _, truth in exams])
    unfinished = path.with_suffix(".part")
    save_file(tensors, unfinished, metadata={"truths": truths})
    unfinished.replace(path)


def _read_shard(path: Path) -> PhantomExams:
    with safe_open(path, framework="pt") as file:
        told = json.loads(file.metadata()["truths"])
        return PhantomExams(
            file.get_tensor("views"),
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


def _joined(shards: Iterator[PhantomExams]) -> PhantomExams:
    parts = list(shards)
    return PhantomExams(
        views=torch.cat([part.views for part in parts]),
        selector=torch.cat([part.selector for part in parts]),
        truths=tuple(truth for part in parts for truth in part.truths),
    )
