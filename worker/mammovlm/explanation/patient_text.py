"""Facts to plain sentences for the patient: the template text, and its many wordings."""

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

from mammovlm.explanation.facts import REPORT_TOPICS, BreastScore, Facts, ScoreRange, Topic
from mammovlm.explanation.grammar import FIELD, TOPICS, capitalised
from mammovlm.study import Laterality, ViewPosition
from mammovlm.words.sentences import Sentences, Term
from mammovlm.words.shapes import Shape

Choose = Callable[[Sequence[str]], str]
"""Picks one phrasing of several."""

LIKELY_TEXTS: Final = 32
"""Enough for every phrasing to stand in some text."""

_LAST: Final = (
    Shape.NEXT,
    Shape.WRITER,
    Shape.UNCHECKED,
    Shape.LIMIT,
    Shape.READER,
    Shape.FOR_A_DOCTOR,
    Shape.NO_ANSWER,
    Shape.CAN_SAY,
)
"""Sentences without a fact, at the end of a text."""

_Filled = tuple[Shape, Mapping[str, str]]


def template_text(
    facts: Facts, sentences: Sentences, topics: Collection[Topic] = REPORT_TOPICS
) -> str:
    """Word the facts with the first phrasing of each; the same facts give the same text."""
    return worded(facts, sentences, lambda phrasings: phrasings[0], topics)


def likely_texts(
    facts: Facts, sentences: Sentences, topics: Collection[Topic] = REPORT_TOPICS
) -> list[str]:
    """Word the facts in `LIKELY_TEXTS` ways; the same facts give the same texts."""
    draw = random.Random(0)
    return [worded(facts, sentences, draw.choice, topics) for _ in range(LIKELY_TEXTS)]


def worded(
    facts: Facts,
    sentences: Sentences,
    choose: Choose,
    topics: Collection[Topic] = REPORT_TOPICS,
) -> str:
    """Word the facts.

    Parameters
    ----------
    facts
        What to say.
    sentences
        The language.
    choose
        Picks each pattern and phrasing; a seeded random choice gives a varied text.
    topics
        What to speak of; an answer to a question speaks of some.

    Returns
    -------
    str
        Complete sentences, each with a capital, where the script has them, and a full stop.
    """
    return sentences.form.between.join(
        _sentence(shape, values, sentences, choose)
        for shape, values in _filled(facts)
        if TOPICS[shape] in topics
    )


def _sentence(shape: Shape, values: Mapping[str, str], sentences: Sentences, choose: Choose) -> str:
    pattern = choose(sentences.patterns[shape])

    def fill(name: str, suffix: str) -> str:
        if name in sentences.synonyms:
            return choose(sentences.synonyms[name])
        return choose(sentences.terms[Term(name)][values[name + suffix]])

    text = FIELD.sub(lambda field: fill(field[1], field[2] or ""), pattern)
    return f"{capitalised(text)}{sentences.form.full_stop}"


def _filled(facts: Facts) -> Iterator[_Filled]:
    """Choose the shapes that the facts need, in the order of the text."""
    yield Shape.LOOKED, {Term.SIDES: "".join(facts.sides)}
    yield from _missing(facts)
    if not facts.missing:
        yield Shape.COMPLETE, {}
    if facts.density is None:
        yield Shape.DENSITY_UNKNOWN, {}
    else:
        yield Shape.DENSITY, {Term.DENSITY: facts.density}
    yield Shape.DENSITY_MEANING, {}
    yield from _scores(facts.breasts)
    if facts.has_score:
        yield Shape.MEANING, {}
    yield from ((shape, {}) for shape in _LAST)


def _missing(facts: Facts) -> Iterator[_Filled]:
    views = {
        side: "".join(
            position
            for position in ViewPosition
            if any(slot.laterality is side and slot.position is position for slot in facts.missing)
        )
        for side in Laterality
    }
    right, left = views[Laterality.RIGHT], views[Laterality.LEFT]
    if right and right == left:
        yield Shape.MISSING_SEVERAL, {Term.SIDES: "RL", Term.VIEWS: right}
    elif right and left:
        yield (
            Shape.MISSING_ON_BOTH_SIDES,
            {
                Term.SIDES: "R",
                Term.VIEWS: right,
                f"{Term.SIDES}_2": "L",
                f"{Term.VIEWS}_2": left,
            },
        )
    elif right or left:
        several = right == "CCMLO" or left == "CCMLO"
        shape = Shape.MISSING_SEVERAL if several else Shape.MISSING_ONE
        yield shape, {Term.SIDES: "R" if right else "L", Term.VIEWS: right or left}


def _scores(breasts: Sequence[BreastScore]) -> Iterator[_Filled]:
    if len(breasts) == 2 and breasts[0].score is breasts[1].score:
        yield _score("RL", breasts[0].score)
    elif len(breasts) == 2 and breasts[0].score and breasts[1].score:
        right, left = breasts[0].score, breasts[1].score
        yield (
            Shape.SCORE_TWO,
            {
                Term.SIDES: "R",
                Term.RANGE: right,
                f"{Term.SIDES}_2": "L",
                f"{Term.RANGE}_2": left,
            },
        )
    else:
        yield from (_score(breast.laterality, breast.score) for breast in breasts)


def _score(sides: str, score: ScoreRange | None) -> _Filled:
    if score is None:
        return Shape.NO_SCORE, {Term.SIDES: sides}
    return Shape.SCORE, {Term.SIDES: sides, Term.RANGE: score}
