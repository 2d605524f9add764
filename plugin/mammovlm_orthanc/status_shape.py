# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether a status document has the types that everything relies on which reads it.

Anyone with the right to write metadata can put anything there, and one odd document must not stop
the list of all the others.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

Holds = Callable[[object], bool]


def refuse_odd_shape(content: Mapping[str, Any]) -> None:
    """Refuse a document of which a part is of another type than a status has.

    Parameters
    ----------
    content
        The parts that a status knows, by name; those with a default may be missing.

    Raises
    ------
    ValueError
        With the name of the part, or because a text cannot be stored.
    """
    for name, holds in _PARTS.items():
        if name in content and not holds(content[name]):
            raise ValueError(name)
    # JSON may escape halves of a character, and holds NaN in Python only.
    json.dumps(content, ensure_ascii=False, allow_nan=False).encode()


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _group_of(holds: Holds) -> Holds:
    return lambda value: isinstance(value, dict) and all(map(holds, value.values()))


def _none_or(holds: Holds) -> Holds:
    return lambda value: value is None or holds(value)


def _list_of(holds: Holds) -> Holds:
    return lambda value: isinstance(value, list) and all(map(holds, value))


def _is_run(value: object) -> bool:
    return (
        isinstance(value, dict)
        and _is_count(value.get("run"))
        and value.get("state") in _STATES
        and all(holds(value[name]) for name, holds in _OF_A_RUN.items() if name in value)
    )


_STATES = ("receiving", "ready", "queued", "running", "done", "partial", "rejected", "failed")
_texts = _group_of(_is_text)
_OF_A_RUN: Mapping[str, Holds] = {
    "job_id": _is_text,
    "reason": _is_text,
    "text": _is_text,
    "instances": _list_of(_texts),
    "report": _none_or(_texts),
    "algorithm": _none_or(_texts),
    "timings_s": _group_of(_is_number),
    "times": _texts,
}
_PARTS: Mapping[str, Holds] = {
    **_OF_A_RUN,
    "study_instance_uid": _is_text,
    "state": _is_text,
    "run": _is_count,
    "priority": _is_text,
    "left_out": _list_of(_texts),
    "missing": _list_of(_is_text),
    "predecessor": _none_or(_texts),
    "history": _list_of(_is_run),
}
