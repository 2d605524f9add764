"""Reads and prepares the exams that a manifest names, once, as a worker reads a study."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from mammovlm.errors import StudyRejected
from mammovlm.imaging.limits import ReadingLimits
from mammovlm.imaging.reading import read_study
from mammovlm.model.image_processor import ImageProcessor
from mammovlm.model.metadata_text import FIELDS
from mammovlm.study import HANGING_ORDER, Slot, View
from mammovlm.training.datasets import ManifestRow, split_by_patient
from mammovlm.training.evaluation_labels import LabelledExam
from mammovlm.training.phantom_exams import preparation_fingerprint, processes_for
from mammovlm.training.study_evaluation_sources import NothingLabelled, manifest_exams
from mammovlm.training.study_files import files_by_study

_HEADERS: Final = "headers"
_FEW: Final = 20
INCOMPLETE: Final = "without all four standard views"
"""Why an exam is passed over: a batch holds exams of four views."""


@dataclass(frozen=True)
class PreparedExam:
    """An exam with its labels, and the file that its prepared views lie in.

    Parameters
    ----------
    labelled
        Labels and scrubbed reports by breast.
    patient
        A number that follows from the patient's name alone, so that it is the same in every
        manifest.
    file
        Safetensors.
    """

    labelled: LabelledExam
    patient: int
    file: Path

    def views(self) -> Tensor:
        """Read the views in hanging order, uint8, (4, rows, columns), 255 = 1."""
        with safe_open(self.file, framework="pt") as file:
            views: Tensor = file.get_tensor("views")
        return views

    def headers(self) -> Sequence[Mapping[str, str]]:
        """Read what each view's header says, by `FIELDS`."""
        with safe_open(self.file, framework="pt") as file:
            told: Sequence[Mapping[str, str]] = json.loads(file.metadata()[_HEADERS])
        return told


@dataclass(frozen=True)
class Prepared:
    """The exams of a manifest by split, and what was passed over.

    Parameters
    ----------
    exams
        By "train", "dev" and "test"; no patient is in two of them.
    passed_over
        Exams by reason.
    """

    exams: Mapping[str, tuple[PreparedExam, ...]]
    passed_over: Mapping[str, int]


def prepared_exams(
    rows: Sequence[ManifestRow],
    folder: Path,
    size: tuple[int, int],
    progress: Callable[[int], None] = lambda done: None,
) -> Prepared:
    """Prepare all exams of a manifest, or find them prepared.

    Parameters
    ----------
    rows
        Patients without a split get one, by their name alone (`split_by_patient`).
    folder
        Where prepared exams are kept, a file each, below a folder named after code and size.
    size
        Rows and columns of the preset's images.
    progress
        Told the number of exams done.
    """
    split = split_by_patient(rows)
    home = folder / f"exams-{preparation_fingerprint()[:12]}-{size[0]}x{size[1]}"
    home.mkdir(parents=True, exist_ok=True)
    patients = _patients(rows)
    exams = {
        name: [
            PreparedExam(each, patients[each.number - 1], home / f"{each.key}.safetensors")
            for each in _labelled(split, name)
        ]
        for name in ("train", "dev", "test")
    }
    everyone = [exam for some in exams.values() for exam in some]
    absent = [exam for exam in everyone if not exam.file.is_file()]
    passed = Counter[str]()
    for done, reason in enumerate(_prepared(absent, size), 1 + len(everyone) - len(absent)):
        passed.update([reason] if reason else [])
        progress(done)
    kept = {name: tuple(e for e in some if e.file.is_file()) for name, some in exams.items()}
    return Prepared(kept, dict(passed))


def _prepared(exams: Sequence[PreparedExam], size: tuple[int, int]) -> Iterator[str | None]:
    """Prepare exams, many in several processes, and tell of each why it is passed over, if so."""
    if len(exams) < _FEW:  # a process takes longer to start than a few exams
        yield from (_prepare(exam, size) for exam in exams)
        return
    with ProcessPoolExecutor(processes_for(len(exams)), get_context("spawn")) as pool:
        yield from pool.map(_prepare, exams, repeat(size))


def _labelled(rows: Sequence[ManifestRow], split: str) -> Sequence[LabelledExam]:
    try:
        return manifest_exams(rows, split, "the manifest").exams
    except NothingLabelled:
        return ()


def _patients(rows: Sequence[ManifestRow]) -> list[int]:
    """Give the patients of the exams, in the order in which the manifest first names these."""
    names = {row.exam: row.patient for row in reversed(rows)}
    order = dict.fromkeys(row.exam for row in rows)
    digests = (hashlib.sha256(names[exam].encode()).digest() for exam in order)
    return [int.from_bytes(digest[:6], "big") for digest in digests]


def _prepare(exam: PreparedExam, size: tuple[int, int]) -> str | None:
    """Write an exam's views and headers, or tell why it is passed over."""
    processor = ImageProcessor(*size)
    views = dict[Slot, View]()
    studies, _ = files_by_study(exam.labelled.files)
    for uid, instances in studies.items():
        try:
            study = read_study(uid, instances, (), ReadingLimits())
        except StudyRejected as rejected:
            return str(rejected.reason.value)
        for view in study.views:
            views.setdefault(view.slot, view)
    if set(HANGING_ORDER) - set(views):
        return INCOMPLETE
    four = [views[slot] for slot in HANGING_ORDER]
    grey = torch.stack([processor(view)[0] for view in four])
    headers = [
        {name: text for name, text in view.metadata.items() if name in FIELDS} for view in four
    ]
    unfinished = exam.file.with_suffix(".part")
    save_file({"views": (grey * 255).round().byte()}, unfinished, {_HEADERS: json.dumps(headers)})
    unfinished.replace(exam.file)
    return None
