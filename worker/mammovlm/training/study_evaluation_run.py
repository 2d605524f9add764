"""One evaluation from exams to files: assess, measure, write report, table, numbers and plots."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mammovlm.imaging import ReadingLimits
from mammovlm.model import MammoVLM
from mammovlm.training.evaluation_request import Evaluation
from mammovlm.training.evaluation_table import EvaluationTable, evaluation_table, write_results
from mammovlm.training.kept_texts import KeptTexts
from mammovlm.training.side_by_side import SideBySide, side_by_side
from mammovlm.training.side_by_side_report import side_by_side_lines
from mammovlm.training.study_branches import StudyProbe
from mammovlm.training.study_evaluation import Assessor, Journal, assess_exams
from mammovlm.training.study_evaluation_evidence import (
    EvidenceResult,
    evidence_lines,
    measure_evidence,
)
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
from mammovlm.training.study_evaluation_thresholds import (
    fixed_thresholds,
    operating_thresholds,
)
from mammovlm.training.study_evaluation_words import (
    WordsResult,
    measure_words,
    worded_exams,
    words_lines,
)
from mammovlm.training.training_run_tables import TrainingRun, read_training_run

JOURNAL: Final = "assessed.jsonl"
TEXTS: Final = "texts.jsonl"
Told = Callable[[str, int, int], None]
"""Called with what is counted, how many are done, and of how many."""


@dataclass(frozen=True)
class _Measured:
    """All results of the exams; no words where none were asked for.

    No evidence where nobody says where lesions lie.
    """

    exams: EvaluationResult
    evidence: EvidenceResult | None
    inputs: SideBySide | None
    words: WordsResult | None

    def lines(self) -> list[str]:
        """Give what the report says beside the first tables."""
        lines = list(evidence_lines(self.evidence)) if self.evidence else []
        lines += list(side_by_side_lines(self.inputs)) if self.inputs else []
        return lines + (list(words_lines(self.words)) if self.words else [])


def run_evaluation(asked: Evaluation, model: MammoVLM, told: Told) -> Path:
    """Measure and write everything.

    Parameters
    ----------
    asked
        What to measure.
    model
        The weights.
    told
        Whom to tell how far it is.

    Returns
    -------
    Path
        Of the report, markdown.

    Raises
    ------
    FileNotFoundError, ValueError
        Where the mini-MIAS folder or that of the training run is not as it must be.
    """
    run = None if asked.training_run is None else read_training_run(asked.training_run)
    asked.out.mkdir(parents=True, exist_ok=True)
    films = None if asked.mini_mias is None else _films(model, asked.mini_mias, told)
    found = None if asked.source is None else _exams(asked, asked.source, model, told)
    return _write(asked, model, found, films, run)


def _films(model: MammoVLM, folder: Path, told: Told) -> FilmResult:
    return measure_films(folder, model.parts, lambda done, total: told("films", done, total))


def _exams(asked: Evaluation, source: ExamSource, model: MammoVLM, told: Told) -> _Measured:
    exams, settings = source.exams, asked.settings
    device_uid = model.algorithm.device_uid
    assessor = Assessor(
        model,
        StudyProbe(model.parts, asked.every_expert),
        ReadingLimits.from_settings(settings),
        settings.suspicion_threshold,
    )
    outcomes = assess_exams(
        source,
        assessor,
        Journal(asked.out / JOURNAL, device_uid),
        lambda done: told("exams", done, len(exams)),
    )
    table = evaluation_table(exams, outcomes)
    write_results(asked.out / "results.csv", table.breasts)
    thresholds, words = operating_thresholds(settings), None
    if asked.texts:
        write = KeptTexts(model.write, asked.out / TEXTS, device_uid)
        complete = worded_exams(row.scores for row in table.studies)
        words = measure_words(write, complete, asked.texts, told)
    return _Measured(
        measure_evaluation(table, thresholds, asked.draws),
        measure_evidence(table, asked.draws),
        _inputs(model, table, fixed_thresholds(thresholds), asked.draws),
        words,
    )


def _inputs(
    model: MammoVLM, table: EvaluationTable, thresholds: Mapping[str, float], draws: int
) -> SideBySide | None:
    parts = model.parts
    if parts.joint is None:
        return None
    return side_by_side(table.breasts, parts.joint, parts.preset, thresholds, draws)


def _write(
    asked: Evaluation,
    model: MammoVLM,
    found: _Measured | None,
    films: FilmResult | None,
    run: TrainingRun | None,
) -> Path:
    head = EvaluationHead(
        algorithm=model.algorithm,
        data=asked.source.description if asked.source else "mini-MIAS films",
        are_phantoms=asked.are_phantoms,
        date=datetime.now(UTC).date().isoformat(),
        draws=asked.draws,
    )
    result = found.exams if found else None
    plots: tuple[str, ...] = ()
    if result is not None:
        kind = "phantoms" if asked.are_phantoms else "real"
        plots = draw_plots(result, asked.out, f"{result.studies} studies, {kind}")
    numbers = _numbers(head, found, films) | {"training_run": run.numbers if run else None}
    plain = json.dumps(as_plain(numbers), indent=2, allow_nan=False)
    (asked.out / "metrics.json").write_text(plain + "\n", encoding="utf-8")
    report = asked.out / "evaluation.md"
    sections = [*(found.lines() if found else ()), *(run.lines() if run else ())]
    told = evaluation_markdown(head, result, films, plots, sections)
    report.write_text(told, encoding="utf-8")
    return report


def _numbers(
    head: EvaluationHead, found: _Measured | None, films: FilmResult | None
) -> dict[str, Any]:
    return {
        "head": head,
        "exams": found.exams if found else None,
        "evidence": found.evidence if found else None,
        "side_by_side": found.inputs if found else None,
        "words": found.words if found else None,
        "mini_mias": films,
    }
