# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads what callers put into addresses and bodies; whatever is wrong is refused with a reason."""

import re
from http import HTTPStatus
from typing import Any

from mammovlm_orthanc import clock
from mammovlm_orthanc.request_json import read_json
from mammovlm_orthanc.rest_messages import Refused
from mammovlm_orthanc.status import Priority, State

_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""All controls but tab and line ends."""


def states(text: str) -> tuple[State, ...]:
    """Read a list of states; all of them where the text is empty."""
    try:
        return tuple(State(part) for part in text.split(",")) if text else tuple(State)
    except ValueError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, "unknown-state", allowed=", ".join(State)) from error


def since(text: str) -> str:
    """Read a time, as ISO 8601 UTC; "" where the text is empty."""
    try:
        # A plus sign in a query that was not escaped arrives as a blank.
        return clock.iso(clock.from_iso(text.replace(" ", "+"))) if text else ""
    except (ValueError, OverflowError, OSError) as error:
        raise Refused(HTTPStatus.BAD_REQUEST, "no-time") from error


def limit(text: str, largest: int) -> int:
    """Read how many are wanted, 1 to ``largest``."""
    if re.fullmatch(r"[0-9]{1,4}", text) and 1 <= int(text) <= largest:
        return int(text)
    raise Refused(HTTPStatus.BAD_REQUEST, "no-limit", largest=largest)


def priority(body: bytes) -> Priority:
    """Read the priority of a body that may be empty."""
    try:
        content: Any = read_json(body) if body.strip() else {}
        if not isinstance(content, dict) or set(content) - {"priority"}:
            raise ValueError
        return Priority(content.get("priority", Priority.NORMAL))
    except (ValueError, TypeError) as error:
        raise Refused(HTTPStatus.BAD_REQUEST, "no-priority") from error


def texts(body: bytes, longest: dict[str, int]) -> dict[str, str]:
    """Read a JSON object of texts.

    Parameters
    ----------
    body
        The JSON.
    longest
        Every name that may be there, with the number of characters allowed.

    Returns
    -------
    dict
        A text for every name, "" where it was left out.
    """
    try:
        content: Any = read_json(body)
        if not isinstance(content, dict) or set(content) - set(longest):
            raise ValueError
        if any(not _fits(content.get(name, ""), most) for name, most in longest.items()):
            raise ValueError
    except ValueError as error:
        allowed = ", ".join(f"{name} (≤ {most})" for name, most in longest.items())
        raise Refused(HTTPStatus.BAD_REQUEST, "no-texts", allowed=allowed) from error
    return {name: str(content.get(name, "")).strip() for name in longest}


def _fits(value: object, most: int) -> bool:
    # Lone surrogates and control characters are valid JSON, but the former cannot be stored, and
    # Orthanc sends no answer with a zero in it.
    return isinstance(value, str) and len(value) <= most and _NO_TEXT.search(value) is None
