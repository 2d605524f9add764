# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page's own files, read once into memory: no request ever names a path on the disk.

The two HTML pages are there once for each language; scripts read the sentences of theirs.
"""

import hashlib
import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from string import Template

from mammovlm_orthanc.languages import COOKIE, DEFAULT, LANGUAGES, Language, language_of
from mammovlm_orthanc.rest_messages import Answer, Refused, Request

FOLDER = Path(__file__).parent / "page"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FRAME = "frame.html"
_PAGES = ("worklist", "study")
_JSON = "application/json; charset=utf-8"


@dataclass(frozen=True)
class PageFile:
    """One file."""

    text: str
    content_type: str
    entity_tag: str


class _PageTemplate(Template):
    """HTML with ``${key}`` for each sentence."""

    braceidpattern = r"[a-z][\w.-]*"


class PageFiles:
    """Answers with the files of the page.

    Parameters
    ----------
    language
        Of readers that have not chosen one.
    folder
        Where they lie; every file in it that a browser needs is served.
    """

    def __init__(self, language: str = DEFAULT, folder: Path = FOLDER) -> None:
        self._language = language
        self._files = {
            path.name: _served(path.read_text(encoding="utf-8"), _TYPES[path.suffix])
            for path in sorted(folder.iterdir())
            if path.suffix in _TYPES and path.is_file()
        }
        self._files |= {
            f"{tag}.json": _served(json.dumps(dict(known.sentences), ensure_ascii=False), _JSON)
            for tag, known in LANGUAGES.items()
        }
        self._pages = {
            (name, known.tag): _framed(folder, name, known)
            for name in _PAGES
            for known in LANGUAGES.values()
        }

    def page(self, request: Request, name: str) -> Answer:
        """Answer with one of the two pages, "worklist" or "study", in the reader's language."""
        known = self._pages[name, language_of(request.headers, self._language).tag]
        return _answer(request, known, {"Vary": "Cookie"})

    def get(self, request: Request, name: str) -> Answer:
        """Answer with one file, or with "not modified" where the browser has it."""
        file = self._files.get(name)
        if file is None:
            raise Refused(HTTPStatus.NOT_FOUND, "no-file")
        return _answer(request, file, {})


def _answer(request: Request, file: PageFile, more: Mapping[str, str]) -> Answer:
    is_known = request.headers.get("if-none-match") == file.entity_tag
    return Answer(
        HTTPStatus.NOT_MODIFIED if is_known else HTTPStatus.OK,
        "" if is_known else file.text,
        file.content_type,
        headers={**_headers(file.entity_tag), **more},
    )


def _framed(folder: Path, name: str, language: Language) -> PageFile:
    """Put what is a page's own into what all pages share, in one language."""
    frame, main = (
        _PageTemplate((folder / file).read_text(encoding="utf-8"))
        for file in (_FRAME, f"{name}.html")
    )
    words = {key: html.escape(text) for key, text in language.sentences.items()}
    text = frame.substitute(
        words,
        name=name,
        tag=language.tag,
        cookie=COOKIE,
        title=words[f"{name}.title"],
        choices=_choices(language),
        main=main.substitute(words),
    )
    return _served(text, "text/html; charset=utf-8")


def _choices(chosen: Language) -> str:
    """List the languages for a reader to choose from, each by its own name."""
    return "".join(
        f'<option value="{tag}" lang="{tag}"{" selected" if known is chosen else ""}>'
        f"{html.escape(known('language.name'))}</option>"
        for tag, known in LANGUAGES.items()
    )


def _served(text: str, content_type: str) -> PageFile:
    digest = hashlib.sha256(text.encode()).hexdigest()[:20]
    return PageFile(text, content_type, f'"{digest}"')


def _headers(entity_tag: str) -> Mapping[str, str]:
    return {
        "Cache-Control": "no-cache",  # asked for again each time, and answered with 304
        "ETag": entity_tag,
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Referrer-Policy": "same-origin",
    }
