"""Labels and scores side by side: one row a breast, one row a study, and their CSV file."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mammovlm.findings import Density, DensityCategory
from mammovlm.study import Laterality
from mammovlm.training.evaluation_labels import (
    BreastLabels,
    LabelledExam,
    study_density,
    study_malignant,
)
from mammovlm.training.evaluation_scores import (
    BreastScores,
    ExamOutcome,
    Shares,
    StudyScores,
)


@dataclass(frozen=True)
class BreastRow:
    """One breast that was assessed.

    Parameters
    ----------
    exam, patient
        Running numbers in the manifest, or a phantom's seed.
    labels
        What is known.
    scores
        What the model said.
    study
        What it said of the whole study.
    is_labelled
        Whether the manifest names this side at all.
    """

    exam: int
    patient: int
    labels: BreastLabels
    scores: BreastScores
    study: StudyScores
    is_labelled: bool = True

    @property
    def malignancy(self) -> float | None:
        """Score for malignancy: presence times suspicion, the chance of BI-RADS 4 or higher.

        Suspicion alone is only asked of breasts in which something is there.
        """
        presence, suspicion = self.scores.presence, self.scores.suspicion
        return None if presence is None or suspicion is None else presence * suspicion


@dataclass(frozen=True)
class StudyRow:
    """One study that was assessed: the labels and scores of its breasts put together.

    Parameters
    ----------
    patient
        Running number.
    density, malignant
        Labels; None where unknown.
    scores
        What the model said.
    malignancy, suspicion
        The highest of the breasts (four-systems A15).
    """

    patient: int
    density: DensityCategory | None
    malignant: int | None
    scores: StudyScores
    malignancy: float | None
    suspicion: float | None


@dataclass(frozen=True)
class EvaluationTable:
    """Everything that was assessed, and why the rest was not.

    Parameters
    ----------
    exams
        How many were asked for.
    breasts, studies
        Rows.
    refusals
        Reasons, one for each refused study or exam.
    """

    exams: int
    breasts: tuple[BreastRow, ...]
    studies: tuple[StudyRow, ...]
    refusals: tuple[str, ...]


def evaluation_table(
    exams: Iterable[LabelledExam], outcomes: Iterable[ExamOutcome]
) -> EvaluationTable:
    """Put labels beside scores, exam by exam in the same order."""
    breasts, studies, refusals = list[BreastRow](), list[StudyRow](), list[str]()
    count = 0
    for exam, outcome in zip(exams, outcomes, strict=True):
        count += 1
        refusals += outcome.refusals
        for study in outcome.studies:
            rows = [_breast_row(exam, study, scores) for scores in study.breasts]
            breasts += rows
            studies.append(_study_row(exam, study, rows))
    return EvaluationTable(count, tuple(breasts), tuple(studies), tuple(refusals))


def _breast_row(exam: LabelledExam, study: StudyScores, scores: BreastScores) -> BreastRow:
    known = exam.breasts.get(scores.laterality)
    labels = known or BreastLabels()
    return BreastRow(exam.number, exam.patient, labels, scores, study, known is not None)


def _study_row(exam: LabelledExam, study: StudyScores, rows: Sequence[BreastRow]) -> StudyRow:
    labels = [row.labels for row in rows if row.is_labelled]
    return StudyRow(
        patient=exam.patient,
        density=study_density(labels),
        malignant=study_malignant(labels),
        scores=study,
        malignancy=_highest(row.malignancy for row in rows),
        suspicion=_highest(row.scores.suspicion for row in rows),
    )


def _highest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def category(shares: Shares | None) -> DensityCategory | None:
    """Give the most probable density category; None without a trained selector."""
    return None if shares is None else Density(shares).category


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"


def _word(value: object) -> str:
    return "" if value is None else str(value)


def _probability(place: int) -> Callable[[BreastRow], str]:
    def read(row: BreastRow) -> str:
        return _number(row.scores.density[place] if row.scores.density else None)

    return read


_COLUMNS: Final[dict[str, Callable[[BreastRow], str]]] = {
    "exam": lambda row: str(row.exam),
    "patient": lambda row: str(row.patient),
    "laterality": lambda row: str(Laterality(row.scores.laterality)),
    "label_density": lambda row: "|".join(sorted(row.labels.densities)),
    "label_birads": lambda row: _word(row.labels.birads),
    "label_biopsy": lambda row: _word(row.labels.biopsy),
    "label_outcome": lambda row: _word(row.labels.outcome),
    "label_present": lambda row: _word(row.labels.present),
    "label_suspicious": lambda row: _word(row.labels.suspicious),
    "label_malignant": lambda row: _word(row.labels.malignant),
    "density": lambda row: _word(category(row.scores.density)),
    **{f"density_{letter}": _probability(place) for place, letter in enumerate(DensityCategory)},
    "presence": lambda row: _number(row.scores.presence),
    "suspicion": lambda row: _number(row.scores.suspicion),
    "malignancy": lambda row: _number(row.malignancy),
    "expert": lambda row: row.study.expert,
    "vendor": lambda row: row.study.vendor,
    "views": lambda row: "complete" if row.study.complete else "partial",
    "age_band": lambda row: row.study.age_band,
    "seconds": lambda row: f"{row.study.seconds:.3f}",
}


def write_results(path: Path, rows: Sequence[BreastRow]) -> None:
    """Write one row a breast; exams and patients are numbers, no name is in it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        writer.writerows([read(row) for read in _COLUMNS.values()] for row in rows)
