"""Rounds of conversations for training: right by construction, and apart from those held out."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammovlm.explanation import refusal_of, worded
from mammovlm.explanation.facts import ScoreRange, Topic, claims_of
from mammovlm.explanation.questions import read_questions
from mammovlm.findings import DensityCategory
from mammovlm.model.write_request import WriteRequest
from mammovlm.training.answer_evaluation import measure_answers
from mammovlm.training.contradictions import contradictions
from mammovlm.training.explanation_batches import ExplanationBatches
from mammovlm.training.explanation_pairs import Exam
from mammovlm.training.explanation_statistics import every_facts
from mammovlm.training.question_pairs import question_pair_for
from mammovlm.training.question_phrasings import FOLLOW_UPS, HELD_OUT, REFUSED, TRAINING
from mammovlm.words import ENGLISH
from mammovlm.words.question_words import Asked
from tiny_language_models import tiny_tokenizer

SEEDS = st.integers(0, 2**32)
EXAM = Exam(
    np.eye(4, 128, dtype=np.float32), DensityCategory.C, (ScoreRange.LOWER, ScoreRange.HIGHER)
)


@given(SEEDS)
@settings(max_examples=200, deadline=None)
def test_every_answer_passes_the_check_and_contradicts_nothing(seed: int) -> None:
    asked = question_pair_for(EXAM, ENGLISH, random.Random(seed))
    assert refusal_of(asked.pair.answer, asked.pair.facts, ENGLISH, asked.topics) is None
    assert contradictions(asked.pair.answer, asked.all_facts) == []
    assert len(asked.pair.prompt) < 1000


@pytest.mark.parametrize("phrasings", [TRAINING, HELD_OUT], ids=["training", "held out"])
def test_every_phrasing_is_read_as_it_is_listed(phrasings: dict[Asked, tuple[str, ...]]) -> None:
    assert set(phrasings) == set(Asked)
    for asked, questions in phrasings.items():
        for question in questions:
            assert read_questions([question], ENGLISH).asked == {asked}, question


def test_what_is_refused_is_refused_for_the_reason_that_is_listed() -> None:
    for refused, questions in REFUSED.items():
        for question in questions:
            assert read_questions([question], ENGLISH).refused is refused, question


def test_a_follow_up_is_understood_after_a_question_and_goes_on_from_it() -> None:
    for question in FOLLOW_UPS:
        reading = read_questions(["What is my score?", question], ENGLISH)
        assert reading.asked in ({Asked.SCORE}, {Asked.SCORE_MEANING}), question


def test_no_held_out_question_is_seen_in_training() -> None:
    seen = {question for questions in TRAINING.values() for question in questions}
    assert not seen & {question for questions in HELD_OUT.values() for question in questions}


def test_conversations_have_rounds_refusals_follow_ups_and_every_topic() -> None:
    pairs = [question_pair_for(EXAM, ENGLISH, random.Random(seed)) for seed in range(600)]
    kinds = {one.kind for one in pairs}
    assert kinds == {*map(str, Asked), "follow-up", *map(str, REFUSED)}
    assert {len(one.rounds) for one in pairs} == {0, 1, 2, 3}
    spoken = {topic for one in pairs for topic in one.topics}
    assert spoken == set(Topic)


def test_the_same_seed_gives_the_same_conversation() -> None:
    one, two = (question_pair_for(EXAM, ENGLISH, random.Random(9)) for _ in range(2))
    assert (one.pair.prompt, one.pair.answer) == (two.pair.prompt, two.pair.answer)


def test_questions_are_mixed_into_the_batches_of_s3b_only() -> None:
    batches = ExplanationBatches([EXAM], ENGLISH, tiny_tokenizer(), tokens=1)
    tokenizer = tiny_tokenizer()
    asked = tokenizer("Asked:", add_special_tokens=False)["input_ids"]

    def holds_questions(stage: str) -> bool:
        [batch] = batches.draw(stage, 12, random.Random(0))  # type: ignore[arg-type]
        rows = (row.tolist() for row in batch.numbers)
        return any(
            row[place : place + len(asked)] == asked for row in rows for place in range(len(row))
        )

    assert holds_questions("S3b")
    assert not holds_questions("S3a")


def test_a_text_on_other_facts_contradicts() -> None:
    draw, known = random.Random(3), list(every_facts())
    for facts in draw.sample(known, 100):
        other = draw.choice([one for one in known if claims_of(one) != claims_of(facts)])
        texts = (worded(facts, ENGLISH, draw.choice), worded(other, ENGLISH, draw.choice))
        assert contradictions(texts[0], other) or contradictions(texts[1], facts)
        assert contradictions(texts[0], facts) == []


def test_a_language_model_that_lies_is_measured_and_never_reaches_the_reader() -> None:
    def lie(request: WriteRequest) -> str:
        return "Your breast tissue is very dense. The score for both breasts is in the high range."

    exam = replace(EXAM, density=DensityCategory.A, scores=(ScoreRange.LOWER, ScoreRange.LOWER))
    measures = measure_answers(lie, [exam], ENGLISH, 60)
    assert measures.passed["all"] == 0
    assert measures.contradictions == 0
    assert sum(measures.refused.values()) == 60
    assert sum(measures.counts.values()) == 2 * 60  # by kind, and all together
