"""Patterns with fields: they word a statement in many ways and read every one of them back.

One table does both, so that whatever can be written can be read. Nothing is searched for: a
sentence is understood only if one pattern matches all of it.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeAlias

from mammovlm.training.reports.statements import Facts, Kind, Statement, Value

FIELD: Final = re.compile(r"\{((\w+)(?:\.\w+)?)\}")
"""A slot: the name of a fact, and after a full stop which table of phrases says it."""
NUMBER: Final = "#"
"""Stands for a whole number in a phrase."""
ARTICLE: Final = "a(n)"
"""Becomes "a" or "an" as the next word begins."""


Phrases: TypeAlias = Mapping[Value, tuple[str, ...]]
"""Ways of saying each value of one fact."""


class NotWordable(ValueError):
    """No pattern says these facts, or two read a sentence differently."""


@dataclass(frozen=True)
class Pattern:
    """One way of saying a statement.

    Parameters
    ----------
    kind
        Of the statement.
    text
        Lower case at its beginning, without full stop, slots in braces. A slot's phrase brings
        its own blank or comma, so that it can be left out.
    says
        Facts that the pattern's own words say.
    """

    kind: Kind
    text: str
    says: Facts = field(default_factory=dict)


@dataclass(frozen=True)
class Phrasebook:
    """All patterns and phrases of one renderer.

    Parameters
    ----------
    patterns
        In the order in which they are tried.
    phrases
        By slot and value: ways of saying it. The value None gives what is said of a fact that is
        not stated, nothing by default. `NUMBER` stands for any whole number.
    """

    patterns: tuple[Pattern, ...]
    phrases: Mapping[str, Phrases]

    def worded(self, statement: Statement, draw: random.Random) -> str:
        """Say a statement; the same state of ``draw`` gives the same words.

        Returns
        -------
        str
            With a small letter at the beginning and without full stop.

        Raises
        ------
        NotWordable
            If no pattern says exactly these facts.
        """
        fitting = [one for one in self.patterns if self._fits(one, statement)]
        if not fitting:
            raise NotWordable(f"{statement.kind}: {sorted(statement.stated)}")
        text = draw.choice(fitting).text

        def phrase(match: re.Match[str]) -> str:
            value = statement.facts.get(match[2])
            chosen = draw.choice(self._choices(match[1], value))
            return chosen.replace(NUMBER, str(value))

        return with_articles(FIELD.sub(phrase, text)).strip()

    def read(self, sentence: str) -> Statement | None:
        """Read what `worded` gave, or give None where it is not understood.

        Raises
        ------
        NotWordable
            If two patterns read it differently.
        """
        readings = {
            self._statement(pattern, match.groupdict())
            for pattern, expression in self._compiled
            if (match := expression.fullmatch(sentence) or expression.fullmatch(f" {sentence}"))
        }
        if len(readings) > 1:
            raise NotWordable(f"read in {len(readings)} ways")
        return readings.pop() if readings else None

    def _fits(self, pattern: Pattern, statement: Statement) -> bool:
        if pattern.kind is not statement.kind:
            return False
        if any(statement.facts.get(name) != value for name, value in pattern.says.items()):
            return False
        slots = {name: slot for slot, name in FIELD.findall(pattern.text)}
        said = {*slots, *pattern.says}
        return said.issuperset(statement.stated) and all(
            self._choices(slot, statement.facts.get(name)) for name, slot in slots.items()
        )

    def _choices(self, slot: str, value: Value) -> tuple[str, ...]:
        phrases = self.phrases[slot]
        if value in phrases:
            return phrases[value]
        if value is None:
            return ("",)
        return phrases.get(NUMBER, ()) if isinstance(value, int) else ()

    @cached_property
    def _compiled(self) -> tuple[tuple[Pattern, re.Pattern[str]], ...]:
        return tuple((one, re.compile(self._expression(one.text))) for one in self.patterns)

    def _expression(self, text: str) -> str:
        pieces, end = list[str](), 0
        for match in FIELD.finditer(text):
            pieces.append(_literal(text[end : match.start()]))
            pieces.append(f"(?P<{_group(match[1])}>{self._any_phrase(match[1])})")
            end = match.end()
        return "".join([*pieces, _literal(text[end:])])

    def _any_phrase(self, slot: str) -> str:
        every = {phrase for phrases in self.phrases[slot].values() for phrase in phrases}
        if None not in self.phrases[slot]:
            every.add("")
        return "|".join(_literal(phrase) for phrase in sorted(every, reverse=True))

    def _statement(self, pattern: Pattern, groups: Mapping[str, str]) -> Statement:
        slots = {_group(slot): (slot, name) for slot, name in FIELD.findall(pattern.text)}
        read = {slots[g][1]: self._value(slots[g][0], said) for g, said in groups.items()}
        return Statement(pattern.kind, {**read, **pattern.says})

    def _value(self, slot: str, said: str) -> Value:
        for value, phrases in self.phrases[slot].items():
            for phrase in phrases:
                if match := re.fullmatch(_literal(phrase).replace(r"\d+", r"(\d+)"), said):
                    return int(match[1]) if NUMBER in phrase else value
        return None


def _group(slot: str) -> str:
    return slot.replace(".", "__")


def with_articles(text: str) -> str:
    """Put "a" or "an" where the place-holder is."""
    vowel = re.compile(r"a\(n\) (?=[aeiouAEIOU]|8|1[18]\b)")
    return vowel.sub("an ", text).replace(ARTICLE, "a")


def _literal(text: str) -> str:
    return re.escape(text).replace(re.escape(ARTICLE), "an?").replace(re.escape(NUMBER), r"\d+")


def capitalised(text: str) -> str:
    """Begin with a capital letter; all else stays as it is."""
    return text[:1].upper() + text[1:]


def decapitalised(text: str) -> str:
    """Begin with a small letter; all else stays as it is."""
    return text[:1].lower() + text[1:]
