# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every sentence that the plugin and its page show, by language: one file for each language.

The files are ``page/languages/*.json``, named by their RFC 5646 tag; the page reads them as well.
To add a language, add its file: settings, page and tests take the list from this folder. A file
that lacks a sentence, or a field of one, is refused when Orthanc starts.

Codes and names of states stay as they are everywhere; only sentences for people are chosen here.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

FOLDER = Path(__file__).parent / "page" / "languages"
DEFAULT: Final = "en-US"
COOKIE: Final = "mammovlm-language"
"""In which the page keeps a reader's choice; without it the site's language is shown."""

_FIELD = re.compile(r"\{(\w+)\}")


class LanguageIncomplete(ValueError):
    """Raised when a file of sentences is not like the English one; names file and keys."""


@dataclass(frozen=True)
class Language:
    """The sentences of one language.

    Parameters
    ----------
    tag
        RFC 5646.
    sentences
        By key, with fields in curly brackets.
    """

    tag: str
    sentences: Mapping[str, str]

    def __call__(self, key: str, **fields: object) -> str:
        """Give a sentence with its fields filled in; other curly brackets stay."""
        return _FIELD.sub(lambda found: str(fields.get(found[1], found[0])), self.sentences[key])

    def reason(self, code: str, text: str) -> str:
        """Give the sentence for a reason that a status holds in English.

        Parameters
        ----------
        code
            The reason, such as "no-standard-view".
        text
            The English sentence, perhaps with details in brackets; "" stays so. It is given back
            where nothing is known of the reason: another version of a worker may have one.
        """
        if not text or self is ENGLISH:
            return text
        keys = [key for key in self.sentences if f"{key}.".startswith(f"reason.{code}.")]
        if not keys:
            return text
        told = next((key for key in keys if text.startswith(ENGLISH.sentences[key])), "")
        detail = text.removeprefix(ENGLISH.sentences[told]).strip(" ()") if told else ""
        sentence = self.sentences[told or keys[0]]
        return self("page.detail", text=sentence, detail=detail) if detail else sentence

    def status(self, document: dict[str, Any]) -> dict[str, Any]:
        """Give a status document, or an entry of its history, with its texts in this language."""
        told = {**document, "text": self.reason(document["reason"], document["text"])}
        if "history" in document:
            told["history"] = [
                self.status(run) if "reason" in run and "text" in run else run
                for run in document["history"]
            ]
        return told


def read_languages(folder: Path = FOLDER) -> Mapping[str, Language]:
    """Read every file of sentences, English first.

    Raises
    ------
    LanguageIncomplete
        If a file has not the keys, and in each sentence the fields, of the English one.
    """
    found = {path.stem: _read(path) for path in sorted(folder.glob("*.json"))}
    english = found.pop(DEFAULT)
    for language in found.values():
        _refuse_incomplete(language, english)
    return MappingProxyType({DEFAULT: english, **found})


def _read(path: Path) -> Language:
    return Language(path.stem, MappingProxyType(json.loads(path.read_text(encoding="utf-8"))))


def _refuse_incomplete(language: Language, english: Language) -> None:
    ours, theirs = language.sentences, english.sentences
    wrong = sorted(ours.keys() ^ theirs.keys()) or sorted(
        key
        for key, sentence in ours.items()
        if not sentence or _fields(sentence) != _fields(theirs[key])
    )
    if wrong:
        raise LanguageIncomplete(
            f"page/languages/{language.tag}.json is not complete, or has a key or field that the "
            f"English file has not: {', '.join(wrong)}"
        )


def _fields(sentence: str) -> list[str]:
    return sorted(set(_FIELD.findall(sentence)))


LANGUAGES: Final = read_languages()
"""Every language by its tag; the first is the default."""

ENGLISH: Final = LANGUAGES[DEFAULT]


def language_of(headers: Mapping[str, str], site: str) -> Language:
    """Choose the language of an answer: the reader's own choice, else the site's setting.

    Parameters
    ----------
    headers
        Of the request, by name in lower case.
    site
        A key of `LANGUAGES`.
    """
    try:
        chosen = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        chosen = None
    return LANGUAGES.get(chosen.value if chosen else site, LANGUAGES[site])
