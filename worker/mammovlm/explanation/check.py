"""Parse-back: whether a wording may stand in place of the template text, and why not.

A wording passes only if every sentence is understood in full, all sentences together make exactly
the claims of the facts, and it is as easy to read as the template (dicom-and-field D.4). What all
this means in a language, its file of sentences says (`mammovlm.words`).
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence

from mammovlm.explanation.facts import REPORT_TOPICS, Claim, Facts, Topic, claims_of
from mammovlm.explanation.grammar import grammar_for
from mammovlm.explanation.readability import grade_of, length_of
from mammovlm.explanation.refusal import Refusal, RefusalReason
from mammovlm.words.sentences import Sentences


def refusal_of(
    wording: str,
    facts: Facts,
    sentences: Sentences,
    topics: Collection[Topic] = REPORT_TOPICS,
) -> Refusal | None:
    """Judge a wording of the language model.

    Parameters
    ----------
    wording
        Text in any state: empty, broken, in another script, of any length.
    facts
        What it must say, no less and no more.
    sentences
        The language it must be in.
    topics
        What it must speak of, and of nothing else; an answer speaks of some.

    Returns
    -------
    Refusal or None
        None where the wording may be shown.
    """
    return (
        _refused_length(wording, sentences)
        or _refused_words(wording, sentences)
        or _refused_form(wording, sentences)
        or _refused_claims(wording, claims_of(facts, topics), sentences)
        or _refused_reading(wording, sentences)
    )


def _refused_length(wording: str, sentences: Sentences) -> Refusal | None:
    if not wording.strip():
        return Refusal(RefusalReason.EMPTY)
    form = sentences.form
    count = length_of(wording, form)
    if count > form.longest_text or len(wording) > 10 * form.longest_text:
        return Refusal(RefusalReason.TOO_LONG, f"{count} {form.unit}")
    return None


def _refused_form(wording: str, sentences: Sentences) -> Refusal | None:
    if not re.fullmatch(sentences.form.letters, wording):
        return Refusal(RefusalReason.FOREIGN_CHARACTERS)
    if not wording.endswith(sentences.form.full_stop):
        return Refusal(RefusalReason.UNFINISHED)
    return None


def _refused_words(wording: str, sentences: Sentences) -> Refusal | None:
    for reason, expression in sentences.forbidden.items():
        if found := re.search(expression, wording, re.IGNORECASE):
            return Refusal(RefusalReason(reason), f"at character {found.start()}")
    return None


def _refused_claims(
    wording: str, expected: frozenset[Claim], sentences: Sentences
) -> Refusal | None:
    grammar, made = grammar_for(sentences), list[Claim]()
    for number, sentence in enumerate(split(wording, sentences), start=1):
        if length_of(sentence, sentences.form) > sentences.form.longest_sentence:
            return Refusal(RefusalReason.LONG_SENTENCE, f"sentence {number}")
        claims = grammar.claims(sentence)
        if claims is None:
            return Refusal(RefusalReason.NOT_UNDERSTOOD, f"sentence {number}")
        made.extend(claims)
    return _refused_difference(made, expected)


def _refused_difference(made: Sequence[Claim], expected: frozenset[Claim]) -> Refusal | None:
    if changed := set(made) - expected:
        return Refusal(RefusalReason.CHANGED_FACT, _topics(changed))
    if missing := expected - set(made):
        return Refusal(RefusalReason.MISSING_FACT, _topics(missing))
    if repeated := {claim for claim, count in Counter(made).items() if count > 1}:
        return Refusal(RefusalReason.REPEATED, _topics(repeated))
    return None


def _refused_reading(wording: str, sentences: Sentences) -> Refusal | None:
    limit = sentences.form.grade_limit
    if limit is None:
        return None
    grade = grade_of(wording, sentences.language)
    return Refusal(RefusalReason.READING_GRADE, f"{grade:.1f}") if grade > limit else None


def split(wording: str, sentences: Sentences) -> list[str]:
    """Split a wording that ends with a full stop into sentences without their full stops."""
    stop = sentences.form.full_stop
    return wording.removesuffix(stop).split(f"{stop}{sentences.form.between}")


def _topics(claims: set[Claim] | frozenset[Claim]) -> str:
    return ", ".join(sorted({str(claim.topic) for claim in claims}))
