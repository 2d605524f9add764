"""The exams of a manifest as the stages at full size take them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mammovlm.findings import DensityCategory
from mammovlm.study import HANGING_ORDER, Laterality
from mammovlm.training.evaluation_labels import BreastLabels, LabelledExam, study_density
from mammovlm.training.full_size.exams import ExamBatch
from mammovlm.training.full_size.manifest_files import PreparedExam
from mammovlm.training.full_size.plan import FullStage
from mammovlm.training.full_size.routed_exams import RoutedExams
from mammovlm.training.full_size.shown_exams import (
    REPORT_SHARE,
    chance_of,
    copies_of,
    header_texts,
    numbers_of,
)
from mammovlm.training.made_of import hash_of

_CATEGORIES = tuple(DensityCategory)
_SIDES = (Laterality.RIGHT, Laterality.LEFT)


@dataclass(frozen=True)
class ManifestTraining(RoutedExams[Sequence[PreparedExam]]):
    """Prepared exams of a manifest with its labels; see `CompleteExams`.

    What a label leaves open teaches nothing: a density that is not named allows all four, and the
    heads are not asked of a breast without an assessment. An exam without a report has none in S1
    either, and only its masked pairs are contrasted.

    Parameters
    ----------
    exams
        Of one split.
    stage, tokenise
        See `RoutedExams`.
    routes
        Indices of the experts that see studies of density A, B, C and D, then of the one that sees
        those whose density is not known.
    """

    routes: tuple[int, int, int, int, int]

    @property
    def patients(self) -> Sequence[int]:
        """Numbers that follow from the patients' names."""
        return [exam.patient for exam in self.exams]

    @property
    def identity(self) -> str:
        """Hash of the exams' names, files and labels, and of how they are shown."""
        return hash_of(
            {
                "exams": [_told(exam) for exam in self.exams],
                "stage": self.stage,
                "routes": self.routes,
            }
        )

    def __len__(self) -> int:
        """Count the exams."""
        return len(self.exams)

    def batch(self, rows: Sequence[int], step: int) -> ExamBatch:
        """Read exams; see `ExamSource`."""
        some = [self.exams[row] for row in rows]
        breasts = [_labels(exam.labelled) for exam in some]
        patients = [exam.patient for exam in some]
        chance = [chance_of(patient, step) for patient in patients]
        views = torch.stack([exam.views() for exam in some])
        metadata = [text for row in zip(some, chance, strict=True) for text in self._words(*row)]
        drawn = [self.stage == "S1" or rng.random() < REPORT_SHARE for rng in chance]
        reported = [set(exam.labelled.reports) == set(_SIDES) for exam in some]
        return ExamBatch(
            views=views,
            copies=copies_of(self.stage, views, patients, step),
            allowed=torch.stack([_allowed(each) for each in breasts]),
            experts=torch.tensor([self.routes[_category(each)] for each in breasts]),
            metadata=self._numbers(metadata, len(HANGING_ORDER)),
            reports=self._numbers([_report(exam, side) for exam in some for side in _SIDES], 2),
            told=torch.tensor([a and b for a, b in zip(drawn, reported, strict=True)]),
            presence=torch.tensor([[_asked(each.present) for each in pair] for pair in breasts]),
            suspicious=torch.tensor(
                [[_asked(each.suspicious) for each in pair] for pair in breasts]
            ),
            patients=torch.tensor(patients),
        )

    def headers(self, row: int) -> Sequence[Mapping[str, str]]:
        """Read them; see `RoutedExams`."""
        return self.exams[row].headers()

    def _words(self, exam: PreparedExam, chance: np.random.Generator) -> list[str]:
        headers: Sequence[Mapping[str, str]] = exam.headers()
        return header_texts(self.stage, headers, study_density(_labels(exam.labelled)), chance)

    def _numbers(self, texts: list[str], each: int) -> Tensor:
        if self.stage == "S0":
            return torch.zeros(len(texts) // each, each, 0, dtype=torch.long)
        return numbers_of(self.tokenise, texts, each)


def teaches(exam: PreparedExam, stage: FullStage) -> bool:
    """Tell whether an exam's labels teach a stage anything: S0 densities, S2 assessments."""
    breasts = _labels(exam.labelled)
    if stage == "S0":
        return all(breast.densities for breast in breasts)
    return stage == "S1" or any(breast.present is not None for breast in breasts)


def _labels(exam: LabelledExam) -> tuple[BreastLabels, BreastLabels]:
    right, left = (exam.breasts.get(side, BreastLabels()) for side in _SIDES)
    return right, left


def _told(exam: PreparedExam) -> tuple[object, ...]:
    """Give all that is told of an exam, in an order that is the same in every process."""
    labels = [
        (sorted(each.densities), each.present, each.suspicious) for each in _labels(exam.labelled)
    ]
    return exam.file.name, exam.patient, labels, sorted(exam.labelled.reports.items())


def _allowed(breasts: Sequence[BreastLabels]) -> Tensor:
    """Give the compositions that labels allow, (4, 4), in hanging order."""
    rows = [
        [float(not each.densities or category in each.densities) for category in _CATEGORIES]
        for each in breasts
    ]
    return torch.tensor(rows)[[0, 1, 0, 1]]


def _category(breasts: Sequence[BreastLabels]) -> int:
    density = study_density(breasts)
    return len(_CATEGORIES) if density is None else _CATEGORIES.index(density)


def _asked(label: int | None) -> int:
    return -1 if label is None else label


def _report(exam: PreparedExam, side: Laterality) -> str:
    return exam.labelled.reports.get(side, "")
