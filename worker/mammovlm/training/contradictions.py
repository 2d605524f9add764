"""Contradictions in an English text, found by plain words, not by the grammar that the check uses.

The check lets a text through only if its grammar reads exactly the facts in it. This is a second
reader of another kind, so that a fault of the grammar would show in the measures.
"""

import re
from typing import Final

from mammovlm.explanation.facts import Facts, ScoreRange
from mammovlm.study import Laterality, ViewPosition
from mammovlm.words.english import ENGLISH
from mammovlm.words.sentences import Term

_BOTH: Final = frozenset(Laterality)
_SIDES: Final = re.compile(r"right and left|right|left|both (?:of your )?breasts")
_RANGES: Final = re.compile(r"(low|middle|high)")
_RANGE_WORDS: Final = {
    "low": ScoreRange.LOWER,
    "middle": ScoreRange.MIDDLE,
    "high": ScoreRange.HIGHER,
}
_VIEWS: Final = {
    ViewPosition.CC: re.compile(r"top view|from above|both (views|pictures)"),
    ViewPosition.MLO: re.compile(r"side view|from the side|both (views|pictures)"),
}


def contradictions(text: str, facts: Facts) -> list[str]:
    """Give every sentence of a text that says what the facts do not."""
    return [said for said in text.lower().split(".") if _contradicts(said, facts)]


def _contradicts(sentence: str, facts: Facts) -> bool:
    if "usual views" in sentence:
        return bool(facts.missing)
    if re.search(r"missing|without", sentence):
        return _misses_wrongly(sentence, facts)
    if "how dense" in sentence:
        return facts.density is not None
    if "tissue is" in sentence or "tissue seems" in sentence:
        return _is_other_density(sentence, facts)
    if "score" in sentence and "doctor" not in sentence and "tell" not in sentence:
        return _is_other_score(sentence, facts)
    sides = {side for found in _SIDES.findall(sentence) for side in _named(found)}
    return not sides <= set(facts.sides)


def _is_other_density(sentence: str, facts: Facts) -> bool:
    said = {
        category
        for category, phrasings in ENGLISH.terms[Term.DENSITY].items()
        if any(phrasing in sentence for phrasing in phrasings)
    }
    return said != ({str(facts.density)} if facts.density else set())


def _is_other_score(sentence: str, facts: Facts) -> bool:
    scores = {breast.laterality: breast.score for breast in facts.breasts}
    sides = [_named(found) for found in _SIDES.findall(sentence)]
    if "no score" in sentence:
        return any(scores.get(side, ScoreRange.LOWER) for named in sides for side in named)
    ranges = [_RANGE_WORDS[found] for found in _RANGES.findall(sentence)]
    if len(sides) != len(ranges):
        return True
    return any(
        scores.get(side) is not said
        for named, said in zip(sides, ranges, strict=True)
        for side in named
    )


def _misses_wrongly(sentence: str, facts: Facts) -> bool:
    missing = {(slot.laterality, slot.position) for slot in facts.missing}
    parts = re.split(r"(?<=breast) and ", sentence)
    return any(
        (side, position) not in missing
        for part in parts
        for found in _SIDES.findall(part)
        for side in _named(found)
        for position, words in _VIEWS.items()
        if words.search(part)
    )


def _named(words: str) -> frozenset[Laterality]:
    single = {"right": Laterality.RIGHT, "left": Laterality.LEFT}.get(words)
    return frozenset({single}) if single else _BOTH
