"""What a check finds: how bad it is, what was seen, and what to do. Never a secret."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How bad it is."""

    FINE = "fine"
    WORTH_A_LOOK = "look"
    TO_MEND = "mend"


@dataclass(frozen=True)
class Finding:
    """One finding.

    Parameters
    ----------
    subject
        What was looked at.
    grade
        How bad it is.
    seen
        What was seen.
    do
        What to do; "" where nothing must be done.
    """

    subject: str
    grade: Grade
    seen: str
    do: str = ""


def fine(subject: str, seen: str) -> Finding:
    """Say that all is well."""
    return Finding(subject, Grade.FINE, seen)


def look(subject: str, seen: str, do: str) -> Finding:
    """Say what somebody should look at when there is time."""
    return Finding(subject, Grade.WORTH_A_LOOK, seen, do)


def mend(subject: str, seen: str, do: str) -> Finding:
    """Say what must be mended before the installation works, or before it is safe."""
    return Finding(subject, Grade.TO_MEND, seen, do)
