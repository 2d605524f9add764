"""Takes the label out of a report and leaves the description, for contrast without the answer.

The paper blanks the BI-RADS category alone; four-systems A10 says why that is not enough.
"""

import re
from typing import Final

from mammovlm.training.reports.label_words import (
    CATEGORY,
    DESCRIPTION,
    MANAGEMENT,
    PLACE,
    VERDICT,
    label_words,
)
from mammovlm.training.reports.phrasebook import capitalised

_HEADING: Final = re.compile(
    r"^\s*([A-Z][A-Z /&-]{2,}|(?:Impression|Conclusion|Assessment|Recommendations?|Findings"
    r"|Breast composition|Composition|Comparison|Indication|History|Technique|Procedure"
    r"|Exam(?:ination)?|Comments?)):(?=\s|$)"
)
"""Capital letters, or one of the usual headings, before a colon."""
_NEW_LINE: Final = re.compile(r"(?<![.!?])\n(?!\s*(?:\n|[-*•]|\d+[.)]\s|[A-Z][A-Za-z /&-]*:))")
"""A line break that only wraps a sentence."""
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])(?<!\b[Cc]at\.)\s+(?=[\"'(]?[A-Z0-9])|\n+")
_SEGMENT: Final = re.compile(
    r"(?=[,;:()]\s?)|\s(?=(?:and|but|or|which|that|for which|therefore|so that|as well as|given)\b)"
)
_CLAUSE: Final = re.compile(r"(?=[;:])")
"""Where what is denied ends."""
_NEGATION: Final = re.compile(
    r"\b(?:no|not|without|neither|nor|none|never|free of|normal|unremarkable|negative|healthy)\b",
    re.I,
)
_LOOSE_BEGINNING: Final = re.compile(
    r"^(?:[\s,;:.()\-–]+|(?:and|but|or|which|that|therefore|so that|given|as well as)\b)+", re.I
)
_LOOSE_END: Final = re.compile(
    r"(?:[\s,;:(\-–]+|\b(?:and|but|or|which|that|this|is|are|was|were|it|of|for|(?-i:a)|an|the|as"
    r"|with|to|be|being|in|by)\b)+$",
    re.I,
)
_NUMBER_ALONE: Final = re.compile(r"\W*(?:\d+\w?|[ivIV]+[abc]?)?\W*")


def scrub(text: str) -> str:
    """Remove BI-RADS categories, verdicts and management; what is described stays.

    A sentence without such a word is left as it is. Of the others those segments stay, without
    the words, that describe a finding; a denied verdict goes whole, since without the verdict it
    would deny the finding.

    Parameters
    ----------
    text
        English. Headings end with a colon.

    Returns
    -------
    str
        Holds none of `label_words`; empty where nothing is described. Scrubbing it again changes
        nothing.
    """
    scrubbed = _settled(text)
    if label_words(scrubbed):  # two harmless lines may make up a label word where they meet
        scrubbed = _settled(scrubbed.replace("\n", " "))
    return "" if label_words(scrubbed) else scrubbed


def _settled(text: str) -> str:
    scrubbed = _once(text)
    while (again := _once(scrubbed)) != scrubbed:
        scrubbed = again
    return scrubbed


def _once(text: str) -> str:
    unwrapped = _NEW_LINE.sub(" ", text)
    lines = (_line(line) for line in unwrapped.splitlines())
    return "\n".join(line for line in lines if line)


def _line(line: str) -> str:
    """Scrub the sentences below one heading; a heading with nothing below it goes."""
    match = _HEADING.match(line)
    if match and not _describes(match[1]):
        kept = _sentences(line[match.end() :])
        whole = f"{match[1]}: {kept}" if kept else ""
        return kept if label_words(whole) else whole
    return _sentences(line)


def _sentences(text: str) -> str:
    kept = (_sentence(sentence.strip()) for sentence in _SENTENCE_END.split(text))
    joined = " ".join(sentence for sentence in kept if sentence)
    # Two harmless sentences may make up a label word where they meet.
    return "" if label_words(joined) else joined


def _sentence(sentence: str) -> str:
    if _NUMBER_ALONE.fullmatch(sentence):
        return ""
    if not label_words(sentence):
        return sentence
    clauses = _CLAUSE.split(CATEGORY.sub(" ", sentence))
    segments = [
        _segment(part)
        for clause in clauses
        if not (_NEGATION.search(clause) and label_words(clause))
        for part in _SEGMENT.split(clause)
    ]
    if not any(_describes(segment) for segment in segments):
        return ""
    kept = "".join(one for one in segments if _describes(one) or PLACE.search(one))
    tidied = _tidy(kept)
    return "" if label_words(tidied) else tidied


def _segment(text: str) -> str:
    """Cut a segment at the first word on management, and take verdicts out."""
    if match := MANAGEMENT.search(text):
        text = text[: match.start()]
    text = VERDICT.sub(" ", text)
    return f" {text}" if text[:1].isalnum() else text


def _describes(text: str) -> bool:
    return DESCRIPTION.search(text) is not None


def _tidy(text: str) -> str:
    """Make a sentence of what is left."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s+([,;:.)])", r"\1", re.sub(r"\(\s*\)", "", text))
    text = _LOOSE_END.sub("", _LOOSE_BEGINNING.sub("", text.rstrip(" .!?")))
    text = re.sub(r"(\ba|^A) (?=[aeiou])", r"\1n ", text)
    text = re.sub(r"(\ba|^A)n (?=[^aeiou\W\d])", r"\1 ", text)
    return f"{capitalised(text)}." if text else ""
