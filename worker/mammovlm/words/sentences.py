"""What a language must bring: one `Sentences` value in one file, and its place in the registry.

The patient text is a closed language. Its patterns and phrasings write the template text and the
training targets, and the same patterns read a wording back (``explanation.grammar``). What they
cannot read is refused, so a new phrasing is added here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mammovlm.words.page_words import PageWords
from mammovlm.words.question_words import QuestionWords
from mammovlm.words.refusal_words import RefusalWords
from mammovlm.words.report_words import Names, ReadableWords, ReportWords, SummaryWords
from mammovlm.words.shapes import Shape


class Term(StrEnum):
    """Fields of a pattern that carry a fact; ``sides_2`` is a second one of the kind ``sides``."""

    SIDES = "sides"
    VIEWS = "views"
    DENSITY = "density"
    RANGE = "range"


class Forbidden(StrEnum):
    """What no wording may hold, whatever the facts are (dicom-and-field D.4)."""

    NUMBER = "number"
    PROMPT_ECHO = "prompt echo"
    DIAGNOSIS = "diagnosis"
    REASSURANCE = "reassurance"
    ADVICE = "advice"


class Unit(StrEnum):
    """In what a text of the language is measured: words, or characters where none part words."""

    WORDS = "words"
    CHARACTERS = "characters"


@dataclass(frozen=True)
class Form:
    """What a text of one language looks like from outside.

    Parameters
    ----------
    letters
        Regular expression of a text in this language's letters and punctuation.
    full_stop, between
        What ends a sentence, and what stands between two of them and between two words.
    unit
        Of the two lengths below.
    longest_text, longest_sentence
        A longer wording, or one with a longer sentence, is refused.
    grade_limit
        Flesch-Kincaid grade above which a wording is refused; None for a language that the
        formula was not made for. Then the length of the sentences is the only measure.
    """

    letters: str
    full_stop: str
    unit: Unit
    longest_text: int
    longest_sentence: int
    between: str = ""
    grade_limit: float | None = None


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


@dataclass(frozen=True, eq=False)
class Sentences:
    """All words of one language.

    Parameters
    ----------
    language
        RFC 5646 tag.
    name
        Name of the language in English, the code meaning of the tag in a report.
    latin_1
        Whether its words can be written in ISO_IR 100 (Latin alphabet No. 1).
    us_density_law
        Whether the density sentences of United States law (21 CFR 900.12(c)), which are
        prescribed in English, are put into summary and patient text.
    form
        Letters, lengths and reading measure of a wording.
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
    names, summary, report, readable, page, refusal
        Names of sides, views and the like; the radiologist's sentences; the report's other
        texts; the labels of the report as text; those of the one-page summary; the texts of a
        report without result.
    questions
        How a question about a result is read.
    prompt
        How the language model is asked. None where no language model was tuned for the language:
        it is not asked then, and the patient's text is the template's.
    """

    language: str
    name: str
    latin_1: bool
    us_density_law: bool
    form: Form
    patterns: Mapping[Shape, tuple[str, ...]]
    terms: Mapping[Term, Mapping[str, tuple[str, ...]]]
    synonyms: Mapping[str, tuple[str, ...]]
    forbidden: Mapping[Forbidden, str]
    names: Names
    summary: SummaryWords
    report: ReportWords
    readable: ReadableWords
    page: PageWords
    refusal: RefusalWords
    questions: QuestionWords
    prompt: PromptWords | None = None

    def note_of(self, note: str) -> str:
        """Give what the numbers rest on: the weights' note, translated where it is known."""
        return self.names.note(note) or self.report.note.format(note=note)
