"""A question before the language model: the facts it is about, what was said before, the question.

Only the last rounds are put there, each cut to a length, so that a long conversation never outgrows
the language model's context; what a follow-up refers to is read from all of them.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from mammovlm.explanation.facts import Facts, Topic, claims_of
from mammovlm.explanation.prompt import facts_line
from mammovlm.words.sentences import Sentences

ROUNDS_SHOWN: Final = 2
LONGEST_SHOWN: Final = 160
"""Characters of each question and answer."""

_NOT_SHOWN: Final = re.compile(r"[^\w ,.'?-]")


@dataclass(frozen=True)
class Round:
    """A question of the conversation so far, and its answer, "" where it has none."""

    question: str
    answer: str


def question_prompt(
    question: str,
    rounds: Sequence[Round],
    facts: Facts,
    topics: Collection[Topic],
    sentences: Sentences,
    *,
    names_topics: bool = True,
    shows_question: bool = True,
) -> str:
    """Put a question before the language model.

    Parameters
    ----------
    question, rounds
        The question, and the conversation before it.
    facts, topics
        What answers it, see `mammovlm.explanation.questions.told_of`.
    sentences
        The language.
    names_topics
        False in training now and then, so that the question itself is read too.
    shows_question
        False where the prompt leaves this machine: a question may name a person, the facts do not.

    Raises
    ------
    ValueError
        For a language in which no language model is asked.
    """
    words = sentences.questions.prompt
    if words is None:
        raise ValueError(f"no language model is asked to write {sentences.language}")
    before = (
        words.before.format(question=_shown(one.question), answer=_shown(one.answer))
        for one in rounds[-ROUNDS_SHOWN:]
    )
    named = ", ".join(sorted_topics(facts, topics))
    task = words.task.format(topics=named) if names_topics else words.free_task
    if not shows_question:
        return f"{facts_line(facts, sentences)} {task}"
    asked = words.asked.format(question=_shown(question))
    return " ".join([facts_line(facts, sentences), *before, asked, task])


def sorted_topics(facts: Facts, topics: Collection[Topic]) -> list[Topic]:
    """Give the topics that a text on these facts speaks of, in its order."""
    claimed = {claim.topic for claim in claims_of(facts, topics)}
    return [topic for topic in Topic if topic in claimed]


def _shown(text: str) -> str:
    """Show a text without marks that could be taken for the form of the conversation."""
    return " ".join(_NOT_SHOWN.sub(" ", text).split())[:LONGEST_SHOWN]
