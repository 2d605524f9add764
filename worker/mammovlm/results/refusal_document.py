"""What is written in place of a result where a study could not be analysed.

Its schema is ``refusal.schema.json`` in this folder.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

VERSION = 1


@dataclass(frozen=True)
class NoResult:
    """Why a study has no result.

    Parameters
    ----------
    study_instance_uid
        (0020,000D).
    status
        "rejected": the study cannot be analysed as it is; "failed": a fault on our side.
    reason
        The named reason, such as "no-standard-view".
    text
        What happened and what to do, for a technologist; no patient data.
    """

    study_instance_uid: str
    status: Literal["rejected", "failed"]
    reason: str
    text: str


def refusal_document(why: NoResult) -> dict[str, Any]:
    """Make the JSON document of a study without a report."""
    return {
        "version": VERSION,
        "study_instance_uid": why.study_instance_uid,
        "status": why.status,
        "reason": why.reason,
        "text": why.text,
    }


@cache
def refusal_schema() -> dict[str, Any]:
    """Load the JSON schema (draft 2020-12) of the document."""
    text = files("mammovlm.results").joinpath("refusal.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
