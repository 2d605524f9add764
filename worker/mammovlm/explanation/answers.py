"""Questions about a result and their answers: facts, the language model's wording, the same check.

An answer speaks of the report's facts only. Whatever the language model writes, it goes out only if
the parse-back check finds in it exactly the claims that answer the question; else the template's
sentences go out. A question that is for a doctor never reaches the language model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mammovlm.explanation.explain import Write, checked_wording
from mammovlm.explanation.facts import Facts
from mammovlm.explanation.patient_text import likely_texts, template_text
from mammovlm.explanation.question_prompt import Round, question_prompt, sorted_topics
from mammovlm.explanation.questions import language_of, read_questions, told_of
from mammovlm.words import LANGUAGES


class AnswerOrigin(StrEnum):
    """Who worded an answer."""

    LANGUAGE_MODEL = "language-model"
    TEMPLATE = "template"
    REFUSAL = "refusal"


PASSED = "passed"
NOT_TUNED = "no language model was tuned for this language"


@dataclass(frozen=True)
class Answer:
    """An answer, a draft as the patient's text is.

    Parameters
    ----------
    text
        Whole sentences.
    origin
        Who worded it. A refusal is worded by the template.
    check
        "passed" where the language model's wording is shown; else why it is not: the check's
        reason, or why it was not asked; empty for a refusal.
    language
        RFC 5646 tag.
    topics
        What it speaks of, in the order of the text.
    """

    text: str
    origin: AnswerOrigin
    check: str
    language: str
    topics: tuple[str, ...]


def answer(
    question: str,
    rounds: Sequence[Round],
    facts: Facts,
    write: Write | None,
    *,
    language: str = "en-US",
    why_not_asked: str = "",
    shows_question: bool = True,
) -> Answer:
    """Answer a question about a result.

    Parameters
    ----------
    question
        In any state.
    rounds
        The conversation so far, oldest first.
    facts
        Of the stored report.
    write
        The language model; None where it is not asked.
    language
        Of the report; a question in the script of another known language is answered in that.
    why_not_asked
        Where ``write`` is None: why.
    shows_question
        False where the language model is elsewhere; see `question_prompt`.

    Returns
    -------
    Answer

    Raises
    ------
    KeyError
        If there is no file of sentences for the language.
    """
    default = LANGUAGES[language]
    sentences = language_of(question, default)
    reading = read_questions([*(one.question for one in rounds), question], default)
    about, topics = told_of(reading, facts)
    named = tuple(str(topic) for topic in sorted_topics(about, topics))
    template = template_text(about, sentences, topics)
    if reading.refused:
        return Answer(template, AnswerOrigin.REFUSAL, "", sentences.language, named)
    if write is None or sentences.questions.prompt is None:
        why = why_not_asked if sentences.questions.prompt else NOT_TUNED
        return Answer(template, AnswerOrigin.TEMPLATE, why, sentences.language, named)
    prompt = question_prompt(
        question, rounds, about, topics, sentences, shows_question=shows_question
    )
    likely = likely_texts(about, sentences, topics)
    wording, refusal = checked_wording(write, prompt, likely, about, sentences, topics=topics)
    if wording is None:
        return Answer(template, AnswerOrigin.TEMPLATE, str(refusal), sentences.language, named)
    return Answer(wording, AnswerOrigin.LANGUAGE_MODEL, PASSED, sentences.language, named)
