"""Questions and answers over several rounds for stage S3b: seeded, and right by construction.

Each pair is the last round of a conversation about one exam. What the answer must say is read from
the questions by the same reader that answers patients, and the answer is one of the checked
grammar's wordings of it, so every one passes the parse-back check.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mammovlm.explanation.facts import Facts, Topic
from mammovlm.explanation.patient_text import worded
from mammovlm.explanation.question_prompt import Round, question_prompt
from mammovlm.explanation.questions import read_questions, told_of
from mammovlm.training.explanation_pairs import Exam, Pair, facts_from, pair_of, varied, views_shown
from mammovlm.training.question_phrasings import FOLLOW_UPS, REFUSED, TRAINING
from mammovlm.words.question_words import Asked
from mammovlm.words.sentences import Sentences

EARLIER_ROUNDS: Final = (0, 0, 0, 1, 1, 2, 3)
"""Drawn from evenly: rounds before the one that is learned."""
FOLLOW_UP: Final = 0.35
"""Share of later questions that only the conversation explains."""
REFUSAL: Final = 0.15
"""Share of questions that get no answer from a program."""
TOPICS_WITHHELD: Final = 0.25
"""Share of prompts that do not name the topics, so that the question itself is read."""


@dataclass(frozen=True)
class QuestionPair:
    """One round with what it is about.

    Parameters
    ----------
    pair
        Prompt, answer, views and the facts that the answer speaks of.
    topics
        What it speaks of.
    kind
        What was asked, as `mammovlm.words.question_words.Asked` or, for a refusal, `Topic` names
        it; "follow-up" where the question alone does not say.
    question, rounds
        The question, and the conversation before it.
    all_facts
        Those of the exam.
    """

    pair: Pair
    topics: frozenset[Topic]
    kind: str
    question: str
    rounds: tuple[Round, ...]
    all_facts: Facts


def question_pair_for(
    exam: Exam,
    sentences: Sentences,
    draw: random.Random,
    phrasings: Mapping[Asked, Sequence[str]] = TRAINING,
    *,
    withheld: float = TOPICS_WITHHELD,
) -> QuestionPair:
    """Make one pair of an exam.

    Parameters
    ----------
    exam
        Whose facts are asked for; now and then others stand in the prompt, as in the reports.
    sentences
        The language.
    draw
        Source of all chance; the same state gives the same pair.
    phrasings
        Questions to draw from.
    withheld
        Share of prompts that do not name the topics.
    """
    slots = views_shown(draw)
    facts = varied(facts_from(exam, slots), draw)
    rounds = list[Round]()
    for _ in range(draw.choice(EARLIER_ROUNDS)):
        _, question = _drawn(phrasings, draw, has_rounds=bool(rounds))
        about, topics = _told(question, rounds, facts, sentences)
        rounds.append(Round(question, worded(about, sentences, draw.choice, topics)))
    kind, question = _drawn(phrasings, draw, has_rounds=bool(rounds))
    about, topics = _told(question, rounds, facts, sentences)
    names_topics = draw.random() >= withheld
    prompt = question_prompt(question, rounds, about, topics, sentences, names_topics=names_topics)
    answer = worded(about, sentences, draw.choice, topics)
    pair = pair_of(prompt, answer, slots, exam, about)
    return QuestionPair(pair, topics, kind, question, tuple(rounds), facts)


def _told(
    question: str, rounds: Sequence[Round], facts: Facts, sentences: Sentences
) -> tuple[Facts, frozenset[Topic]]:
    questions = [*(one.question for one in rounds), question]
    return told_of(read_questions(questions, sentences), facts)


def _drawn(
    phrasings: Mapping[Asked, Sequence[str]], draw: random.Random, *, has_rounds: bool
) -> tuple[str, str]:
    """Draw a question and its kind."""
    if has_rounds and draw.random() < FOLLOW_UP:
        return "follow-up", draw.choice(FOLLOW_UPS)
    if draw.random() < REFUSAL:
        refused = draw.choice(list(REFUSED))
        return str(refused), draw.choice(REFUSED[refused])
    asked = draw.choice(list(phrasings))
    return str(asked), draw.choice(phrasings[asked])
