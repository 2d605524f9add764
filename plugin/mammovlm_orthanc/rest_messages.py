# SPDX-License-Identifier: AGPL-3.0-or-later
"""A request and its answer, free of Orthanc; and how a request is refused."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeAlias

from mammovlm_orthanc.languages import Language

JSON = "application/json"


@dataclass(frozen=True)
class Request:
    """A request below ``/mammovlm/``.

    Parameters
    ----------
    method
        GET, POST, ...
    path
        What follows ``/mammovlm/``.
    query
        Parameters of the address.
    body
        As it came.
    headers
        By name in lower case.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What goes back.

    Parameters
    ----------
    status, body, content_type
        Of the answer. Bodies are small: Orthanc's Python plugin stands still while one is sent.
    allow
        The methods of a route where another was asked.
    headers
        Further ones.
    """

    status: HTTPStatus
    body: str
    content_type: str = JSON
    allow: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Route: TypeAlias = tuple[str, str, Callable[..., Answer]]
"""Method, regular expression of the whole path, and what answers (request, *groups)."""


class Refused(Exception):
    """Ends the handling of a request with an error for the caller.

    Parameters
    ----------
    status
        Of the answer.
    code
        What is wrong; ``refused.<code>`` and ``refused.<code>.do`` are its sentences.
    allow
        See `Answer`.
    fields
        Of the sentences; a ``state`` is shown by its name.
    """

    def __init__(self, status: HTTPStatus, code: str, *, allow: str = "", **fields: object) -> None:
        super().__init__(code)
        self.status, self.code = status, code
        self._allow, self._fields = allow, fields

    def answer(self, language: Language) -> Answer:
        """Say it: {"code", "error": what is wrong, "do": what to do}."""
        fields = dict(self._fields)
        if "state" in fields:
            fields["state"] = language(f"state.{fields['state']}")
        error = language(f"refused.{self.code}", **fields)
        do = language(f"refused.{self.code}.do", **fields)
        body = json.dumps({"code": self.code, "error": error, "do": do})
        return Answer(self.status, body, allow=self._allow)


def json_answer(content: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with a document that no cache keeps: it may name a patient."""
    kept_by_nobody = {"Cache-Control": "no-store"}
    return Answer(HTTPStatus.OK, json.dumps(content), headers={**kept_by_nobody, **(headers or {})})
