# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two chores in the background: the list of statuses after a start, and jobs long unheard of."""

import threading

from mammovlm_orthanc import clock, transitions
from mammovlm_orthanc.archive import NotInArchive, OrthancArchive
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.queue_watch import QueueWatch
from mammovlm_orthanc.settings import Settings
from mammovlm_orthanc.status import State, StudyStatus
from mammovlm_orthanc.status_store import StatusEntry, StatusStore
from mammovlm_orthanc.unexpected import LOGGER

_PAGE = 500
_PAUSE_BETWEEN_STUDIES_S = 0.001
"""Lets Orthanc's other threads at the lock that each call to Orthanc holds."""


class Upkeep:
    """Does the chores.

    Parameters
    ----------
    archive
        Orthanc.
    store
        The statuses.
    queues
        How many jobs the broker holds.
    settings
        When a job counts as stuck, and how often to look.
    counters
        Counts jobs sent again.

    Attributes
    ----------
    is_list_complete
        Whether all studies have been looked at since the start.
    """

    def __init__(
        self,
        archive: OrthancArchive,
        store: StatusStore,
        queues: QueueWatch,
        settings: Settings,
        counters: Counters,
    ) -> None:
        self._archive = archive
        self._store = store
        self._queues = queues
        self._settings = settings
        self._counters = counters
        self.is_list_complete = False

    def run(self, stop: threading.Event) -> None:
        """Build the list once, then sweep until told to stop."""
        if not self.is_list_complete:
            self._build_list(stop)
        while not stop.wait(self._settings.sweep_s):
            self.sweep()

    def stuck(self) -> list[StatusEntry]:
        """Give the studies that have been running for too long, or queued and are in no queue.

        A long queue is no reason to send its jobs again. Of as many studies as are queued beyond
        what the broker holds the job is lost; it is likely that of the oldest ones, and where it is
        not, the worker stores the same report twice as once.
        """
        running = self._store.entries([State.RUNNING])
        lost = self._lost()
        return [each for each in (*running, *lost) if self._is_silent(each, self._settings.stuck_s)]

    def _lost(self) -> list[StatusEntry]:
        """Give the oldest queued studies, as many as the broker can hold no job of."""
        most = self._queues.most_jobs
        if most is None:
            return []  # nothing could be sent now either
        asked_s_ago = self._queues.age_s
        queued = [
            each
            for each in self._store.entries([State.QUEUED])
            if self._is_silent(each, asked_s_ago)
        ]
        return queued[most:]

    def _is_silent(self, entry: StatusEntry, limit_s: float) -> bool:
        return self._store.silent_s(entry.orthanc_study_id) > limit_s

    def sweep(self) -> None:
        """Put stuck jobs back into the outbox."""
        for entry in self.stuck():
            LOGGER.warning(
                "Nothing was heard of study %s; sending it again", entry.orthanc_study_id
            )
            try:
                self._store.update(entry.orthanc_study_id, _send_again)
            except NotInArchive:
                self._store.forget(entry.orthanc_study_id)
                continue
            self._counters.add("jobs_sent_again")

    def _build_list(self, stop: threading.Event) -> None:
        # All identifiers first: pages shift when a study is deleted meanwhile.
        study_ids = [study_id for page in self._archive.study_ids(_PAGE) for study_id in page]
        for study_id in study_ids:
            if stop.wait(_PAUSE_BETWEEN_STUDIES_S):
                return
            self._store.note(study_id)
        self.is_list_complete = True


def _send_again(before: StudyStatus | None) -> StudyStatus | None:
    return before and transitions.to_send_again(before, clock.iso(clock.now()))
