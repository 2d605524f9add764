"""Reading a wording back: each sentence becomes the claims it makes, or it is not understood.

Nothing is searched for: a sentence is understood only if one pattern of the language matches the
whole of it, letter by letter. So there is no place where a wording could hide another statement.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from types import MappingProxyType
from typing import Final

from mammovlm.explanation.facts import Claim, ScoreRange, Topic
from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality, ViewPosition
from mammovlm.words.sentences import Sentences, Term
from mammovlm.words.shapes import Shape

FIELD = re.compile(r"\{(\w+?)(_2)?\}")
"""A field of a pattern; the suffix marks a second one of the same kind."""

TOPICS: Final[Mapping[Shape, Topic]] = MappingProxyType(
    {
        Shape.LOOKED: Topic.LOOKED,
        Shape.MISSING_ONE: Topic.MISSING,
        Shape.MISSING_SEVERAL: Topic.MISSING,
        Shape.MISSING_ON_BOTH_SIDES: Topic.MISSING,
        Shape.COMPLETE: Topic.COMPLETE,
        Shape.DENSITY: Topic.DENSITY,
        Shape.DENSITY_UNKNOWN: Topic.DENSITY,
        Shape.DENSITY_MEANING: Topic.DENSITY_MEANING,
        Shape.SCORE: Topic.SCORE,
        Shape.SCORE_TWO: Topic.SCORE,
        Shape.NO_SCORE: Topic.SCORE,
        Shape.MEANING: Topic.MEANING,
        Shape.NEXT: Topic.NEXT,
        Shape.WRITER: Topic.WRITER,
        Shape.UNCHECKED: Topic.UNCHECKED,
        Shape.LIMIT: Topic.LIMIT,
        Shape.READER: Topic.READER,
        Shape.FOR_A_DOCTOR: Topic.FOR_A_DOCTOR,
        Shape.NO_ANSWER: Topic.NO_ANSWER,
        Shape.CAN_SAY: Topic.CAN_SAY,
    }
)
"""What a sentence of each shape is about."""


class Grammar:
    """The patterns of one language, ready to read with.

    Parameters
    ----------
    sentences
        The language.
    """

    def __init__(self, sentences: Sentences) -> None:
        self._sentences = sentences

    def claims(self, sentence: str) -> tuple[Claim, ...] | None:
        """Read one sentence.

        Parameters
        ----------
        sentence
            With its capital letter, without its full stop.

        Returns
        -------
        tuple of Claim or None
            None where no pattern matches the whole sentence, or two patterns read it
            differently.
        """
        readings = {
            tuple(self._claims_of_match(shape, match.groupdict()))
            for shape, pattern in self._compiled
            if (match := pattern.fullmatch(sentence))
        }
        return readings.pop() if len(readings) == 1 else None

    @cached_property
    def _compiled(self) -> tuple[tuple[Shape, re.Pattern[str]], ...]:
        return tuple(
            (shape, re.compile(self._expression(pattern)))
            for shape, patterns in self._sentences.patterns.items()
            for pattern in patterns
        )

    def _expression(self, pattern: str) -> str:
        """Turn a pattern into a regular expression; its first letter is a capital."""
        pieces, end = list[str](), 0
        for field in FIELD.finditer(pattern):
            pieces.append(_text(pattern[end : field.start()], first=not pieces))
            pieces.append(self._field(field[1], field[2] or "", first=field.start() == 0))
            end = field.end()
        pieces.append(_text(pattern[end:], first=not pieces))
        return "".join(pieces)

    def _field(self, name: str, suffix: str, *, first: bool) -> str:
        if name in self._sentences.synonyms:
            return f"(?:{_any_of(self._sentences.synonyms[name], first=first)})"
        values = self._sentences.terms[Term(name)].values()
        phrasings = tuple(phrasing for value in values for phrasing in value)
        return f"(?P<{name}{suffix}>{_any_of(phrasings, first=first)})"

    def _claims_of_match(self, shape: Shape, groups: Mapping[str, str]) -> Iterator[Claim]:
        """Give the claims of one matched sentence; fields without a suffix go together."""
        for suffix in ("", "_2"):
            found = {
                term: self._value(term, groups[term + suffix])
                for term in Term
                if term + suffix in groups
            }
            if found or not suffix:
                yield from _claims(TOPICS[shape], found)

    def _value(self, term: Term, text: str) -> str:
        """Look up which value a phrasing stands for."""
        lowered = text[0].lower() + text[1:]
        return next(
            value
            for value, phrasings in self._sentences.terms[term].items()
            if text in phrasings or lowered in phrasings
        )


@cache
def grammar_for(sentences: Sentences) -> Grammar:
    """Give the grammar of a language, compiled once."""
    return Grammar(sentences)


def capitalised(text: str) -> str:
    """Begin with a capital letter; all else stays as it is."""
    return text[:1].upper() + text[1:]


def _text(text: str, *, first: bool) -> str:
    return re.escape(capitalised(text) if first else text)


def _any_of(phrasings: tuple[str, ...], *, first: bool) -> str:
    spelled = (capitalised(phrasing) if first else phrasing for phrasing in phrasings)
    return "|".join(re.escape(phrasing) for phrasing in spelled)


def _claims(topic: Topic, values: Mapping[Term, str]) -> Iterator[Claim]:
    sides = [Laterality(side) for side in values.get(Term.SIDES, "")]
    for side in sides or (None,):
        if topic is Topic.MISSING:
            for position in ViewPosition:
                if position in values[Term.VIEWS]:
                    yield Claim(topic, side, position)
        else:
            yield Claim(topic, side, _fact(values))


def _fact(values: Mapping[Term, str]) -> DensityCategory | ScoreRange | None:
    if Term.DENSITY in values:
        return DensityCategory(values[Term.DENSITY])
    return ScoreRange(values[Term.RANGE]) if Term.RANGE in values else None
