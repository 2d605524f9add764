"""Explanations are measured on the exams that are evaluated, and no text is written twice."""

from pathlib import Path

import numpy as np
import pytest
import torch

from mammovlm.explanation.facts import ScoreRange
from mammovlm.findings import ModelPart
from mammovlm.model.language_model import SoftPrefixLanguageModel
from mammovlm.model.write_request import WriteRequest
from mammovlm.study import HANGING_ORDER, Laterality, Slot
from mammovlm.training.evaluation_scores import Branches, BreastScores, StudyScores
from mammovlm.training.kept_texts import KeptTexts
from mammovlm.training.packed_rows import packed
from mammovlm.training.study_evaluation_words import measure_words, worded_exams, words_lines
from mammovlm.training.zero_shot import QUESTIONS, zero_shot_malignancy

R, L = Laterality.RIGHT, Laterality.LEFT


class Scribe:
    """Writes the first text that it may follow, now and then a false one, and counts."""

    def __init__(self, lies_every: int = 0) -> None:
        self.asked = 0
        self._lies_every = lies_every

    def __call__(self, request: WriteRequest) -> str:
        self.asked += 1
        if self._lies_every and self.asked % self._lies_every == 0:
            return "The score is high for the left breast. The score is low for the left breast."
        return next(iter(request.likely), "Your breast tissue is very dense.")


def _study(number: int, slots: tuple[Slot, ...] = HANGING_ORDER) -> StudyScores:
    density = tuple(0.7 if place == number % 4 else 0.1 for place in range(4))
    image = torch.randn(len(slots), 128, generator=torch.Generator().manual_seed(number))
    return StudyScores(
        density=(density[0], density[1], density[2], density[3]),
        breasts=tuple(
            BreastScores(side, None, 0.9, 0.5, tuple(ScoreRange)[number % 3]) for side in (R, L)
        ),
        expert="convnext",
        complete=len(slots) == 4,
        vendor="",
        age_band="",
        seconds=1.0,
        branches=Branches(slots, "convnext", {"convnext": packed(image)}, {}),
        zero_shot=None,
    )


def _nobody(_what: str, _done: int, _all: int) -> None:
    """Be told, and do nothing."""


def test_only_whole_exams_are_worded_and_their_views_are_in_hanging_order() -> None:
    turned = tuple(reversed(HANGING_ORDER))
    exams = worded_exams([_study(0), _study(1, HANGING_ORDER[:3]), _study(2, turned)])
    assert [exam.density for exam in exams] == ["A", "C"]
    image = torch.randn(4, 128, generator=torch.Generator().manual_seed(2))
    assert np.array_equal(exams[1].embeddings, image.flip(0).numpy())
    assert measure_words(KeptTexts(Scribe(), Path("none"), "1"), exams[:1], 4, _nobody) is None


@pytest.mark.parametrize("lies_every", [0, 3])
def test_what_passes_what_contradicts_and_what_reaches_the_reader(
    tmp_path: Path, lies_every: int
) -> None:
    exams = worded_exams([_study(number) for number in range(8)])
    write = KeptTexts(Scribe(lies_every), tmp_path / "texts.jsonl", "2.25.1")
    found = measure_words(write, exams, 20, _nobody)
    assert found is not None
    assert found.wordings.reached == found.answers.contradictions == 0
    assert found.swap is not None
    if lies_every:
        assert 0 < found.wordings.passed < 1
        assert found.wordings.contradicting > 0
    else:
        assert found.swap.changed == 0
        assert found.wordings.passed == 1
        assert found.wordings.contradicting == 0
    report = "\n".join(words_lines(found))
    assert "| contradictions that reach the reader | 0 | 0 |" in report
    assert "chance about 0.25" in report


def test_a_text_is_written_once_for_the_same_weights(tmp_path: Path) -> None:
    path, image = tmp_path / "texts.jsonl", np.zeros((4, 128), np.float32)

    def this(*likely: str, by: float = 0) -> WriteRequest:
        return WriteRequest("Say this.", (image + by).astype(np.float32), HANGING_ORDER, likely)

    first = Scribe()
    kept = KeptTexts(first, path, "2.25.1")
    texts = [kept(this(word)) for word in ("One.", "Two.")]
    assert texts == ["One.", "One."]
    assert first.asked == 1
    assert len(kept.seconds) == 2
    with path.open("ab") as file:
        file.write(b'\n{"key": "cut o')
    again = Scribe()
    assert KeptTexts(again, path, "2.25.1")(this()) == "One."
    assert again.asked == 0
    slow = KeptTexts(again, tmp_path / "slow.jsonl", "2.25.1", longest=0.0)
    assert slow(this("Five.")) == "Five."
    assert slow.cut == 1
    assert not (tmp_path / "slow.jsonl").exists()
    again.asked = 0
    KeptTexts(again, path, "2.25.2")(this("Three."))
    KeptTexts(again, path, "2.25.1")(this("Four.", by=1))
    assert again.asked == 2


def test_the_zero_shot_score_is_the_mean_over_the_questions() -> None:
    shares = dict(zip(QUESTIONS, (0.2, 0.6, 0.7), strict=True))

    def ask(request: WriteRequest, _words: object) -> float | None:
        return shares[request.prompt]

    image = np.zeros((4, 128), np.float32)
    assert zero_shot_malignancy(ask, image, HANGING_ORDER) == pytest.approx(0.5)
    untuned = SoftPrefixLanguageModel(ModelPart("language model", "none", None, "nothing"))
    assert zero_shot_malignancy(untuned.first_word_share, image, HANGING_ORDER) is None
