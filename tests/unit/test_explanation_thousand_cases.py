"""A thousand seeded cases in every language: easy to read, and each stands for its own facts."""

import random
from statistics import mean

import pytest

from mammovlm.explanation import Facts, facts_of, refusal_of, template_text, worded
from mammovlm.explanation.check import split
from mammovlm.explanation.facts import Claim, claims_of
from mammovlm.explanation.grammar import grammar_for
from mammovlm.explanation.readability import characters_per_sentence, grade_of, length_of
from mammovlm.words import CHINESE, ENGLISH, LANGUAGES, Sentences
from random_findings import random_findings

CASES = 1000
TARGET, LIMIT = 6.0, 8.0
every_language = pytest.mark.parametrize("sentences", LANGUAGES.values(), ids=list(LANGUAGES))


def cases() -> list[Facts]:
    return [facts_of(random_findings(seed)) for seed in range(CASES)]


def texts_in(sentences: Sentences) -> list[str]:
    """Word every case twice: as the template does, and with phrasings chosen by its seed."""
    facts = cases()
    return [template_text(one, sentences) for one in facts] + [
        worded(one, sentences, random.Random(seed).choice) for seed, one in enumerate(facts)
    ]


def read_back(text: str, sentences: Sentences) -> list[Claim]:
    claims = [grammar_for(sentences).claims(part) for part in split(text, sentences)]
    assert None not in claims, text
    return [claim for made in claims if made for claim in made]


def test_english_is_at_most_of_the_sixth_grade() -> None:
    grades = [grade_of(text, "en-US") for text in texts_in(ENGLISH)]
    assert len(grades) == 2 * CASES
    assert max(grades) <= TARGET < LIMIT == ENGLISH.form.grade_limit
    assert mean(grades) <= 4


def test_chinese_has_short_sentences_and_claims_no_grade() -> None:
    assert CHINESE.form.grade_limit is None
    lengths = [characters_per_sentence(text, CHINESE.form) for text in texts_in(CHINESE)]
    assert max(length for length in lengths if length) <= 20
    assert None not in lengths


@every_language
def test_no_sentence_and_no_text_comes_near_its_limit_of_length(sentences: Sentences) -> None:
    form = sentences.form
    for text in texts_in(sentences):
        assert length_of(text, form) <= 0.8 * form.longest_text
        assert all(
            length_of(part, form) <= form.longest_sentence for part in split(text, sentences)
        )


@every_language
def test_each_parses_back_to_its_own_facts_and_is_accepted(sentences: Sentences) -> None:
    for facts, text in zip(cases() * 2, texts_in(sentences), strict=True):
        claims = read_back(text, sentences)
        assert len(claims) == len(set(claims))
        assert set(claims) == claims_of(facts)
        assert refusal_of(text, facts, sentences) is None, text


@every_language
def test_a_text_is_refused_for_the_facts_of_every_other_case(sentences: Sentences) -> None:
    facts = list(dict.fromkeys(cases()))
    for number, one in enumerate(facts):
        text = worded(one, sentences, random.Random(number).choice)
        others = (facts[(number + step) % len(facts)] for step in (1, 7, 31))
        assert all(refusal_of(text, other, sentences) for other in others)
