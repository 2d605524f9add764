# SPDX-License-Identifier: AGPL-3.0-or-later
"""The thread that takes in images: reads the change log, and decides what is due."""

import threading

from mammovlm_orthanc import clock
from mammovlm_orthanc.archive import OrthancArchive
from mammovlm_orthanc.change_feed import ChangeFeed
from mammovlm_orthanc.intake import Intake
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.result_routing import ResultRouting
from mammovlm_orthanc.settings import Settings
from mammovlm_orthanc.status_store import StatusStore
from mammovlm_orthanc.study_images import StudyImages
from mammovlm_orthanc.unexpected import log_unexpected

LONGEST_SLEEP_S = 5.0
"""The change log is looked at this often even if no callback woke the intake."""


class TakingIn:
    """Puts intake and routing behind the change log.

    Parameters
    ----------
    archive, store
        Orthanc, and the statuses.
    settings
        Which images count, how long is waited for them, and where results go.
    counters
        Counts images, decisions and errors.

    Attributes
    ----------
    intake
        Decides; asked by people as well.
    routing
        Sends results on; has a thread of its own.
    """

    def __init__(
        self, archive: OrthancArchive, store: StatusStore, settings: Settings, counters: Counters
    ) -> None:
        images = StudyImages(
            archive, counters, accept_synthesized_2d=settings.accept_synthesized_2d
        )
        self.intake = Intake(images, store, settings, counters)
        self.routing = ResultRouting(archive, settings.route_to, counters)
        self._feed = ChangeFeed(archive, self.intake, self.routing, counters, clock.now())
        self._wake = threading.Event()

    @property
    def postponed(self) -> int:
        """How many studies could not be taken in yet and are tried again."""
        return self._feed.postponed

    def find_place(self) -> None:
        """Find where to go on in the change log, before the thread is started."""
        try:
            self._feed.find_place()
        except Exception as error:  # noqa: BLE001  the thread tries again
            log_unexpected("looking for the place in the change log", error)

    def wake(self) -> None:
        """Tell the thread that something new is in the change log, or that it should stop."""
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        """Take in and decide until told to stop."""
        while not stop.is_set():
            self._wake.clear()
            self._feed.read_new(stop)
            due_s = self.intake.decide_due(clock.now())
            self._feed.settle()
            waits = (LONGEST_SLEEP_S, due_s, self._feed.next_try_s)
            self._wake.wait(min(wait for wait in waits if wait is not None))
