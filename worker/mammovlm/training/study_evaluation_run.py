"""One evaluation from exams to files: assess, measure, write report, table, numbers and plots."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mammovlm.imaging import ReadingLimits
from mammovlm.model import MammoVLM
from mammovlm.settings import Settings
from mammovlm.training.evaluation import DRAWS
from mammovlm.training.evaluation_table import evaluation_table, write_results
from mammovlm.training.study_evaluation import Journal, assess_exams
from mammovlm.training.study_evaluation_films import measure_films
from mammovlm.training.study_evaluation_measures import (
    EvaluationResult,
    FilmResult,
    as_plain,
    measure_evaluation,
)
from mammovlm.training.study_evaluation_plots import draw_plots
from mammovlm.training.study_evaluation_report import EvaluationHead, evaluation_markdown
from mammovlm.training.study_evaluation_sources import ExamSource
from mammovlm.training.study_evaluation_thresholds import operating_thresholds

JOURNAL: Final = "assessed.jsonl"
Told = Callable[[str, int, int], None]
"""Called with what is counted, how many are done, and of how many."""


@dataclass(frozen=True)
class Evaluation:
    """What to measure, with what, and where the result goes.

    Parameters
    ----------
    model, settings
        The weights, and the limits and threshold that the worker has.
    source
        Labelled exams; None for films alone.
    are_phantoms
        Whether none of the exams is real.
    mini_mias
        Folder of mini-MIAS films; None without.
    out
        Gets evaluation.md, results.csv, metrics.json, the plots, and the journal from which a
        later call goes on.
    draws
        Of the bootstrap over patients.
    """

    model: MammoVLM
    settings: Settings
    source: ExamSource | None
    are_phantoms: bool
    mini_mias: Path | None
    out: Path
    draws: int = DRAWS


def run_evaluation(asked: Evaluation, told: Told) -> Path:
    """Measure and write everything.

    Returns
    -------
    Path
        Of the report, markdown.

    Raises
    ------
    FileNotFoundError, ValueError
        Where the mini-MIAS folder is not as it must be.
    """
    asked.out.mkdir(parents=True, exist_ok=True)
    films = None if asked.mini_mias is None else _films(asked, asked.mini_mias, told)
    result = None if asked.source is None else _exams(asked, asked.source, told)
    return _write(asked, result, films)


def _films(asked: Evaluation, folder: Path, told: Told) -> FilmResult:
    return measure_films(folder, asked.settings, lambda done, total: told("films", done, total))


def _exams(asked: Evaluation, source: ExamSource, told: Told) -> EvaluationResult:
    exams = source.exams
    journal = Journal(asked.out / JOURNAL, asked.model.algorithm.device_uid)
    outcomes = assess_exams(
        source,
        asked.model,
        ReadingLimits.from_settings(asked.settings),
        journal,
        lambda done: told("exams", done, len(exams)),
    )
    table = evaluation_table(exams, outcomes)
    write_results(asked.out / "results.csv", table.breasts)
    return measure_evaluation(table, operating_thresholds(asked.settings), asked.draws)


def _write(asked: Evaluation, result: EvaluationResult | None, films: FilmResult | None) -> Path:
    head = EvaluationHead(
        algorithm=asked.model.algorithm,
        data=asked.source.description if asked.source else "mini-MIAS films",
        are_phantoms=asked.are_phantoms,
        date=datetime.now(UTC).date().isoformat(),
        draws=asked.draws,
    )
    plots: tuple[str, ...] = ()
    if result is not None:
        kind = "phantoms" if asked.are_phantoms else "real"
        plots = draw_plots(result, asked.out, f"{result.studies} studies, {kind}")
    numbers = {"head": as_plain(head), "exams": as_plain(result), "mini_mias": as_plain(films)}
    metrics = json.dumps(numbers, indent=2, allow_nan=False)
    (asked.out / "metrics.json").write_text(metrics + "\n", encoding="utf-8")
    report = asked.out / "evaluation.md"
    report.write_text(evaluation_markdown(head, result, films, plots), encoding="utf-8")
    return report
