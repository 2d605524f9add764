# SPDX-License-Identifier: AGPL-3.0-or-later
"""OHIF at ``/ohif/``: its start page and configuration; Orthanc's ServeFolders serves the rest.

The viewer's files are up to 17 MB, and Orthanc's Python plugin stands still while it sends one, so
none of them goes through here. OHIF is one page for all its addresses: every address below
``/ohif/`` whose last part is no file gets the start page.
"""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from mammovlm_orthanc.languages import Language
from mammovlm_orthanc.page_files import FOLDER
from mammovlm_orthanc.rest_messages import Answer

ROUTES = ("/ohif", "/ohif/(app-config\\.js|[^.]*)")
CONFIGURATION = "app-config.js"
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' data: blob:; worker-src 'self' blob:; object-src 'self' blob:; "
    "frame-src 'self' blob:; "
    "base-uri 'self'; frame-ancestors 'self'"
)
"""OHIF compiles WebAssembly and writes styles into its page; but nothing leaves this host."""


class Viewer:
    """Answers with OHIF's start page and configuration.

    Parameters
    ----------
    configuration
        Orthanc's: `ServeFolders` says where OHIF's files lie.
    """

    def __init__(self, configuration: Mapping[str, object]) -> None:
        self._folder = _folder(configuration)
        self._settings = (FOLDER / "ohif" / CONFIGURATION).read_text(encoding="utf-8")

    @property
    def is_there(self) -> bool:
        """Whether OHIF was set up."""
        return self._folder is not None and (self._folder / "index.html").is_file()

    def answer(self, name: str, language: Language) -> Answer:
        """Answer with the configuration or, for any other name, with the start page."""
        headers = {"Cache-Control": "no-cache"}
        if name == CONFIGURATION:
            return Answer(
                HTTPStatus.OK, self._settings, "text/javascript; charset=utf-8", "", headers
            )
        if self._folder is None or not self.is_there:
            plain = "text/plain; charset=utf-8"
            return Answer(
                HTTPStatus.SERVICE_UNAVAILABLE, language("viewer.not-there") + "\n", plain
            )
        start = (self._folder / "index.html").read_text(encoding="utf-8")
        headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return Answer(HTTPStatus.OK, start, "text/html; charset=utf-8", "", headers)


def _folder(configuration: Mapping[str, object]) -> Path | None:
    served = configuration.get("ServeFolders")
    folders = served.get("Folders") if isinstance(served, Mapping) else None
    path = folders.get("/ohif") if isinstance(folders, Mapping) else None
    return Path(path) if isinstance(path, str) else None
