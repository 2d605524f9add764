"""What freshly tuned weights of the language model are worth on women kept back."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.progress import Progress

from mammovlm.findings import ModelPart
from mammovlm.model.language_model import tuned
from mammovlm.model.language_model_base import Base
from mammovlm.model.language_model_tuning import tuning_from_tensors
from mammovlm.model.weights import file_sha256, verified_tensors
from mammovlm.model.write_request import Write
from mammovlm.training.answer_evaluation import (
    AnswerMeasures,
    measure_answers,
)
from mammovlm.training.explanation_pairs import Exams
from mammovlm.training.language_model_evaluation import measure_swap, measure_wordings
from mammovlm.words.english import ENGLISH


def evaluate(base: Base, weights: Path, exams: Exams, texts: int, answers: int) -> dict[str, Any]:
    """Measure tuned weights on the women kept back.

    Parameters
    ----------
    base
        A fresh one: the tuned weights are merged into it.
    weights
        File that `tune` wrote.
    texts
        How many to generate, at least one; half as many pairs of women are exchanged, one at least.
    answers
        How many questions to ask; with 0 the result says nothing of answers.

    Returns
    -------
    dict
        Plain values, ready for JSON.
    """
    tuning = tuning_from_tensors(verified_tensors(weights, file_sha256(weights)))
    model = tuned(base, tuning, ModelPart("language model", base.name, None, exams.trained_on))
    pairs = max(1, texts // 2)
    measures: dict[str, Any] = {
        "wordings": asdict(measure_wordings(model.write, exams.held_out, ENGLISH, texts)),
        "swap": asdict(measure_swap(model.write, exams.held_out, ENGLISH, pairs)),
    }
    if answers:
        measures["answers"] = asdict(_answers(model.write, exams, answers))
    return {
        **measures,
        "held_out_exams": len(exams.held_out),
        "trained_on": exams.trained_on,
        "sha256": file_sha256(weights),
    }


def _answers(write: Write, exams: Exams, answers: int) -> AnswerMeasures:
    with Progress() as bar:
        task = bar.add_task("questions", total=answers)
        return measure_answers(
            write,
            exams.held_out,
            ENGLISH,
            answers,
            told=lambda done: bar.update(task, completed=done),
        )
