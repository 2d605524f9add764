"""Findings to words: facts, template sentences, the language model's wording, parse-back check."""

import logging
from collections.abc import Collection, Sequence
from typing import Protocol

from mammovlm.errors import LanguageModelUnavailable, ModelFailed, ModelUnavailable
from mammovlm.explanation.check import refusal_of
from mammovlm.explanation.facts import REPORT_TOPICS, Facts, Topic, facts_of
from mammovlm.explanation.federal import lay_summary
from mammovlm.explanation.patient_text import likely_texts, template_text
from mammovlm.explanation.prompt import prompt_for
from mammovlm.explanation.readability import characters_per_sentence, grade_of
from mammovlm.explanation.refusal import Refusal, RefusalReason
from mammovlm.explanation.summary import summary_of
from mammovlm.findings import Explanation, ExplanationOrigin, Findings
from mammovlm.words import LANGUAGES, Sentences

_log = logging.getLogger(__name__)


class Write(Protocol):
    """The language model, with the views of one study behind it."""

    def __call__(self, prompt: str, *, likely: Sequence[str]) -> str:
        """Word a prompt; ``likely`` are texts that the wording may follow, only for speed."""


def explain(
    findings: Findings,
    write: Write | None,
    language: str = "en-US",
    suspicion_threshold: float = 0.5,
) -> Explanation:
    """Put findings into words for the radiologist and for the patient (four-systems 4.1, step 9).

    Parameters
    ----------
    findings
        Of one study.
    write
        The language model: prompt to wording. None where it is not asked; "" from it means that
        it has nothing to say. Its wording is shown only if the parse-back check passes. It is not
        asked in a language that it was not tuned for.
    language
        A key of `mammovlm.words.LANGUAGES`.
    suspicion_threshold
        0..1; see `facts_of`.

    Returns
    -------
    Explanation
        Its texts are drafts until a person releases them.

    Raises
    ------
    KeyError
        If there is no file of sentences for the language.
    """
    sentences = LANGUAGES[language]
    facts = facts_of(findings, suspicion_threshold)
    wording, refusal = None, None
    if write is not None and sentences.prompt is not None:
        prompt, likely = prompt_for(facts, sentences), likely_texts(facts, sentences)
        wording, refusal = checked_wording(write, prompt, likely, facts, sentences)
    text = wording or template_text(facts, sentences)
    federal = [lay_summary(facts.density)] if facts.density and sentences.us_density_law else []
    return Explanation(
        summary=summary_of(findings, sentences),
        patient_text="\n\n".join([text, *federal]),
        origin=ExplanationOrigin.LANGUAGE_MODEL if wording else ExplanationOrigin.TEMPLATE,
        reading_grade=grade_of(text, language) if sentences.form.grade_limit else None,
        refused_because=str(refusal) if refusal else "",
        language=language,
        characters_per_sentence=characters_per_sentence(text, sentences.form),
    )


def checked_wording(
    write: Write,
    prompt: str,
    likely: Sequence[str],
    facts: Facts,
    sentences: Sentences,
    *,
    topics: Collection[Topic] = REPORT_TOPICS,
) -> tuple[str | None, Refusal | None]:
    """Ask for a wording and judge it; a language model that fails never blocks a result.

    Returns
    -------
    str or None, Refusal or None
        The wording, or why it may not be shown.
    """
    try:
        said = write(prompt, likely=likely)
    except LanguageModelUnavailable as error:
        _log.warning("The language model did not answer: %s", error)
        return None, Refusal(RefusalReason.FAILED, str(error))
    except (
        *(RuntimeError, ValueError, IndexError, MemoryError),
        *(ModelFailed, ModelUnavailable),
    ) as error:
        _log.warning("The language model failed: %s", type(error).__name__)
        return None, Refusal(RefusalReason.FAILED, type(error).__name__)
    wording = sentences.form.between.join(said.split())
    refusal = refusal_of(wording, facts, sentences, topics)
    return (None, refusal) if refusal else (wording, None)
