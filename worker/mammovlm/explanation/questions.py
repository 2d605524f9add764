"""Reading a question: what it is about, which breast, or why it gets no answer from a program.

The reading is deterministic and knows only the patterns of the language's file. A question chooses
which of the facts are told and nothing else, so whatever it says, it cannot change what is true.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Final

from mammovlm.explanation.facts import REPORT_TOPICS, Facts, Topic
from mammovlm.study import Laterality
from mammovlm.words import LANGUAGES
from mammovlm.words.question_words import Asked, QuestionWords
from mammovlm.words.sentences import Sentences

LONGEST_QUESTION: Final = 500
"""Characters; what is longer is not read."""

TOLD: Final = MappingProxyType(
    {
        Asked.DENSITY: (Topic.DENSITY,),
        Asked.DENSITY_MEANING: (Topic.DENSITY, Topic.DENSITY_MEANING),
        Asked.SCORE: (Topic.SCORE, Topic.MEANING, Topic.READER),
        Asked.SCORE_MEANING: (Topic.MEANING, Topic.READER),
        Asked.PICTURES: (Topic.LOOKED, Topic.MISSING, Topic.COMPLETE),
        Asked.NEXT: (Topic.NEXT, Topic.READER),
        Asked.WRITER: (Topic.WRITER, Topic.UNCHECKED),
        Asked.LIMIT: (Topic.LIMIT, Topic.READER),
        Asked.SUMMARY: tuple(sorted(REPORT_TOPICS)),
        Asked.HELP: (Topic.CAN_SAY,),
    }
)
"""What is told to a question about something."""

_MEANT: Final = MappingProxyType(
    {
        Asked.DENSITY: Asked.DENSITY_MEANING,
        Asked.SCORE: Asked.SCORE_MEANING,
        Asked.PICTURES: Asked.SUMMARY,
    }
)
"""What "what does that mean?" asks for, after an answer about something."""

_ABOUT_A_BREAST: Final = frozenset(
    (
        Asked.DENSITY,
        Asked.DENSITY_MEANING,
        Asked.SCORE,
        Asked.SCORE_MEANING,
        Asked.PICTURES,
        Asked.SUMMARY,
    )
)
"""What "and the left one?" can go on from."""


@dataclass(frozen=True)
class Reading:
    """What a question was understood to ask.

    Parameters
    ----------
    asked
        What it is about; empty where it is refused.
    sides
        The breasts it is about; empty where it names none: then about both.
    refused
        `Topic.FOR_A_DOCTOR` or `Topic.NO_ANSWER`; None where there is an answer.
    """

    asked: frozenset[Asked] = frozenset()
    sides: frozenset[Laterality] = frozenset()
    refused: Topic | None = None


NO_ANSWER: Final = Reading(refused=Topic.NO_ANSWER)


def language_of(question: str, default: Sentences) -> Sentences:
    """Choose the language that most letters of a question are in.

    Parameters
    ----------
    question
        Any text.
    default
        The language where there is a draw.
    """
    text = _plain(question)

    def letters(sentences: Sentences) -> tuple[int, bool]:
        return len(re.findall(sentences.questions.letter, text)), sentences is default

    return max(LANGUAGES.values(), key=letters)


def read_questions(questions: Sequence[str], default: Sentences) -> Reading:
    """Read the last question of a conversation.

    Parameters
    ----------
    questions
        All questions of the conversation, oldest first; at least one.
    default
        The language of questions that do not show theirs.

    Returns
    -------
    Reading
        A follow-up ("and the left one?") is resolved from the questions before it.
    """
    reading: Reading | None = None
    for question in questions:
        now = read_question(question, language_of(question, default).questions, reading)
        if now.refused is None or reading is None:
            reading = now  # after a refusal, a follow-up goes on from what was understood
    return now


def read_question(question: str, words: QuestionWords, before: Reading | None) -> Reading:
    """Read one question.

    Parameters
    ----------
    question
        In any state.
    words
        The language.
    before
        What the last understood question of the conversation was about.
    """
    text = _plain(question)
    if len(text) > LONGEST_QUESTION or not text:
        return NO_ANSWER
    if _found(words.for_a_doctor, text):
        return Reading(refused=Topic.FOR_A_DOCTOR)
    if _found(words.unanswerable, text):
        return NO_ANSWER
    sides = _sides(text, words)
    known = before if before and before.asked else None
    if known and _found(words.again, text):
        return replace(known, sides=sides or known.sides)
    if _found(words.meaning, text):
        return _meaning(known, sides)
    asked = frozenset(one for one, patterns in words.topics.items() if _found(patterns, text))
    if not asked and sides and len(text) <= words.longest_follow_up:
        asked = (known.asked & _ABOUT_A_BREAST if known else None) or frozenset({Asked.SCORE})
    return Reading(_without_parts(asked), sides) if asked else NO_ANSWER


def told_of(reading: Reading, facts: Facts) -> tuple[Facts, frozenset[Topic]]:
    """Give the facts and topics that answer a question.

    Parameters
    ----------
    reading
        Of the question.
    facts
        Of the report.

    Returns
    -------
    Facts, frozenset of Topic
        The facts on the breasts that the question is about, and what to say of them. Of a breast
        without pictures it is said that they are missing.
    """
    if reading.refused:
        return facts, frozenset({reading.refused, Topic.CAN_SAY})
    about = _on_sides(facts, reading.sides)
    topics = frozenset(topic for one in reading.asked for topic in TOLD[one])
    if facts.missing:
        topics -= {Topic.COMPLETE}  # of the study, also where the question is about one breast
    if not about.breasts:
        return about, topics - {Topic.LOOKED, Topic.SCORE, Topic.MEANING} | {Topic.MISSING}
    if Topic.MEANING in topics and not about.has_score:
        topics |= {Topic.SCORE}
    return about, topics


def _on_sides(facts: Facts, sides: Collection[Laterality]) -> Facts:
    if not sides:
        return facts
    return replace(
        facts,
        breasts=tuple(breast for breast in facts.breasts if breast.laterality in sides),
        missing=tuple(slot for slot in facts.missing if slot.laterality in sides),
    )


def _meaning(known: Reading | None, sides: frozenset[Laterality]) -> Reading:
    if known is None:
        return Reading(frozenset({Asked.SUMMARY}), sides)
    meant = frozenset(_MEANT.get(one, one) for one in known.asked)
    return Reading(_without_parts(meant), sides or known.sides)


def _without_parts(asked: frozenset[Asked]) -> frozenset[Asked]:
    """Drop what a larger answer says anyway."""
    parts = {Asked.DENSITY, Asked.SCORE, Asked.SCORE_MEANING, Asked.PICTURES, Asked.LIMIT}
    if Asked.SUMMARY in asked:
        return asked - parts
    return asked - {Asked.DENSITY} if Asked.DENSITY_MEANING in asked else asked


def _sides(text: str, words: QuestionWords) -> frozenset[Laterality]:
    named = "".join(side for side, patterns in words.sides.items() if _found(patterns, text))
    sides = frozenset(Laterality(side) for side in named)
    return frozenset() if len(sides) == len(Laterality) else sides


def _plain(question: str) -> str:
    """Write a question in one way: lower case, plain letters, single spaces, no end mark."""
    text = unicodedata.normalize("NFKC", question).casefold().replace("’", "'")
    visible = (letter for letter in text if unicodedata.category(letter) not in {"Cf", "Mn"})
    return " ".join("".join(visible).split()).strip(" ?.!,;。？！，；")


def _found(patterns: Iterable[str], text: str) -> bool:
    return any(_compiled(pattern).search(text) for pattern in patterns)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
