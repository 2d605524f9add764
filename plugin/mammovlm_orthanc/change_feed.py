# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orthanc's persistent change log as the source of all news about images.

Callbacks are lost when Orthanc is killed, the log is not. The place up to which everything is
settled is kept in Orthanc's database; it stays before the first image of any study that is not
decided yet, so a restart reads those again.
"""

import threading

from mammovlm_orthanc import clock
from mammovlm_orthanc.archive import Change, OrthancArchive
from mammovlm_orthanc.intake import Intake
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.unexpected import LOGGER, log_unexpected

PAGE = 100
ATTEMPTS = 3
PAUSE_S = 1.0
_LOOK_BACK = 1000


class ChangeFeed:
    """Reads the change log from where it was left.

    Parameters
    ----------
    archive
        Orthanc.
    intake
        Is told of every new instance.
    counters
        Counts errors.
    started_at
        When this process began, seconds since 1970. At the very first start everything older is
        left alone: an archive's old studies are not analysed unasked.
    """

    def __init__(
        self, archive: OrthancArchive, intake: Intake, counters: Counters, started_at: float
    ) -> None:
        self._archive = archive
        self._intake = intake
        self._counters = counters
        self._started_at = started_at
        self._position: int | None = None
        self._settled: int | None = None

    def find_place(self) -> None:
        """Find where to go on; at the very first start, write down where that begins.

        Called before anything else, so that images which come right after it are not taken for
        old ones if Orthanc is killed at once.
        """
        self._settled = self._archive.checkpoint()
        self._position = self._first_start() if self._settled is None else self._settled
        self.settle()

    def read_new(self, stop: threading.Event) -> None:
        """Read all changes since the last call."""
        if self._position is None:
            self.find_place()
        is_end = False
        while not is_end and self._position is not None and not stop.is_set():
            page = self._archive.changes(self._position, PAGE)
            for change in page.changes:
                if stop.is_set():
                    return
                if change.instance_id:
                    self._take(change, stop)
                self._position = change.sequence
            is_end = page.is_end
            self.settle()

    def settle(self) -> None:
        """Keep the place from which a restart has to read again."""
        if self._position is None:
            return
        undecided = self._intake.first_undecided_change
        settled = self._position if undecided is None else min(self._position, undecided - 1)
        if settled != self._settled:
            self._archive.set_checkpoint(settled)
            self._settled = settled

    def _take(self, change: Change, stop: threading.Event) -> None:
        # Changes are dated in whole seconds: the end of that second, or now if that is earlier.
        at = min(clock.now(), change.at + 1.0)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._intake.arrived(change.instance_id, change.sequence, at)
            except Exception as error:  # noqa: BLE001  one image's trouble must not stop the feed
                self._counters.add("errors", "intake")
                log_unexpected(f"taking in a new image (attempt {attempt})", error)
                stop.wait(PAUSE_S)
            else:
                return
        LOGGER.error(
            "Instance %s could not be taken in; ask for its study by POST .../analyze",
            change.instance_id,
        )

    def _first_start(self) -> int:
        last = self._archive.last_change()
        page = self._archive.changes(max(0, last - _LOOK_BACK), _LOOK_BACK)
        older = [c.sequence for c in page.changes if c.at < int(self._started_at)]
        if older:
            return max(older)
        return page.changes[0].sequence - 1 if page.changes else last
