"""All measures of one evaluation, from the table of labels and scores."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from math import isfinite
from statistics import median
from typing import Any, Final

import numpy as np

from mammovlm.training.evaluation import DRAWS, Measured
from mammovlm.training.evaluation_binary import (
    Cases,
    OperatingPoint,
    Ranking,
    operating_point,
    ranking,
)
from mammovlm.training.evaluation_calibration import Calibration, calibration
from mammovlm.training.evaluation_density import DensityResult, density_result
from mammovlm.training.evaluation_rule_out import RuleOut, rule_out_at_20
from mammovlm.training.evaluation_scores import Shares
from mammovlm.training.evaluation_slices import (
    MALIGNANCY,
    MALIGNANCY_BY_SUSPICION,
    PRESENCE,
    SUSPICION,
    Question,
    Slice,
    slices_of,
)
from mammovlm.training.evaluation_table import EvaluationTable, StudyRow

ZERO_SHOT: Final = "language model asked, images alone (zero-shot)"
"""Four-systems A20; never in a report."""
Thresholds = Mapping[str, Mapping[str, float]]
"""By score ("presence", "suspicion"), then by name ("stored with the weights")."""


@dataclass(frozen=True)
class HeadResult:
    """How well one head does.

    Parameters
    ----------
    asked
        Its question, in words.
    cases
        What it was measured on.
    ranking, points, calibration, slices
        Measures.
    """

    asked: str
    cases: Cases
    ranking: Ranking
    points: tuple[OperatingPoint, ...]
    calibration: Calibration
    slices: tuple[Slice, ...]


@dataclass(frozen=True)
class MalignancyResult:
    """How well one score tells malignant from benign.

    Parameters
    ----------
    score, unit
        What was ranked: "presence × suspicion" or "suspicion", of a "breast" or a "study", or
        `ZERO_SHOT`, of a study.
    cases
        What it was measured on.
    ranking, rule_out
        Measures; no rule-out where there are too few.
    """

    score: str
    unit: str
    cases: Cases
    ranking: Ranking
    rule_out: RuleOut | None


@dataclass(frozen=True)
class EvaluationResult:
    """Everything that was measured.

    Parameters
    ----------
    exams, studies, breasts, patients
        Counts; exams asked for, the others assessed.
    partial, sides_without_label
        Studies without all four views; breasts whose side the manifest does not name.
    refusals
        How often, by reason.
    seconds
        Median of reading and model, per study.
    density
        By "study" and "breast".
    heads
        By name; a head without any label is absent.
    malignancy
        Scores and units.
    """

    exams: int
    studies: int
    breasts: int
    patients: int
    partial: int
    sides_without_label: int
    refusals: Mapping[str, int]
    seconds: float | None
    density: Mapping[str, DensityResult]
    heads: Mapping[str, HeadResult]
    malignancy: tuple[MalignancyResult, ...]


@dataclass(frozen=True)
class FilmResult:
    """Measures on mini-MIAS films.

    Parameters
    ----------
    films
        How many.
    measured
        By question, with counts; each with what chance gives.
    """

    films: int
    measured: Mapping[str, tuple[Measured, float]]


def measure_evaluation(
    table: EvaluationTable, thresholds: Thresholds, draws: int = DRAWS
) -> EvaluationResult:
    """Measure everything that the labels allow.

    Parameters
    ----------
    thresholds
        Operating points to report, fixed beforehand.
    draws
        Of the bootstrap over patients.
    """
    seconds = [row.scores.seconds for row in table.studies]
    heads = {
        question.name: _head(question, table, thresholds.get(question.name, {}), draws)
        for question in (SUSPICION, PRESENCE)
    }
    return EvaluationResult(
        exams=table.exams,
        studies=len(table.studies),
        breasts=len(table.breasts),
        patients=len({row.patient for row in table.studies}),
        partial=sum(not row.scores.complete for row in table.studies),
        sides_without_label=sum(not row.is_labelled for row in table.breasts),
        refusals=dict(Counter(table.refusals).most_common()),
        seconds=median(seconds) if seconds else None,
        density=_density(table, draws),
        heads={name: head for name, head in heads.items() if head is not None},
        malignancy=tuple(_malignancy(table, draws)),
    )


def _density(table: EvaluationTable, draws: int) -> Mapping[str, DensityResult]:
    by_study = [(row.density, row.scores.density, row.patient) for row in table.studies]
    by_breast = [(row.labels.density, row.scores.density, row.patient) for row in table.breasts]
    results = {}
    for unit, told in (("study", by_study), ("breast", by_breast)):
        known = [(t, s, p) for t, s, p in told if t is not None and s is not None]
        said: Sequence[Shares] = [s for _, s, _ in known]
        result = density_result([t for t, _, _ in known], said, [p for _, _, p in known], draws)
        if result is not None:
            results[unit] = result
    return results


def _head(
    question: Question, table: EvaluationTable, thresholds: Mapping[str, float], draws: int
) -> HeadResult | None:
    cases = question.cases(table.breasts)
    if not cases.labels.size:
        return None
    return HeadResult(
        asked=question.asked,
        cases=cases,
        ranking=ranking(cases, draws),
        points=tuple(operating_point(cases, *point, draws) for point in thresholds.items()),
        calibration=calibration(cases, draws),
        slices=slices_of(question, table.breasts, draws),
    )


def _malignancy(table: EvaluationTable, draws: int) -> list[MalignancyResult]:
    scored = {
        ("study", MALIGNANCY.name): _study_cases([(row, row.malignancy) for row in table.studies]),
        ("study", SUSPICION.name): _study_cases([(row, row.suspicion) for row in table.studies]),
        ("study", ZERO_SHOT): _study_cases([(row, row.scores.zero_shot) for row in table.studies]),
        ("breast", MALIGNANCY.name): MALIGNANCY.cases(table.breasts),
        ("breast", SUSPICION.name): MALIGNANCY_BY_SUSPICION.cases(table.breasts),
    }
    return [
        MalignancyResult(score, unit, cases, ranking(cases, draws), rule_out_at_20(cases, draws))
        for (unit, score), cases in scored.items()
        if cases.labels.size
    ]


def _study_cases(scored: Sequence[tuple[StudyRow, float | None]]) -> Cases:
    known = [
        (row.malignant, score, row.patient)
        for row, score in scored
        if row.malignant is not None and score is not None
    ]
    return Cases(
        np.array([label for label, _, _ in known], dtype=np.int64),
        np.array([score for _, score, _ in known], dtype=np.float64),
        np.array([patient for _, _, patient in known], dtype=np.int64),
    )


def as_plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Give a result as JSON can hold it: no arrays of cases, and null for what is no number."""
    if isinstance(value, Cases):
        return None
    if is_dataclass(value) and not isinstance(value, type):
        told = {field.name: as_plain(getattr(value, field.name)) for field in fields(value)}
        return {name: each for name, each in told.items() if name != "cases" or each is not None}
    if isinstance(value, Mapping):
        return {str(name): as_plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [as_plain(each) for each in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value
