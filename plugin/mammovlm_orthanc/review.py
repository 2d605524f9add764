# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people said about a study's results: opinions, and the patient's text edited or released.

The JSON document in the study's Orthanc metadata ``MammoVLMReview``. Entries are only ever added:
whoever changes their mind adds another one.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Subject(StrEnum):
    """What an entry is about."""

    OPINION = "opinion"
    PATIENT_TEXT = "patient-text"


class Act(StrEnum):
    """What somebody did."""

    AGREE = "agree"
    DISAGREE = "disagree"
    WITHDRAWN = "withdrawn"
    EDITED = "edited"
    RELEASED = "released"


ACTS: Mapping[Subject, frozenset[Act]] = {
    Subject.OPINION: frozenset({Act.AGREE, Act.DISAGREE, Act.WITHDRAWN}),
    Subject.PATIENT_TEXT: frozenset({Act.EDITED, Act.RELEASED, Act.WITHDRAWN}),
}
LONGEST_TEXT, LONGEST_READER = 10_000, 64
MOST_ENTRIES = 1000


class ReviewUnreadable(ValueError):
    """Raised when the document is none that this version understands; it is left as it is."""


class ReviewFull(ValueError):
    """Raised when there is no room for another entry."""


@dataclass(frozen=True)
class ReviewEntry:
    """One thing that somebody said.

    Parameters
    ----------
    at
        When, ISO 8601 UTC.
    reader
        Who, as they signed.
    subject, act
        What about, and what.
    text
        The comment to an opinion, or the patient's text as edited or released.
    run, report_uid
        The run and the SOP Instance UID of the report that they looked at.
    """

    at: str
    reader: str
    subject: Subject
    act: Act
    text: str
    run: int
    report_uid: str


@dataclass(frozen=True)
class Review:
    """All that was said about a study, oldest first."""

    entries: tuple[ReviewEntry, ...] = ()
    version: int = 1

    def with_entry(self, entry: ReviewEntry) -> "Review":
        """Add an entry.

        Raises
        ------
        ReviewFull
            If `MOST_ENTRIES` are there.
        """
        if len(self.entries) >= MOST_ENTRIES:
            raise ReviewFull
        return Review((*self.entries, entry))

    def last(self, subject: Subject, report_uid: str) -> ReviewEntry | None:
        """Give what counts now on a report, None where nothing was said or all is withdrawn."""
        found = [e for e in self.entries if (e.subject, e.report_uid) == (subject, report_uid)]
        return found[-1] if found and found[-1].act is not Act.WITHDRAWN else None

    def to_json(self) -> str:
        """Write the document."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, document: str) -> "Review":
        """Read the document.

        Raises
        ------
        ReviewUnreadable
            If it is none of version 1.
        """
        try:
            content = json.loads(document)
            if content["version"] != 1:
                raise ReviewUnreadable("another version")
            return cls(tuple(_entry(entry) for entry in content["entries"]))
        except (ValueError, TypeError, KeyError) as error:
            raise ReviewUnreadable("metadata MammoVLMReview is none of version 1") from error


def _entry(content: Mapping[str, Any]) -> ReviewEntry:
    return ReviewEntry(
        at=str(content["at"]),
        reader=str(content["reader"]),
        subject=Subject(content["subject"]),
        act=Act(content["act"]),
        text=str(content["text"]),
        run=int(content["run"]),
        report_uid=str(content["report_uid"]),
    )
