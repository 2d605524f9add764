"""Findings to words: facts, template sentences, the language model's wording, parse-back check."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from mammovlm.explanation.check import refusal_of
from mammovlm.explanation.facts import Facts, facts_of
from mammovlm.explanation.federal import lay_summary
from mammovlm.explanation.patient_text import template_text
from mammovlm.explanation.prompt import prompt_for
from mammovlm.explanation.readability import grade_of
from mammovlm.explanation.refusal import Refusal, RefusalReason
from mammovlm.explanation.sentences import Sentences
from mammovlm.explanation.sentences_en import ENGLISH
from mammovlm.explanation.summary import summary_of
from mammovlm.findings import Explanation, ExplanationOrigin, Findings

LANGUAGES: Final[Mapping[str, Sentences]] = {ENGLISH.language: ENGLISH}
"""Every language by its RFC 5646 tag. A further one is one file and one entry here."""

_log = logging.getLogger(__name__)


def explain(
    findings: Findings,
    write: Callable[[str], str] | None,
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
        it has nothing to say. Its wording is shown only if the parse-back check passes.
    language
        A key of `LANGUAGES`.
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
    wording, refusal = (None, None) if write is None else _wording(write, facts, sentences)
    text = wording or template_text(facts, sentences)
    federal = [lay_summary(facts.density)] if facts.density else []
    return Explanation(
        summary=summary_of(findings, sentences),
        patient_text="\n\n".join([text, *federal]),
        origin=ExplanationOrigin.LANGUAGE_MODEL if wording else ExplanationOrigin.TEMPLATE,
        reading_grade=grade_of(text, language),
        refused_because=str(refusal) if refusal else "",
        language=language,
    )


def _wording(
    write: Callable[[str], str], facts: Facts, sentences: Sentences
) -> tuple[str | None, Refusal | None]:
    """Ask for a wording and judge it; a language model that fails never blocks a result."""
    try:
        wording = " ".join(write(prompt_for(facts, sentences)).split())
    except (RuntimeError, ValueError, IndexError, MemoryError) as error:
        _log.warning("The language model failed: %s", type(error).__name__)
        return None, Refusal(RefusalReason.FAILED, type(error).__name__)
    refusal = refusal_of(wording, facts, sentences)
    return (None, refusal) if refusal else (wording, None)
