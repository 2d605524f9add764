# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sends every object of our results on to the department's archive, once each (C-STORE).

Which objects still wait is kept in a property of Orthanc, with the number of the last change that
was looked at: a restart neither forgets one nor sends one again. Orthanc's jobs do the sending, but
do not try again, and Orthanc keeps only the last few; so this is who tries again.
"""

import json
import threading
from collections import deque
from collections.abc import Iterable

from mammovlm_orthanc.archive import NotInArchive, OrthancArchive
from mammovlm_orthanc.broker import with_jitter
from mammovlm_orthanc.dicom_tags import Tags, items, text
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.unexpected import LOGGER

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 300.0
_LOOK_S = 0.2
_MODALITIES = frozenset({"SR", "DOC", "PR", "OT"})
_EQUIPMENT, _MODEL, _OURS = "0018,a001", "0008,1090", "MAMMOVLM"


def is_our_result(tags: Tags) -> bool:
    """Say whether MammoVLM made an object: its Contributing Equipment Sequence says so."""
    return text(tags, "0008,0060") in _MODALITIES and any(
        text(equipment, _MODEL) == _OURS for equipment in items(tags, _EQUIPMENT)
    )


class ResultRouting:
    """Sends results on, and tries again for ever what the station did not take.

    Parameters
    ----------
    archive
        Orthanc.
    station
        Its name among Orthanc's modalities; "" switches all this off.
    counters
        Counts what was sent, and attempts that failed.
    """

    def __init__(self, archive: OrthancArchive, station: str, counters: Counters) -> None:
        self._archive = archive
        self._station = station
        self._counters = counters
        self._lock = threading.Lock()
        self._new = threading.Event()
        self._last_change = -1
        self._missed: set[int] = set()
        self._fresh: deque[str] = deque()
        self._failed: deque[str] = deque()
        self._pause_s = 0.0

    @property
    def waiting(self) -> int:
        """How many objects the station has not got yet."""
        return len(self._fresh) + len(self._failed)

    def arrived(self, instance_id: str, change: int) -> None:
        """Take note of a new instance; it is on the disk when this returns.

        Where this fails, the same change must be told again, also after newer ones.

        Parameters
        ----------
        instance_id
            Orthanc's identifier.
        change
            Number of the change that told of it; one that was seen before is left alone.

        Raises
        ------
        Exception
            Whatever Orthanc answers instead of a header, or of taking note.
        """
        if not self._station:
            return
        with self._lock:
            if change > self._last_change:
                self._missed.add(change)
            self._read()
            if change not in self._missed:
                return
            if not self._is_ours(instance_id):
                self._settle(change)
                return
            if instance_id not in {*self._fresh, *self._failed}:
                self._fresh.append(instance_id)
            self._last_change = max(self._last_change, change)
            self._settle(change)
        self._new.set()

    def give_up(self, change: int) -> None:
        """Pass over a change of which no note could be taken; any other is left alone.

        Raises
        ------
        Exception
            Whatever Orthanc answers instead of taking note.
        """
        with self._lock:
            if change in self._missed:
                self._settle(change)

    def run(self, stop: threading.Event) -> None:
        """Send what waits, until told to stop."""
        if not self._station:
            stop.wait()
            return
        with self._lock:
            self._read()
        while not stop.is_set():
            self._new.clear()
            if not self._fresh and (self._pause_s or not self._failed):
                is_woken = self._new.wait(with_jitter(self._pause_s) or LONGEST_PAUSE_S)
                if is_woken or not self._failed:
                    continue
            self._send_one(stop)

    def wake(self) -> None:
        """Let `run` see at once that it should stop."""
        self._new.set()

    def _send_one(self, stop: threading.Event) -> None:
        """Send one object: first those that were not tried yet, then the others in turn."""
        tried = self._fresh or self._failed
        instance_id = tried[0]
        try:
            was_taken = self._send(instance_id, stop)
        except NotInArchive:
            was_taken = not self._is_there(instance_id)
        if stop.is_set():
            return
        with self._lock:
            tried.popleft()
            if was_taken:
                self._keep()
            else:
                self._failed.append(instance_id)
        self._note(was_taken=was_taken, is_first=tried is self._fresh)

    def _send(self, instance_id: str, stop: threading.Event) -> bool:
        job = self._archive.start_sending(instance_id, self._station)
        while not stop.wait(_LOOK_S):
            state = self._archive.job_state(job)
            if state in {"Success", "Failure"}:
                return state == "Success"
        return False

    def _note(self, *, was_taken: bool, is_first: bool) -> None:
        self._counters.add("results_routed", "sent" if was_taken else "failed")
        if was_taken:
            self._pause_s = 0.0
            return
        if not self._pause_s:
            LOGGER.error(
                "%s did not take a result; %d wait and are sent when it does. Orthanc's log has "
                "the reason",
                self._station,
                self.waiting,
            )
        if not (is_first and self._pause_s):
            self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2 or FIRST_PAUSE_S)

    def _is_ours(self, instance_id: str) -> bool:
        try:
            # What another station sent has been in an archive before.
            is_from_outside = self._archive.sender(instance_id)
            return not is_from_outside and is_our_result(self._archive.header(instance_id))
        except NotInArchive:
            return False

    def _is_there(self, instance_id: str) -> bool:
        try:
            self._archive.series_of(instance_id)
        except NotInArchive:
            return False
        return True

    def _read(self) -> None:
        if self._last_change >= 0:
            return
        document = json.loads(self._archive.results_to_route() or "{}")
        self._last_change = int(document.get("last_change", 0))
        self._fresh.extend(map(str, document.get("waiting", ())))
        self._missed = {change for change in self._missed if change > self._last_change}

    def _settle(self, change: int) -> None:
        """Let a change hold back no longer what is kept as the last one that was looked at."""
        if change <= self._last_change:
            self._keep(self._missed - {change})
        self._missed.remove(change)

    def _keep(self, missed: Iterable[int] | None = None) -> None:
        """Write down what waits, and the change before the first one that must be told again."""
        again = self._missed if missed is None else missed
        seen = min([self._last_change, *(change - 1 for change in again)])
        waiting = [*self._fresh, *self._failed]
        self._archive.set_results_to_route(json.dumps({"last_change": seen, "waiting": waiting}))
