"""Answers say the report's facts and no more, whatever is asked and whatever the model writes."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammovlm.explanation import Facts, facts_of, refusal_of, template_text
from mammovlm.explanation.answers import NOT_TUNED, PASSED, Answer, AnswerOrigin, answer
from mammovlm.explanation.check import split
from mammovlm.explanation.facts import BreastScore, ScoreRange, Topic, claims_of
from mammovlm.explanation.grammar import grammar_for
from mammovlm.explanation.question_prompt import Round, question_prompt
from mammovlm.explanation.questions import TOLD, read_questions, told_of
from mammovlm.findings import DensityCategory
from mammovlm.study import HANGING_ORDER, Laterality
from mammovlm.words import CHINESE, ENGLISH, LANGUAGES, Sentences
from mammovlm.words.question_words import Asked
from random_findings import random_findings

R, L = Laterality.RIGHT, Laterality.LEFT
FACTS = Facts(
    (BreastScore(R, ScoreRange.LOWER), BreastScore(L, ScoreRange.HIGHER)), (), DensityCategory.C
)
LEFT_ONLY = Facts((BreastScore(L, ScoreRange.MIDDLE),), tuple(HANGING_ORDER[::2]), None)
ANY_FACTS = st.integers(0, 2**32).map(lambda seed: facts_of(random_findings(seed)))
every_language = pytest.mark.parametrize("sentences", LANGUAGES.values(), ids=list(LANGUAGES))


def said(*questions: str, facts: Facts = FACTS) -> Answer:
    """Answer the last question of a conversation by template."""
    rounds = list[Round]()
    for question in questions[:-1]:
        rounds.append(Round(question, answer(question, rounds, facts, None).text))
    return answer(questions[-1], rounds, facts, None)


def claims(told: Answer) -> set[tuple[str, str | None, str | None]]:
    sentences = LANGUAGES[told.language]
    read = [grammar_for(sentences).claims(part) for part in split(told.text, sentences)]
    assert None not in read, told.text
    return {
        (str(one.topic), one.side and str(one.side), one.value and str(one.value))
        for made in read
        for one in made or ()
    }


def test_an_answer_has_the_facts_of_what_was_asked_and_no_other() -> None:
    assert claims(said("How dense is my breast tissue?")) == {("density", None, "C")}
    assert claims(said("What is my score?")) == {
        ("score", "R", "lower"),
        ("score", "L", "higher"),
        ("meaning", None, None),
        ("reader", None, None),
    }
    assert ("score", "L", "higher") in claims(said("and my left breast's score?"))
    assert ("score", "R", "lower") not in claims(said("and my left breast's score?"))


@pytest.mark.parametrize(
    ("questions", "side"),
    [
        (("What is my score?", "And the left one?"), "L"),
        (("What is my score?", "And the left one?", "and on the right?"), "R"),
        (("What about my left breast?", "Do I have cancer?", "And the right one?"), "R"),
        (("评分是多少？", "左边的呢？"), "L"),
        (("What is my score?", "左边的呢？"), "L"),
        (("左侧乳房的情况如何？", "And the right?"), "R"),
    ],
)
def test_a_follow_up_is_understood_from_the_conversation(
    questions: tuple[str, ...], side: str
) -> None:
    scores = {one[1:] for one in claims(said(*questions)) if one[0] == "score"}
    assert scores == {(side, "lower" if side == "R" else "higher")}


def test_what_does_that_mean_is_about_the_answer_before() -> None:
    dense = said("How dense is it?", "What does that mean?")
    assert "density meaning" in dense.topics
    score = said("What is my score?", "What does that mean?")
    assert score.topics == ("meaning", "reader")
    assert said("How dense is it?", "Please say that again.").topics == ("density",)
    assert "density meaning" in said("乳腺密度如何？", "这是什么意思？").topics


def test_is_that_right_is_about_mistakes_not_about_the_right_breast() -> None:
    assert said("What is my score?", "Is that right?").topics == ("limit", "reader")


def test_of_a_breast_without_pictures_it_is_said_that_they_are_missing() -> None:
    told = said("What is the score of my right breast?", facts=LEFT_ONLY)
    assert {one[:2] for one in claims(told)} == {("missing", "R"), ("reader", None)}


def test_nothing_is_called_complete_where_the_study_is_not() -> None:
    told = said("Were all pictures of my left breast there?", facts=LEFT_ONLY)
    assert "complete" not in told.topics
    assert "complete" in said("Were all pictures of my left breast there?").topics


def test_a_question_is_answered_in_its_own_language() -> None:
    assert answer("乳腺密度如何？", (), FACTS, None, language="en-US").language == "zh-CN"
    assert answer("How dense is it?", (), FACTS, None, language="zh-CN").language == "en-US"
    assert answer("???", (), FACTS, None, language="zh-CN").language == "zh-CN"


def test_the_english_language_model_is_never_asked_in_chinese() -> None:
    def write(prompt: str, *, likely: Sequence[str]) -> str:
        raise AssertionError("asked")

    told = answer("乳腺密度如何？", (), FACTS, write, language="zh-CN")
    assert (told.origin, told.check) == (AnswerOrigin.TEMPLATE, NOT_TUNED)
    with pytest.raises(ValueError, match="no language model is asked"):
        question_prompt("乳腺密度如何？", (), FACTS, {Topic.DENSITY}, CHINESE)


def test_a_wording_that_passes_is_shown_and_named() -> None:
    wording = "Your breast tissue seems to be dense in many places."
    told = answer("How dense is it?", (), FACTS, lambda prompt, likely: f"{wording}\n")
    assert (told.text, told.origin, told.check) == (wording, AnswerOrigin.LANGUAGE_MODEL, PASSED)


@pytest.mark.parametrize(
    ("wording", "reason"),
    [
        ("Your breast tissue is very dense.", "changed fact"),
        ("Your breast tissue is dense in many areas. The computer can be wrong.", "changed fact"),
        ("", "empty"),
        ("You have no cancer.", "diagnosis"),
        ("Your breast tissue is fine.", "reassurance"),
        ("You should come back.", "advice"),
        ("It is 80 percent dense.", "number"),
        ("Your breast tissue is dense in many areas", "unfinished"),
        ("A friendly cloud.", "not understood"),
    ],
)
def test_a_wording_that_fails_is_replaced_by_the_template_with_the_reason(
    wording: str, reason: str
) -> None:
    told = answer("How dense is it?", (), FACTS, lambda prompt, likely: wording)
    assert told.origin is AnswerOrigin.TEMPLATE
    assert told.check.startswith(reason)
    assert told.text == template_text(FACTS, ENGLISH, {Topic.DENSITY})


def test_the_prompt_has_facts_question_and_conversation_and_stays_short() -> None:
    rounds = [Round(f"What is my score {'x' * 400}?", "y" * 900) for _ in range(150)]
    prompt = question_prompt("And the <|im_end|> left?", rounds, FACTS, {Topic.SCORE}, ENGLISH)
    assert prompt.startswith("Breasts: right, left. Missing: none. Density: dense in many areas.")
    assert 'Asked: "And the im_end left?" Tell the patient: score.' in prompt
    assert len(prompt) < 1200


def test_why_it_is_not_asked_is_told() -> None:
    told = answer("How dense is it?", (), FACTS, None, why_not_asked="other weights")
    assert (told.origin, told.check) == (AnswerOrigin.TEMPLATE, "other weights")


@every_language
@pytest.mark.parametrize("asked", Asked)
@given(facts=ANY_FACTS)
@settings(max_examples=25, deadline=None)
def test_every_template_answer_passes_the_check(
    sentences: Sentences, asked: Asked, facts: Facts
) -> None:
    for sides in (frozenset[Laterality](), frozenset({L}), frozenset({R})):
        reading = read_questions(["?"], sentences)
        reading = type(reading)(frozenset({asked}), sides)
        about, topics = told_of(reading, facts)
        text = template_text(about, sentences, topics)
        assert refusal_of(text, about, sentences, topics) is None, text
        assert claims_of(about, topics) <= claims_of(facts, set(Topic))


@given(st.text(max_size=600), ANY_FACTS)
@settings(max_examples=300, deadline=None)
def test_whatever_is_asked_only_the_facts_are_told(question: str, facts: Facts) -> None:
    told = answer(question, [Round(question, question)], facts, None)
    sentences = LANGUAGES[told.language]
    read = [grammar_for(sentences).claims(part) for part in split(told.text, sentences)]
    assert None not in read
    assert {one for made in read for one in made or ()} <= claims_of(facts, set(Topic))


def test_every_topic_is_told_to_some_question() -> None:
    told = {topic for topics in TOLD.values() for topic in topics}
    assert told == set(Topic) - {Topic.FOR_A_DOCTOR, Topic.NO_ANSWER}


@every_language
def test_every_language_reads_every_kind_of_question(sentences: Sentences) -> None:
    words = sentences.questions
    assert set(words.topics) == set(Asked)
    assert set(words.sides) == {"R", "L", "RL"}
    assert words.for_a_doctor
    assert words.unanswerable
