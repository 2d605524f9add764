"""Text that a DICOM object can hold: no control characters, nothing its character set lacks.

PS3.5 6.1.2 and 6.1.3: ISO_IR 192 is UTF-8, ISO_IR 100 is Latin alphabet No. 1. Lines end with
CR LF; other control characters are not allowed.
"""

import unicodedata
from collections.abc import Iterable

from pydicom import Dataset
from pydicom.valuerep import PersonName

_IN_LATIN_WORDS = str.maketrans(
    {
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2015": "-",
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2022": "*",
        "\u2026": "...",
        "\u2212": "-",
        "\u2264": "<=",
        "\u2265": ">=",
        "\u2260": "<>",
        "\u2192": "->",
        "\u20ac": "EUR",
        "\u2122": "(TM)",
    }
)
_NEVER_TEXT = frozenset({"Cc", "Cs", "Cn", "Co"})
_TEXT_VRS = frozenset({"LO", "LT", "SH", "ST", "UC", "UT"})


def clean_text(text: str) -> str:
    r"""Take out what no DICOM text may hold, and end every line with CR LF.

    A tab becomes a space; other control characters, lone surrogates, unassigned and private
    characters go; white space at both ends goes, since readers drop it anyway.
    """
    plain = text.replace("\t", " ").replace("\r\n", "\n").replace("\r", "\n")
    kept = (
        "".join(c for c in line if unicodedata.category(c) not in _NEVER_TEXT)
        for line in plain.split("\n")
    )
    return "\r\n".join(kept).strip()


def fit_text(text: str, character_set: str) -> str:
    """Replace what the character set cannot write.

    Typographic signs become their plain forms, accented letters lose an accent that Latin-1
    lacks, and everything else becomes a question mark.
    """
    if character_set != "ISO_IR 100":
        return text
    return "".join(_fit_character(c) for c in text.translate(_IN_LATIN_WORDS))


def fit_dataset(dataset: Dataset, character_set: str) -> None:
    """Name the character set in a data set and fit every text in it, at every depth."""
    dataset.SpecificCharacterSet = character_set
    if character_set == "ISO_IR 100":
        _fit_elements(dataset, character_set)


def _fit_elements(dataset: Dataset, character_set: str) -> None:
    for element in dataset:
        if element.VR == "SQ":
            _fit_items(element.value, character_set)
        elif element.VR == "PN":
            element.value = _fit_name(element.value, character_set)
        elif element.VR in _TEXT_VRS and isinstance(element.value, str):
            element.value = fit_text(element.value, character_set)


def _fit_items(items: Iterable[Dataset], character_set: str) -> None:
    for item in items:
        _fit_elements(item, character_set)


def _fit_name(name: PersonName | None, character_set: str) -> str:
    """Keep the alphabetic group; the others (PS3.5 6.2.1) have no Latin form."""
    return fit_text(str(name or "").split("=", maxsplit=1)[0], character_set)


def _fit_character(character: str) -> str:
    if _is_latin(character):
        return character
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if _is_latin(c))
    return plain or "?"


def _is_latin(character: str) -> bool:
    return ord(character) < 256 and not 0x80 <= ord(character) < 0xA0
