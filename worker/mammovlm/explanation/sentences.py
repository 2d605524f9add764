"""What a language must bring: one `Sentences` value in one file, and its place in the registry.

The patient text is a closed language. Its patterns and phrasings write the template text and the
training targets, and the same patterns read a wording back (`grammar`). What they cannot read is
refused, so a new phrasing is added here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mammovlm.explanation.facts import Topic
from mammovlm.explanation.refusal import RefusalReason


class Shape(StrEnum):
    """The forms a sentence can take; each is about one topic."""

    LOOKED = "looked"
    MISSING_ONE = "missing one"
    MISSING_SEVERAL = "missing several"
    MISSING_ON_BOTH_SIDES = "missing on both sides"
    DENSITY = "density"
    DENSITY_UNKNOWN = "density unknown"
    SCORE = "score"
    SCORE_TWO = "score two"
    NO_SCORE = "no score"
    MEANING = "meaning"
    LIMIT = "limit"
    READER = "reader"

    @property
    def topic(self) -> Topic:
        """What a sentence of this form is about."""
        return _TOPICS[self]


_TOPICS = {
    Shape.LOOKED: Topic.LOOKED,
    Shape.MISSING_ONE: Topic.MISSING,
    Shape.MISSING_SEVERAL: Topic.MISSING,
    Shape.MISSING_ON_BOTH_SIDES: Topic.MISSING,
    Shape.DENSITY: Topic.DENSITY,
    Shape.DENSITY_UNKNOWN: Topic.DENSITY,
    Shape.SCORE: Topic.SCORE,
    Shape.SCORE_TWO: Topic.SCORE,
    Shape.NO_SCORE: Topic.SCORE,
    Shape.MEANING: Topic.MEANING,
    Shape.LIMIT: Topic.LIMIT,
    Shape.READER: Topic.READER,
}


class Term(StrEnum):
    """Fields of a pattern that carry a fact; ``sides_2`` is a second one of the kind ``sides``."""

    SIDES = "sides"
    VIEWS = "views"
    DENSITY = "density"
    RANGE = "range"


@dataclass(frozen=True)
class PromptWords:
    """How the facts are put to the language model.

    Parameters
    ----------
    task
        The request.
    facts
        Line with the fields ``sides``, ``missing``, ``density`` and ``scores``.
    caption
        Request for the facts that can be seen in the images alone (stage S3a).
    sides, views, ranges
        One short word for each value.
    none, unknown, unseen
        Nothing is missing; no head gave a number; the fact is withheld in training.
    """

    task: str
    facts: str
    caption: str
    sides: Mapping[str, str]
    views: Mapping[str, str]
    ranges: Mapping[str, str]
    none: str
    unknown: str
    unseen: str


@dataclass(frozen=True)
class SummaryWords:
    """The sentences for the radiologist; fields in braces are filled by `summary`."""

    sides: Mapping[str, str]
    density: str
    density_of_breast: str
    presence: str
    suspicion: str
    likelihood: str
    calibrated: str
    not_calibrated: str
    experts: str
    expert: str
    missing: str
    left_out: str
    not_available: str
    identity: str
    disclaimer: str


@dataclass(frozen=True, eq=False)
class Sentences:
    """All words of one language.

    Parameters
    ----------
    language
        RFC 5646 tag.
    letters
        Regular expression of a text in this language's letters and punctuation.
    between
        What stands between two sentences.
    patterns
        For each shape its patterns, the template's own first. A field ``{name}`` is filled from
        `terms` (a fact) or from `synonyms` (no fact).
    terms
        For each fact its values, and for each value its phrasings. Keys of ``sides`` are "R",
        "L" and "RL", of ``views`` "CC", "MLO" and "CCMLO"; the others are the enumerations'
        values. No phrasing stands for two values.
    synonyms
        Phrasings without a fact.
    forbidden
        Regular expressions that no wording may hold, by what is wrong with them.
    prompt, summary
        The language model's prompt and the radiologist's sentences.
    """

    language: str
    letters: str
    between: str
    patterns: Mapping[Shape, tuple[str, ...]]
    terms: Mapping[Term, Mapping[str, tuple[str, ...]]]
    synonyms: Mapping[str, tuple[str, ...]]
    forbidden: Mapping[RefusalReason, str]
    prompt: PromptWords
    summary: SummaryWords
