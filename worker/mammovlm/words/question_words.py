"""How patients ask about a result, by language: patterns that say what a question is about.

A question is never answered from its own words: it only chooses which of the facts are told. So the
reading is a list of patterns, plain to see and to correct, and what it does not know is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Asked(StrEnum):
    """What a question can be about."""

    DENSITY = "density"
    DENSITY_MEANING = "density meaning"
    SCORE = "score"
    SCORE_MEANING = "score meaning"
    PICTURES = "pictures"
    NEXT = "next"
    WRITER = "writer"
    LIMIT = "limit"
    SUMMARY = "summary"
    HELP = "help"


@dataclass(frozen=True)
class QuestionPrompt:
    """How a question is put to the language model, after the line of facts.

    Parameters
    ----------
    before
        One earlier round, with the fields ``question`` and ``answer``.
    asked
        The question, with the field ``question``.
    task, free_task
        The request: with the field ``topics``, and, in training, without saying what to speak of.
    """

    before: str
    asked: str
    task: str
    free_task: str


@dataclass(frozen=True, eq=False)
class QuestionWords:
    """The questions of one language; all patterns are read in lower case and anywhere in it.

    Parameters
    ----------
    letter
        A letter of the language's script: a question is in the language that has most of them.
    for_a_doctor
        Asks for a diagnosis, a treatment, advice or reassurance.
    unanswerable
        Asks for what the facts do not hold, whatever else it names: numbers, places, changes, other
        people; or tells the program what to do or to say.
    topics
        What it is about, by patterns.
    sides
        Which breast; keys as in `Sentences.terms`: "R", "L", "RL".
    meaning, again
        Asks what the answer before means; asks for it once more.
    longest_follow_up
        Characters of a question that only names a side ("and the left one?").
    prompt
        None where no language model was tuned for the language.
    """

    letter: str
    for_a_doctor: tuple[str, ...]
    unanswerable: tuple[str, ...]
    topics: Mapping[Asked, tuple[str, ...]]
    sides: Mapping[str, tuple[str, ...]]
    meaning: tuple[str, ...]
    again: tuple[str, ...]
    longest_follow_up: int
    prompt: QuestionPrompt | None = None
