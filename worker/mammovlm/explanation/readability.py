"""How hard a text is to read: Flesch-Kincaid grade and its companions, measured by textstat.

textstat counts syllables with the CMU Pronouncing Dictionary, which it would download through
nltk. Nothing may be downloaded at run time, so the entries that our sentences need are shipped in
``nltk_data``; a test keeps them complete.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import nltk
import textstat

NLTK_DATA: Final = Path(__file__).parent / "nltk_data"
"""Folder in nltk's layout with the shipped part of the CMU Pronouncing Dictionary."""


@dataclass(frozen=True)
class Readability:
    """Measures of one text.

    Parameters
    ----------
    grade
        Flesch-Kincaid grade level, years of school.
    ease
        Flesch reading ease, higher is easier.
    smog, fog
        SMOG and Gunning fog; SMOG reads two to three grades higher than Flesch-Kincaid.
    longest_sentence
        Words in the longest sentence.
    """

    grade: float
    ease: float
    smog: float
    fog: float
    longest_sentence: int


def words_of(text: str) -> list[str]:
    """Split at white space."""
    return text.split()


def grade_of(text: str, language: str) -> float:
    """Measure the Flesch-Kincaid grade of a text.

    Parameters
    ----------
    text
        At least one sentence.
    language
        RFC 5646 tag; decides how syllables are counted.

    Returns
    -------
    float
        May be below zero for very short words and sentences.
    """
    _prepare(language)
    return float(textstat.flesch_kincaid_grade(text))


def readability_of(text: str, language: str) -> Readability:
    """Measure a text in all ways that are reported."""
    _prepare(language)
    sentences = [part for part in text.replace("\n", " ").split(". ") if part]
    return Readability(
        grade=float(textstat.flesch_kincaid_grade(text)),
        ease=float(textstat.flesch_reading_ease(text)),
        smog=float(textstat.smog_index(text)),
        fog=float(textstat.gunning_fog(text)),
        longest_sentence=max(len(words_of(sentence)) for sentence in sentences),
    )


@cache
def _prepare(language: str) -> None:
    """Point nltk to the shipped dictionary before any other, and set textstat's language."""
    if str(NLTK_DATA) not in nltk.data.path:
        nltk.data.path.insert(0, str(NLTK_DATA))
    textstat.set_lang(language.replace("-", "_"))
