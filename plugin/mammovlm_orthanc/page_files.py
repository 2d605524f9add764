# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page's own files, read once into memory: no request ever names a path on the disk."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from string import Template

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
_TITLES = {"worklist": "Worklist", "study": "Study"}


@dataclass(frozen=True)
class PageFile:
    """One file."""

    text: str
    content_type: str
    entity_tag: str


class PageFiles:
    """Answers with the files of the page.

    Parameters
    ----------
    folder
        Where they lie; every file in it that a browser needs is served.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files = {
            path.name: _served(path.read_text(encoding="utf-8"), _TYPES[path.suffix])
            for path in sorted(folder.iterdir())
            if path.suffix in _TYPES and path.is_file()
        }
        self._files |= {f"{name}.html": _framed(folder, name) for name in _TITLES}

    def get(self, request: Request, name: str) -> Answer:
        """Answer with one file, or with "not modified" where the browser has it."""
        file = self._files.get(name)
        if file is None:
            raise Refused(HTTPStatus.NOT_FOUND, "There is no such file.", "Begin at /mammovlm/.")
        is_known = request.headers.get("if-none-match") == file.entity_tag
        return Answer(
            HTTPStatus.NOT_MODIFIED if is_known else HTTPStatus.OK,
            "" if is_known else file.text,
            file.content_type,
            headers=_headers(file.entity_tag),
        )


def _framed(folder: Path, name: str) -> PageFile:
    """Put what is a page's own into what all pages share."""
    frame = Template((folder / _FRAME).read_text(encoding="utf-8"))
    main = (folder / f"{name}.html").read_text(encoding="utf-8")
    text = frame.substitute(name=name, title=_TITLES[name], main=main)
    return _served(text, "text/html; charset=utf-8")


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
