"""The leak alarm rings where words alone tell more of the label than the description does."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from mammovlm.training.reports import (
    Renderer,
    corpus_statistics,
    leak_report,
    phantom_texts,
    text_only_auc,
)
from mammovlm.training.reports.__main__ import main
from mammovlm.training.reports.leak import held_out_scores

WOMEN = 120
DRAWS = 200


def test_scrubbed_reports_tell_no_more_than_their_descriptions() -> None:
    report = leak_report(phantom_texts(WOMEN, Renderer.RADIOLOGY), draws=DRAWS)
    assert report.cases == 2 * WOMEN
    assert report.full.value > report.scrubbed.value
    assert report.excess.value == 0
    assert not report.alarm


def test_a_scrubber_that_leaves_the_category_rings_the_alarm() -> None:
    texts = phantom_texts(WOMEN, Renderer.PLAIN)
    report = leak_report(replace(texts, scrubbed=texts.full), draws=DRAWS)
    assert report.alarm


def test_one_word_that_follows_the_label_rings_the_alarm() -> None:
    texts = phantom_texts(WOMEN, Renderer.PLAIN)
    marked = [
        f"{text} Seen." if label else text
        for text, label in zip(texts.scrubbed, texts.labels, strict=True)
    ]
    report = leak_report(replace(texts, scrubbed=tuple(marked)), draws=DRAWS)
    assert report.alarm
    assert report.scrubbed.value > 0.95


def test_texts_that_say_nothing_are_no_better_than_chance() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 300)
    texts = [f"word{number}" for number in rng.integers(0, 10, 300)]
    auc = text_only_auc(texts, labels, np.arange(300), draws=DRAWS)
    assert auc.low < 0.5


def test_a_patient_is_never_both_learned_from_and_judged() -> None:
    """A word of her own tells her label in every one of her texts, and must not help."""
    patients = np.repeat(np.arange(100), 3)
    labels = np.random.default_rng(1).integers(0, 2, 100)[patients]
    texts = [f"patient{patient}" for patient in patients]
    scores = held_out_scores(texts, labels, patients)
    own = [scores[patients == patient] for patient in range(100)]
    assert all(np.ptp(one) == 0 for one in own)
    auc = text_only_auc(texts, labels, patients, draws=DRAWS)
    assert auc.value < 0.6


def test_both_breasts_of_a_woman_belong_to_her() -> None:
    texts = phantom_texts(10, Renderer.CAPTION, seed=7)
    assert texts.patients.tolist() == np.repeat(np.arange(7, 17), 2).tolist()
    assert len(texts.full) == len(texts.scrubbed) == len(texts.described) == 20


@pytest.mark.parametrize("renderer", Renderer)
def test_synthetic_reports_are_varied_and_keep_their_promises(renderer: Renderer) -> None:
    measured = corpus_statistics(renderer, count=60)
    assert measured.texts == measured.read_back == 60
    assert measured.distinct >= 58
    assert measured.scrubbed_with_label_words == 0
    assert measured.with_label_words == 60
    assert sum(measured.categories.values()) == 120
    assert sum(measured.densities.values()) == 60


def test_plain_texts_can_be_read_by_a_sixth_grader() -> None:
    assert corpus_statistics(Renderer.PLAIN, count=60).reading_grade <= 6


def test_the_command_prints_examples_of_every_renderer() -> None:
    result = CliRunner().invoke(main, ["--count", "2", "--scrubbed"])
    assert result.exit_code == 0, result.output
    assert result.output.count("FINDINGS:") == 4
    for renderer in Renderer:
        assert f"woman 1, {renderer}, scrubbed" in result.output


def test_the_command_prints_statistics() -> None:
    arguments = ["--count", "5", "--statistics", "--renderer", "plain"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["read_back"] == 5


def test_the_command_prints_the_leak_alarm() -> None:
    arguments = ["--count", "40", "--leak", "--renderer", "caption", "--draws", "100"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "no leak" in result.output
