"""Why a wording of the language model is not shown."""

from dataclasses import dataclass
from enum import StrEnum


class RefusalReason(StrEnum):
    """The named reason; it goes into the report together with the template text."""

    EMPTY = "empty"
    FAILED = "failed"
    FOREIGN_CHARACTERS = "foreign characters"
    NUMBER = "number"
    PROMPT_ECHO = "prompt echo"
    DIAGNOSIS = "diagnosis"
    ADVICE = "advice"
    REASSURANCE = "reassurance"
    TOO_LONG = "too long"
    LONG_SENTENCE = "long sentence"
    UNFINISHED = "unfinished"
    NOT_UNDERSTOOD = "not understood"
    REPEATED = "repeated"
    CHANGED_FACT = "changed fact"
    MISSING_FACT = "missing fact"
    READING_GRADE = "reading grade"


@dataclass(frozen=True)
class Refusal:
    """One reason, with what a person needs to see why; never the wording itself.

    Parameters
    ----------
    reason
        The named reason.
    detail
        Topic, count or grade.
    """

    reason: RefusalReason
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else str(self.reason)
