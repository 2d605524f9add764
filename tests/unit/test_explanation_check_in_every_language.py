"""In every language: what changes a fact or adds a statement of its own is thrown away."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mammovlm.explanation import (
    Facts,
    RefusalReason,
    ScoreRange,
    facts_of,
    refusal_of,
    template_text,
    worded,
)
from mammovlm.explanation.facts import claims_of
from mammovlm.findings import DensityCategory
from mammovlm.study import HANGING_ORDER, Laterality
from mammovlm.words import CHINESE, ENGLISH, LANGUAGES, Sentences
from mammovlm.words.sentences import Forbidden, Term
from random_findings import random_findings

SEEDS = st.integers(min_value=0, max_value=2**32)
FACTS = SEEDS.map(lambda seed: facts_of(random_findings(seed)))
LANGUAGE = st.sampled_from(list(LANGUAGES.values()))
CHANGED = {RefusalReason.CHANGED_FACT, RefusalReason.MISSING_FACT}

ADDED: dict[str, dict[Forbidden, tuple[str, ...]]] = {
    "en-US": {
        Forbidden.DIAGNOSIS: ("You have cancer.", "This is benign.", "There is a lump."),
        Forbidden.REASSURANCE: ("All is normal.", "Do not worry.", "Nothing was found."),
        Forbidden.ADVICE: ("You should see a doctor.", "You need a biopsy.", "Please come back."),
        Forbidden.NUMBER: ("The score is 62.", "The score is fifty percent.", "It is likely."),
    },
    "zh-CN": {
        Forbidden.DIAGNOSIS: (
            "您得了乳腺癌。",
            "这是良性的。",
            "左侧乳房有肿块。",
            "乳腺增生。",
            "结果为阴性。",
            "有可疑的地方。",
        ),
        Forbidden.REASSURANCE: (
            "您可以放心。",
            "不用担心。",
            "一切正常。",
            "您的乳房很健康。",
            "没有发现问题。",
        ),
        Forbidden.ADVICE: (
            "您应该去看医生。",
            "建议复查。",
            "请与医生联系。",
            "您需要做活检。",
            "要做超声。",
        ),
        Forbidden.NUMBER: (
            "评分是62。",
            "评分是６２。",
            "评分是百分之六十。",
            "概率很高。",
            "评分是八成。",
        ),
    },
}
ALL_ADDED = [
    (LANGUAGES[tag], reason, sentence)
    for tag, by_reason in ADDED.items()
    for reason, sentences in by_reason.items()
    for sentence in sentences
]


def changed(facts: Facts) -> Iterator[Facts]:
    """Give every set of facts that differs in one thing: side, density, score or missing view."""
    for density in (None, *DensityCategory):
        yield replace(facts, density=density)
    for number, breast in enumerate(facts.breasts):
        for score in (None, *ScoreRange):
            breasts = list(facts.breasts)
            breasts[number] = replace(breast, score=score)
            yield replace(facts, breasts=tuple(breasts))
    for slot in HANGING_ORDER:
        missing = set(facts.missing) ^ {slot}
        yield replace(facts, missing=tuple(one for one in HANGING_ORDER if one in missing))
    yield mirrored(facts)


def mirrored(facts: Facts) -> Facts:
    other = {Laterality.RIGHT: Laterality.LEFT, Laterality.LEFT: Laterality.RIGHT}
    breasts = [replace(one, laterality=other[one.laterality]) for one in facts.breasts]
    missing = {replace(slot, laterality=other[slot.laterality]) for slot in facts.missing}
    return replace(
        facts,
        breasts=tuple(sorted(breasts, key=lambda one: one.laterality, reverse=True)),
        missing=tuple(slot for slot in HANGING_ORDER if slot in missing),
    )


def reason_for(text: str, facts: Facts, sentences: Sentences) -> RefusalReason | None:
    refusal = refusal_of(text, facts, sentences)
    return refusal.reason if refusal else None


def test_every_language_has_its_sentences_to_add() -> None:
    assert set(ADDED) == set(LANGUAGES)


@given(FACTS, LANGUAGE, SEEDS)
@settings(max_examples=150, deadline=None)
def test_one_changed_fact_is_enough(facts: Facts, sentences: Sentences, choice: int) -> None:
    for others in changed(facts):
        if others != facts:
            assert claims_of(others) != claims_of(facts)
            text = worded(others, sentences, random.Random(choice).choice)
            assert reason_for(text, facts, sentences) in CHANGED, text


@given(FACTS, LANGUAGE, SEEDS, st.data())
@settings(max_examples=300, deadline=None)
def test_words_for_another_value_put_in_place_of_the_right_ones_are_refused(
    facts: Facts, sentences: Sentences, choice: int, data: st.DataObject
) -> None:
    text = worded(facts, sentences, random.Random(choice).choice)
    term = data.draw(st.sampled_from(Term))
    values = sentences.terms[term]
    said = [(v, words) for v, phrasings in values.items() for words in phrasings if words in text]
    assume(said)
    value, words = data.draw(st.sampled_from(said))
    other = data.draw(st.sampled_from([one for one in values if one != value]))
    wrong = text.replace(words, data.draw(st.sampled_from(values[other])), 1)
    assert reason_for(wrong, facts, sentences) is not None, wrong


@given(FACTS, st.sampled_from(ALL_ADDED), SEEDS, st.data())
@settings(max_examples=300, deadline=None)
def test_a_statement_of_its_own_is_refused_wherever_it_stands(
    facts: Facts, added: tuple[Sentences, Forbidden, str], choice: int, data: st.DataObject
) -> None:
    sentences, _, sentence = added
    text = worded(facts, sentences, random.Random(choice).choice)
    assert reason_for(text, facts, sentences) is None
    place = data.draw(st.integers(0, len(text)))
    assert reason_for(text[:place] + sentence + text[place:], facts, sentences) is not None


@pytest.mark.parametrize(("sentences", "reason", "sentence"), ALL_ADDED)
def test_the_reason_is_named(sentences: Sentences, reason: Forbidden, sentence: str) -> None:
    facts = facts_of(random_findings(3))
    text = template_text(facts, sentences) + sentences.form.between + sentence
    assert reason_for(text, facts, sentences) is RefusalReason(reason)


@given(FACTS, st.data())
@settings(max_examples=300, deadline=None)
def test_characters_put_into_the_chinese_template_are_refused(
    facts: Facts, data: st.DataObject
) -> None:
    text = template_text(facts, CHINESE)
    place = data.draw(st.integers(0, len(text)))
    own = st.sampled_from([*sorted(set(text)), "不", "没", "非", "左", "右", "未", "更"])
    put_in = data.draw(own | st.text(min_size=1, max_size=5))
    spoiled = text[:place] + put_in + text[place:]
    assert reason_for(spoiled, facts, CHINESE) is not None, spoiled


@given(FACTS, LANGUAGE, SEEDS)
@settings(max_examples=100, deadline=None)
def test_leaving_out_a_sentence_is_a_missing_fact(
    facts: Facts, sentences: Sentences, choice: int
) -> None:
    stop, between = sentences.form.full_stop, sentences.form.between
    text = worded(facts, sentences, random.Random(choice).choice)
    parts = text.removesuffix(stop).split(stop + between)
    for number in range(len(parts)):
        rest = parts[:number] + parts[number + 1 :]
        less = (stop + between).join(rest) + stop
        assert reason_for(less, facts, sentences) is RefusalReason.MISSING_FACT


@pytest.mark.parametrize(
    ("said", "negated"),
    [
        ("有很多地方致密", "没有很多地方致密"),
        ("处于较低的范围", "不处于较低的范围"),
        ("可能会出错", "不会出错"),
        ("只有医生才能", "没有医生能"),
        ("医生可能要看得更仔细", "医生不要看得更仔细"),
        ("查看了", "没有查看"),
        ("程序看到", "程序没有看到"),
        ("缺少", "不缺少"),
    ],
)
def test_a_negation_inside_a_chinese_sentence_is_refused(said: str, negated: str) -> None:
    facts = replace(
        facts_of(random_findings(3)), density=DensityCategory.C, missing=(HANGING_ORDER[3],)
    )
    breasts = tuple(replace(breast, score=ScoreRange.LOWER) for breast in facts.breasts)
    facts = replace(facts, breasts=breasts)
    text = template_text(facts, CHINESE)
    assert said in text
    assert reason_for(text.replace(said, negated, 1), facts, CHINESE) is not None


@pytest.mark.parametrize("sentences", LANGUAGES.values(), ids=list(LANGUAGES))
def test_a_text_in_another_language_is_refused(sentences: Sentences) -> None:
    facts = facts_of(random_findings(3))
    other = CHINESE if sentences is ENGLISH else ENGLISH
    reason = reason_for(template_text(facts, other), facts, sentences)
    # English counted in characters, as Chinese is, is longer than any Chinese text
    assert reason in {RefusalReason.FOREIGN_CHARACTERS, RefusalReason.TOO_LONG}


@given(st.text(max_size=200), LANGUAGE)
@settings(max_examples=200, deadline=None)
def test_any_text_is_refused_without_an_error(text: str, sentences: Sentences) -> None:
    assert reason_for(text, facts_of(random_findings(3)), sentences) is not None
