"""A thousand answers of a language model that is mostly wrong: nothing false reaches the reader."""

import random
from collections import Counter
from collections.abc import Sequence

from mammovlm.explanation import Facts, facts_of, refusal_of, worded
from mammovlm.explanation.answers import AnswerOrigin, answer
from mammovlm.explanation.facts import Topic
from mammovlm.explanation.questions import read_questions, told_of
from mammovlm.training.contradictions import contradictions
from mammovlm.training.question_phrasings import HELD_OUT
from mammovlm.words import ENGLISH
from random_findings import random_findings

CASES = 1000


def spoiled(text: str, draw: random.Random) -> str:
    """Put the words for another value in the place of those for one value."""
    phrasings = [
        (words, other)
        for values in ENGLISH.terms.values()
        for value, all_of in values.items()
        for words in all_of
        if words in text
        for others, their in values.items()
        if others != value
        for other in their
    ]
    words, other = draw.choice(phrasings) if phrasings else (".", " and you are well.")
    return text.replace(words, other, 1)


def said_of(question: str, facts: Facts, draw: random.Random) -> str:
    """Word something: the right thing, other facts, other topics, or the right thing spoiled."""
    about, topics = told_of(read_questions([question], ENGLISH), facts)
    right = worded(about, ENGLISH, draw.choice, topics)
    other = facts_of(random_findings(draw.randrange(10_000)))
    kinds = (
        right,
        worded(other, ENGLISH, draw.choice, topics),
        worded(facts, ENGLISH, draw.choice, set(draw.sample(list(Topic), 3))),
        spoiled(right, draw),
        right + " " + worded(other, ENGLISH, draw.choice, {Topic.SCORE}),
    )
    return draw.choice(kinds)


def test_of_a_thousand_answers_none_that_contradicts_the_report_reaches_the_reader() -> None:
    draw, origins = random.Random(0), Counter[str]()
    for seed in range(CASES):
        facts = facts_of(random_findings(seed))
        question = draw.choice([one for questions in HELD_OUT.values() for one in questions])

        def write(
            prompt: str, *, likely: Sequence[str], about: Facts = facts, asked: str = question
        ) -> str:
            return said_of(asked, about, draw)

        told = answer(question, (), facts, write)
        about, topics = told_of(read_questions([question], ENGLISH), facts)
        assert refusal_of(told.text, about, ENGLISH, topics) is None
        assert contradictions(told.text, facts) == [], (question, told.text)
        origins[told.origin] += 1
    assert origins[AnswerOrigin.LANGUAGE_MODEL] > CASES / 10
    assert origins[AnswerOrigin.TEMPLATE] > CASES / 2


def test_the_second_reader_finds_what_is_spoiled_so_that_its_silence_means_something() -> None:
    draw, found = random.Random(1), 0
    for seed in range(200):
        facts = facts_of(random_findings(seed))
        changed = spoiled(worded(facts, ENGLISH, draw.choice, {Topic.DENSITY, Topic.SCORE}), draw)
        found += bool(contradictions(changed, facts))
    assert found > 150
