# SPDX-License-Identifier: AGPL-3.0-or-later
"""The only place that writes a study's status, and the list of all statuses in memory.

One lock makes read-change-write of a document one step. The list is there for quick answers; what
counts is the metadata, and the list is built anew from it at start.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from mammovlm_orthanc import clock
from mammovlm_orthanc.archive import NotInArchive, OrthancArchive
from mammovlm_orthanc.result_kinds import kind_of
from mammovlm_orthanc.status import Priority, State, StatusUnreadable, StudyStatus

After = TypeVar("After", bound=StudyStatus | None)
Watcher = Callable[[str, StudyStatus | None, StudyStatus], None]
"""Is told the study, its status before, and its status after a change."""


@dataclass(frozen=True)
class StatusEntry:
    """One study in the list of statuses.

    Parameters
    ----------
    received_at
        When its first image of this run came, ISO 8601 UTC.
    report_uid
        SOP Instance UID of its latest report, "" where there is none.
    result_kind
        What that is, see `result_kinds`.

    The others are as in `status.StudyStatus`.
    """

    orthanc_study_id: str
    study_instance_uid: str
    state: State
    run: int
    reason: str
    changed_at: str
    priority: Priority
    received_at: str
    text: str
    missing: tuple[str, ...]
    timings_s: Mapping[str, float]
    report_uid: str
    result_kind: str


class StatusStore:
    """Statuses of all studies.

    Parameters
    ----------
    archive
        Where they are kept.

    Attributes
    ----------
    lock
        Held while a status is changed; take it to do more than one thing at once.
    outbox_filled
        Set whenever a study becomes ready to be published.
    revision
        Counts every change of the list.
    watcher
        Told of every change that was written, while the lock is held: it must be quick.
    """

    def __init__(self, archive: OrthancArchive) -> None:
        self._archive = archive
        self._entries: dict[str, StatusEntry] = {}
        self._heard_at: dict[str, float] = {}
        self.lock = threading.RLock()
        self.outbox_filled = threading.Event()
        self.revision = 0
        self.watcher: Watcher | None = None

    def read(self, study_id: str) -> StudyStatus | None:
        """Give a study's status; None where it has none.

        Raises
        ------
        NotInArchive
            If the study is not there.
        StatusUnreadable
            If its document is of another version.
        """
        document = self._archive.status_document(study_id)
        return None if document is None else StudyStatus.from_json(document)

    def update(self, study_id: str, change: Callable[[StudyStatus | None], After]) -> After:
        """Read a status, change it, and write it if it became another one.

        Raises
        ------
        NotInArchive, StatusUnreadable
            As in `read`.
        """
        with self.lock:
            before = self.read(study_id)
            after = change(before)
            if after is not None:
                if after is not before:
                    self._archive.set_status_document(study_id, after.to_json())
                    if self.watcher:
                        self.watcher(study_id, before, after)
                self._remember(study_id, after)
            return after

    def silent_s(self, study_id: str) -> float:
        """Say for how many seconds nothing new was heard of a study in the list.

        By a clock that nobody steps: the times in a status are told by the worker's clock, too,
        and may be hours away from ours.
        """
        with self.lock:
            return time.monotonic() - self._heard_at.get(study_id, time.monotonic())

    def note(self, study_id: str) -> None:
        """Put a study into the list as the archive has it; drop it where it is gone.

        Of one that was not in the list, from before a start, nothing was heard since the time in
        its status.
        """
        with self.lock:
            try:
                status = self.read(study_id)
            except NotInArchive:
                self.forget(study_id)
                return
            except StatusUnreadable:
                return
            if status:
                is_from_before = study_id not in self._entries
                self._remember(study_id, status)
                if is_from_before:
                    self._heard_at[study_id] -= _age_s(status)

    def forget(self, study_id: str) -> None:
        """Drop a study that is gone from the list."""
        with self.lock:
            self._entries.pop(study_id, None)
            self._heard_at.pop(study_id, None)
            self.revision += 1

    def entries(self, states: Iterable[State] = tuple(State)) -> list[StatusEntry]:
        """List the studies in some states, those that changed last first."""
        wanted = frozenset(states)
        with self.lock:
            found = [entry for entry in self._entries.values() if entry.state in wanted]
        return sorted(found, key=lambda entry: entry.changed_at, reverse=True)

    def _remember(self, study_id: str, status: StudyStatus) -> None:
        entry = _entry(study_id, status)
        if self._entries.get(study_id) != entry:
            self._entries[study_id] = entry
            self._heard_at[study_id] = time.monotonic()
            self.revision += 1
        if status.state is State.READY:
            self.outbox_filled.set()


def _age_s(status: StudyStatus) -> float:
    try:
        return max(0.0, clock.now() - clock.from_iso(status.changed_at))
    except ValueError:
        return 0.0


def _entry(study_id: str, status: StudyStatus) -> StatusEntry:
    return StatusEntry(
        study_id,
        status.study_instance_uid,
        status.state,
        status.run,
        status.reason,
        status.changed_at,
        status.priority,
        status.times.get(State.RECEIVING, status.changed_at),
        status.text,
        status.missing,
        status.timings_s,
        (status.latest_report or {}).get("sop_instance_uid", ""),
        kind_of(status.latest_report),
    )
