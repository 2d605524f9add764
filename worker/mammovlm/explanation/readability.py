"""How hard a text is to read: Flesch-Kincaid grade and its companions, measured by textstat.

textstat counts syllables with the CMU Pronouncing Dictionary, which it would download through
nltk. Nothing may be downloaded at run time, so the entries that our sentences need are shipped in
``nltk_data``; a test keeps them complete.

The grade was fitted to English and counts syllables and words, which Chinese text does not show. No
formula for Chinese is accepted as that one is, so there only the length of the sentences is told.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import nltk
import textstat

from mammovlm.words.sentences import Form, Unit

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


def length_of(text: str, form: Form) -> int:
    """Count the words, or, where nothing parts words, the characters without punctuation."""
    if form.unit is Unit.CHARACTERS:
        return sum(character.isalnum() for character in text)
    return len(text.split())


def characters_per_sentence(text: str, form: Form) -> float | None:
    """Give the mean length of a text's sentences; None for a language with words."""
    if form.unit is Unit.WORDS:
        return None
    return length_of(text, form) / max(1, text.count(form.full_stop))


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
        longest_sentence=max(len(sentence.split()) for sentence in sentences),
    )


@cache
def _private_copy() -> TemporaryDirectory[str]:
    """Copy the dictionary to where this process alone may write, until it ends.

    nltk refuses files that another account could write, and then tries to download them. An
    installation may belong to another account than the worker's, or to a group.
    """
    folder = TemporaryDirectory(prefix="mammovlm-nltk-")
    for source in sorted(NLTK_DATA.rglob("*")):
        target = Path(folder.name) / source.relative_to(NLTK_DATA)
        if source.is_dir():
            target.mkdir(mode=0o700)
        else:
            target.write_bytes(source.read_bytes())
            target.chmod(0o600)
    return folder


@lru_cache(maxsize=1)  # textstat knows one language at a time
def _prepare(language: str) -> None:
    """Point nltk to the shipped dictionary before any other, and set textstat's language."""
    copy = _private_copy().name
    if copy not in nltk.data.path:
        nltk.data.path.insert(0, copy)
    textstat.set_lang(language.replace("-", "_"))
