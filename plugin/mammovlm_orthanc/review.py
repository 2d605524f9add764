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
MOST_ENTRIES, KEPT_FREE = 1000, 100
"""Most entries of a study; and so many more for what must stay possible, `_ALWAYS_POSSIBLE`."""

_ALWAYS_POSSIBLE = frozenset({Act.RELEASED, Act.WITHDRAWN})


class ReviewUnreadable(ValueError):
    """Raised when the document is none that this version understands; it is left as it is."""


class ReviewFull(ValueError):
    """Raised when there is no room for another entry."""


class ReviewChanged(ValueError):
    """Raised when there is an entry that whoever adds one has not seen."""


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

    def with_entry(self, entry: ReviewEntry, seen: int | None = None) -> "Review":
        """Add an entry; the same review where the last one says the same, by the same reader.

        Parameters
        ----------
        entry
            What is said.
        seen
            How many entries `about` the same its writer has seen, None where that does not matter.

        Raises
        ------
        ReviewChanged
            If there are more than were seen.
        ReviewFull
            If `MOST_ENTRIES` are there; what ends something may go beyond them by `KEPT_FREE`.
        """
        before = self.about(entry.subject, entry.report_uid)
        if before and _said(before[-1]) == _said(entry):
            return self
        if seen is not None and seen != len(before):
            raise ReviewChanged
        room = MOST_ENTRIES + (KEPT_FREE if entry.act in _ALWAYS_POSSIBLE else 0)
        if len(self.entries) >= room:
            raise ReviewFull
        return Review((*self.entries, entry))

    def about(self, subject: Subject, report_uid: str) -> tuple[ReviewEntry, ...]:
        """Give all that was said on one subject about one report, oldest first."""
        return tuple(e for e in self.entries if (e.subject, e.report_uid) == (subject, report_uid))

    def last(self, subject: Subject, report_uid: str) -> ReviewEntry | None:
        """Give what counts now on a report, None where nothing was said or all is withdrawn."""
        found = self.about(subject, report_uid)
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


def _said(entry: ReviewEntry) -> tuple[str, Act, str]:
    return entry.reader, entry.act, entry.text


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
