"""Nothing that differs from the facts, and nothing of the language model's own, gets through."""

import random
import re
from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mammovlm.explanation import (
    BreastScore,
    Facts,
    RefusalReason,
    ScoreRange,
    explain,
    facts_of,
    prompt_for,
    refusal_of,
    template_text,
    worded,
)
from mammovlm.explanation.facts import claims_of
from mammovlm.findings import DensityCategory, ExplanationOrigin
from mammovlm.study import HANGING_ORDER, Laterality
from mammovlm.words.english import ENGLISH
from random_findings import random_findings

SEEDS = st.integers(min_value=0, max_value=2**32)
RIGHT_LOWER_LEFT_HIGHER = Facts(
    breasts=(
        BreastScore(Laterality.RIGHT, ScoreRange.LOWER),
        BreastScore(Laterality.LEFT, ScoreRange.HIGHER),
    ),
    missing=(),
    density=DensityCategory.C,
)
GOOD = template_text(RIGHT_LOWER_LEFT_HIGHER, ENGLISH)


def reason_for(text: str, facts: Facts = RIGHT_LOWER_LEFT_HIGHER) -> RefusalReason | None:
    refusal = refusal_of(text, facts, ENGLISH)
    return refusal.reason if refusal else None


def test_the_unchanged_template_passes() -> None:
    assert reason_for(GOOD) is None


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        ("for your right breast and", "for your left breast and"),
        ("higher range for your left", "lower range for your left"),
        ("lower range for your right", "middle range for your right"),
        ("dense in many areas", "very dense"),
        ("dense in many areas", "almost all fat"),
        ("dense in many areas", "mostly fat with some dense areas"),
    ],
)
def test_another_side_density_or_score_is_a_changed_fact(said: str, changed: str) -> None:
    assert said in GOOD
    assert reason_for(GOOD.replace(said, changed)) is RefusalReason.CHANGED_FACT


def test_swapping_the_sides_is_a_changed_fact() -> None:
    swapped = GOOD.replace("right", "#").replace("left", "right").replace("#", "left")
    assert reason_for(swapped) is RefusalReason.CHANGED_FACT


def test_a_breast_that_is_left_out_or_added_is_noticed() -> None:
    one_breast = Facts(RIGHT_LOWER_LEFT_HIGHER.breasts[:1], (), DensityCategory.C)
    only_left = GOOD.replace("both of your breasts", "your left breast")
    assert reason_for(only_left) is RefusalReason.MISSING_FACT
    assert reason_for(GOOD, one_breast) is RefusalReason.CHANGED_FACT


def test_a_view_that_is_not_missing_must_not_be_called_missing() -> None:
    text = GOOD + " The top view of your left breast was missing."
    assert reason_for(text) is RefusalReason.CHANGED_FACT


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("You have cancer.", RefusalReason.DIAGNOSIS),
        ("There is a tumor in your left breast.", RefusalReason.DIAGNOSIS),
        ("There is a tumour.", RefusalReason.DIAGNOSIS),
        ("This is benign.", RefusalReason.DIAGNOSIS),
        ("It looks malignant.", RefusalReason.DIAGNOSIS),
        ("A small lump was seen.", RefusalReason.DIAGNOSIS),
        ("The test is negative.", RefusalReason.DIAGNOSIS),
        ("This is suspicious.", RefusalReason.DIAGNOSIS),
        ("There is no need to worry.", RefusalReason.REASSURANCE),
        ("Your breasts are healthy.", RefusalReason.REASSURANCE),
        ("All is normal.", RefusalReason.REASSURANCE),
        ("Nothing was found.", RefusalReason.REASSURANCE),
        ("You should see your doctor.", RefusalReason.ADVICE),
        ("You need a biopsy.", RefusalReason.ADVICE),
        ("Please call your doctor.", RefusalReason.ADVICE),
        ("We recommend an ultrasound.", RefusalReason.ADVICE),
        ("The score is 62.", RefusalReason.NUMBER),
        ("The score is sixty percent.", RefusalReason.NUMBER),
        ("It is likely.", RefusalReason.NUMBER),
        ("Tell the patient.", RefusalReason.PROMPT_ECHO),
        ("Density: dense in many areas.", RefusalReason.PROMPT_ECHO),
        ("<|im_end|>", RefusalReason.PROMPT_ECHO),
        ("assistant", RefusalReason.PROMPT_ECHO),
        ("It rained.", RefusalReason.NOT_UNDERSTOOD),
        ("Your breast tissue is not dense.", RefusalReason.NOT_UNDERSTOOD),
        ("Your breast tissue is not very dense.", RefusalReason.NOT_UNDERSTOOD),
        ("The program can be wrong.", RefusalReason.REPEATED),
    ],
)
def test_an_added_sentence_is_refused_and_the_reason_named(
    sentence: str, reason: RefusalReason
) -> None:
    added = refusal_of(f"{GOOD} {sentence}", RIGHT_LOWER_LEFT_HIGHER, ENGLISH)
    assert added is not None
    assert added.reason is reason
    before = refusal_of(f"{sentence} {GOOD}", RIGHT_LOWER_LEFT_HIGHER, ENGLISH)
    assert before is not None


@pytest.mark.parametrize(
    ("said", "negated"),
    [
        ("is dense in many areas", "is not dense in many areas"),
        ("is in the lower range", "is not in the lower range"),
        ("can be wrong", "cannot be wrong"),
        ("Only a doctor", "No doctor"),
        ("means that a doctor may want", "does not mean that a doctor may want"),
        ("looked at", "never looked at"),
        ("found that", "did not find that"),
    ],
)
def test_a_negation_inside_a_sentence_is_refused(said: str, negated: str) -> None:
    assert said in GOOD
    assert reason_for(GOOD.replace(said, negated)) is not None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", RefusalReason.EMPTY),
        (" \n ", RefusalReason.EMPTY),
        (GOOD * 10, RefusalReason.TOO_LONG),
        ("word " * 10_000, RefusalReason.TOO_LONG),
        ("a" * 10_000, RefusalReason.TOO_LONG),
        (GOOD[:-1], RefusalReason.UNFINISHED),
        (GOOD[: len(GOOD) // 2], RefusalReason.UNFINISHED),
        ("您的乳腺组织致密。", RefusalReason.FOREIGN_CHARACTERS),
        (GOOD.replace("e", "\u0435", 1), RefusalReason.FOREIGN_CHARACTERS),
        (GOOD + "\u200b", RefusalReason.FOREIGN_CHARACTERS),
        (GOOD + "!", RefusalReason.FOREIGN_CHARACTERS),
        (f"{GOOD} {GOOD}", RefusalReason.TOO_LONG),
        (".", RefusalReason.NOT_UNDERSTOOD),
        (". . .", RefusalReason.NOT_UNDERSTOOD),
    ],
)
def test_a_broken_text_is_refused(text: str, reason: RefusalReason) -> None:
    assert reason_for(text) is reason


def test_the_prompt_itself_is_refused() -> None:
    prompt = prompt_for(RIGHT_LOWER_LEFT_HIGHER, ENGLISH)
    assert reason_for(prompt) is RefusalReason.PROMPT_ECHO


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_leaving_out_any_sentence_is_a_missing_fact(seed: int) -> None:
    facts = facts_of(random_findings(seed))
    sentences = template_text(facts, ENGLISH).removesuffix(".").split(". ")
    for left_out in range(len(sentences)):
        rest = sentences[:left_out] + sentences[left_out + 1 :]
        assert reason_for(". ".join(rest) + ".", facts) is RefusalReason.MISSING_FACT


@given(SEEDS, SEEDS, SEEDS)
@settings(max_examples=200, deadline=None)
def test_a_text_on_other_findings_never_passes(seed: int, other: int, choice: int) -> None:
    facts, others = facts_of(random_findings(seed)), facts_of(random_findings(other))
    assume(facts != others)
    text = worded(others, ENGLISH, random.Random(choice).choice)
    assert reason_for(text, facts) is not None


@given(SEEDS, st.data())
@settings(max_examples=200, deadline=None)
def test_a_word_put_in_never_changes_what_the_text_claims(seed: int, data: st.DataObject) -> None:
    facts = facts_of(random_findings(seed))
    words = template_text(facts, ENGLISH).split()
    vocabulary = [*words, "not", "no", "never", "right", "left", "very", "less", "without"]
    place = data.draw(st.integers(0, len(words)))
    word = data.draw(st.sampled_from(vocabulary) | st.text(min_size=1, max_size=8))
    text = " ".join([*words[:place], word, *words[place:]])
    assert reason_for(text, facts) is not None or text == " ".join(words)


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_arbitrary_text_is_refused_without_an_error(text: str) -> None:
    assert reason_for(text) is not None


def test_a_refused_wording_never_reaches_the_patient() -> None:
    findings = random_findings(3)
    explanation = explain(findings, lambda prompt, likely: "You have cancer, no need to worry.")
    assert explanation.origin is ExplanationOrigin.TEMPLATE
    assert explanation.refused_because.startswith("diagnosis")
    assert explanation.patient_text == explain(findings, None).patient_text


def test_an_accepted_wording_is_shown_and_named() -> None:
    findings = random_findings(3)
    wording = worded(facts_of(findings), ENGLISH, random.Random(5).choice)
    explanation = explain(findings, lambda prompt, likely: wording.replace(" ", "  ", 1) + "\n")
    assert explanation.origin is ExplanationOrigin.LANGUAGE_MODEL
    assert explanation.refused_because == ""
    assert explanation.patient_text.startswith(wording)


def test_a_language_model_that_has_nothing_to_say_is_replaced_by_the_template() -> None:
    explanation = explain(random_findings(3), lambda prompt, likely: "")
    assert explanation.origin is ExplanationOrigin.TEMPLATE
    assert explanation.refused_because == "empty"


def test_a_language_model_that_fails_never_blocks_the_result() -> None:
    def fail(prompt: str, *, likely: Sequence[str]) -> str:
        raise RuntimeError("out of memory")

    explanation = explain(random_findings(3), fail)
    assert explanation.origin is ExplanationOrigin.TEMPLATE
    assert explanation.refused_because == "failed (RuntimeError)"


def test_our_own_phrasings_hold_no_forbidden_word() -> None:
    for seed in range(300):
        text = worded(facts_of(random_findings(seed)), ENGLISH, random.Random(seed).choice)
        for reason, expression in ENGLISH.forbidden.items():
            assert not re.search(expression, text, re.IGNORECASE), (reason, text)


def test_the_claims_of_different_facts_differ() -> None:
    facts = {facts_of(random_findings(seed)) for seed in range(500)}
    assert len({claims_of(fact) for fact in facts}) == len(facts)


def test_the_prompt_holds_every_fact() -> None:
    facts = Facts(RIGHT_LOWER_LEFT_HIGHER.breasts, (HANGING_ORDER[3],), DensityCategory.D)
    prompt = prompt_for(facts, ENGLISH)
    for words in ("right lower", "left higher", "left side", "very dense"):
        assert words in prompt
    hidden = prompt_for(facts, ENGLISH, seen_only=True)
    assert "very dense" not in hidden
    assert "higher" not in hidden
