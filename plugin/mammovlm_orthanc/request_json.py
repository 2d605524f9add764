# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads the JSON of a request; deep nesting is refused before anything is read.

Orthanc answers requests on threads with 100 kB of stack. Python's reader of JSON needs some of it
for every level, so that 400 levels of objects end the whole of Orthanc; Python's own limit of 1000
comes too late.
"""

import json
from typing import Any

MOST_BRACKETS = 50
"""No route takes more than one."""


def read_json(body: bytes) -> Any:  # noqa: ANN401  any type of JSON
    """Read a body.

    Raises
    ------
    ValueError
        If it is no JSON in UTF-8 (RFC 8259, 8.1), or may be nested deeper than `MOST_BRACKETS`.
    """
    text = body.decode("utf-8-sig")
    outside_of_strings = text.replace("\\\\", "").replace('\\"', "").split('"')[::2]
    if sum(part.count("[") + part.count("{") for part in outside_of_strings) > MOST_BRACKETS:
        raise ValueError("nested too deeply")
    return json.loads(text)
