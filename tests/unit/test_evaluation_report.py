"""Labels and scores become counts, tables, pictures and a report that says what it rests on."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from mammovlm.findings import Algorithm, DensityCategory, ModelPart
from mammovlm.study import Laterality
from mammovlm.training.datasets import Assessment, Truth
from mammovlm.training.evaluation_labels import BreastLabels, LabelledExam
from mammovlm.training.evaluation_scores import BreastScores, ExamOutcome, StudyScores
from mammovlm.training.evaluation_table import EvaluationTable, evaluation_table, write_results
from mammovlm.training.study_evaluation_measures import (
    ZERO_SHOT,
    EvaluationResult,
    as_plain,
    measure_evaluation,
)
from mammovlm.training.study_evaluation_plots import draw_plots
from mammovlm.training.study_evaluation_report import EvaluationHead, evaluation_markdown

R, L = Laterality.RIGHT, Laterality.LEFT


def _breast(side: Laterality, score: float) -> BreastScores:
    return BreastScores(side, (0.1, 0.6, 0.2, 0.1), presence=0.8, suspicion=score)


def _table(exams: int = 40) -> EvaluationTable:
    """Forty women of two vendors; the right breast of every second one is malignant."""
    labelled, outcomes = [], []
    rng = np.random.default_rng(0)
    for number in range(exams):
        malignant = number % 2 == 1
        sick = BreastLabels(
            densities=frozenset({DensityCategory("ABCD"[number % 4])}),
            birads=Assessment("4" if malignant else "3"),
            biopsy=Truth.MALIGNANT if malignant else None,
            outcome=Truth.MALIGNANT if malignant else Truth.BENIGN,
        )
        well = BreastLabels(sick.densities, Assessment("1"), outcome=Truth.BENIGN)
        labelled.append(LabelledExam(str(number), number + 1, number + 1, {R: sick, L: well}))
        score = float(np.clip(0.35 + 0.3 * malignant + rng.normal(0, 0.15), 0, 1))
        study = StudyScores(
            density=(0.1, 0.6, 0.2, 0.1),
            breasts=(_breast(R, score), _breast(L, 0.2)),
            expert="convnext",
            complete=number % 3 > 0,
            vendor="GE" if number < 30 else "",
            age_band="50-59",
            seconds=2.0,
            branches=None,
            zero_shot=0.4 + 0.2 * malignant,
        )
        outcomes.append(ExamOutcome(str(number), "2.25.1", (study,)))
    labelled.append(LabelledExam("refused", 99, 99, {}))
    outcomes.append(ExamOutcome("refused", "2.25.1", refusals=("no-mammogram",)))
    return evaluation_table(labelled, outcomes)


def _result(table: EvaluationTable | None = None) -> EvaluationResult:
    points = {"suspicion": {"stated": 0.5, "stored": 0.4}, "presence": {"stated": 0.5}}
    return measure_evaluation(table or _table(), points, draws=100)


def test_every_measure_counts_what_it_was_measured_on() -> None:
    result = _result()
    assert (result.exams, result.studies, result.breasts) == (41, 40, 80)
    assert result.refusals == {"no-mammogram": 1}
    assert result.partial == 14
    suspicion = result.heads["suspicion"]
    assert (suspicion.ranking.cases, suspicion.ranking.positives) == (40, 20)
    assert [point.name for point in suspicion.points] == ["stated", "stored"]
    assert (result.heads["presence"].ranking.cases) == 80
    vendors = {each.value: each.ranking for each in suspicion.slices if each.kind == "vendor"}
    assert {name: each.cases for name, each in vendors.items()} == {"GE": 30, "unknown": 10}
    assert vendors["GE"].auc is not None
    assert vendors["unknown"].auc is None
    by_study = result.malignancy[0]
    assert (by_study.unit, by_study.ranking.cases, by_study.ranking.positives) == ("study", 40, 20)
    assert by_study.rule_out is not None
    asked = next(each for each in result.malignancy if each.score == ZERO_SHOT)
    assert asked.ranking.auc is not None
    assert asked.ranking.auc.value == 1


def test_a_side_that_the_manifest_does_not_name_is_counted_and_not_measured() -> None:
    study = StudyScores(
        None, (_breast(R, 0.5), _breast(L, 0.5)), "convnext", True, "", "", 1.0, None, None
    )
    exam = LabelledExam("1", 1, 1, {R: BreastLabels(outcome=Truth.BENIGN)})
    result = _result(evaluation_table([exam], [ExamOutcome("1", "2.25.1", (study,))]))
    assert result.sides_without_label == 1
    assert result.malignancy[0].ranking.cases == 1
    assert result.density == {}
    assert result.heads == {}


def test_the_report_says_on_top_which_weights_which_data_and_for_what_use(tmp_path: Path) -> None:
    part = ModelPart("heads", "linear", "ab" * 32, "280 simulated exams")
    algorithm = Algorithm("MammoVLM", "x", "0.1", "compact", "2.25.1", (part,), "On phantoms only.")
    result = _result()
    plots = draw_plots(result, tmp_path, "40 studies, phantoms")
    head = EvaluationHead(algorithm, "forty women", True, "2026-01-05", 100)
    report = evaluation_markdown(head, result, None, plots)
    top = report.split("## ")[0]
    for told in ("Research use only", "On phantoms only.", "forty women", "phantoms", "41 exams"):
        assert told in top
    assert "majority" in report
    assert "rule_out_at_20" in report
    assert "no-mammogram: 1" in report
    assert set(plots) == {"roc.png", "reliability.png", "density_confusion.png", "rule_out.png"}
    assert all((tmp_path / name).read_bytes()[:4] == b"\x89PNG" for name in plots)
    assert all(f"]({name})" in report for name in plots)
    assert not re.search(r"\bnan\b", report)


def test_numbers_become_strict_json_and_the_table_holds_no_name(tmp_path: Path) -> None:
    table = _table()
    numbers = json.loads(json.dumps(as_plain(_result(table)), allow_nan=False))
    assert numbers["heads"]["suspicion"]["ranking"]["cases"] == 40
    assert "scores" not in json.dumps(numbers)
    write_results(tmp_path / "results.csv", table.breasts)
    with (tmp_path / "results.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 80
    assert rows[2]["exam"] == "2"
    assert (rows[2]["laterality"], rows[2]["label_suspicious"]) == ("R", "1")
    assert float(rows[2]["malignancy"]) == pytest.approx(
        float(rows[2]["presence"]) * float(rows[2]["suspicion"]), abs=1e-5
    )
