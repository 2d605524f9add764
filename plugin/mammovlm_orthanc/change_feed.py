# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orthanc's persistent change log as the source of all news about images.

Callbacks are lost when Orthanc is killed, the log is not. The place up to which everything is
settled is kept in Orthanc's database; it stays before the first image of any study that is not
decided yet, or could not be taken in yet, so a restart reads those again.

A study that cannot be taken in is put aside and tried again, with growing pauses, for as long as
all others fail as well; meanwhile the feed goes on with the others. Where only that one keeps
failing, it is marked as failed and stepped over; so is a single object that is no mammogram, or
whose study is being gathered, but no study is marked then.
"""

import threading
import time
from collections import deque

from mammovlm_orthanc import clock
from mammovlm_orthanc.archive import Change, OrthancArchive
from mammovlm_orthanc.intake import Intake
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.postponed import FIRST_PAUSE_S, Postponed
from mammovlm_orthanc.result_routing import ResultRouting
from mammovlm_orthanc.unexpected import LOGGER, log_unexpected

PAGE = 100
MOST_POSTPONED = 10_000
"""Nothing new is read while so many studies are put aside: all of them fail then."""
LONGEST_PASS_S = 2.0
"""A call that meets errors ends after this: each may take long, and decisions wait for its end."""
_LOOK_BACK = 1000
_MARKED = "The study of instance %s could not be taken in and was marked as failed"
_PASSED_OVER = (
    "Instance %s could not be read and was passed over; no study was marked for it. If it is a "
    "result, see whether it was sent on"
)


class ChangeFeed:
    """Reads the change log from where it was left.

    Parameters
    ----------
    archive
        Orthanc.
    intake
        Is told of every new instance.
    routing
        Is told as well.
    counters
        Counts errors.
    started_at
        When this process began, seconds since 1970. At the very first start everything older is
        left alone: an archive's old studies are not analysed unasked.
    """

    def __init__(
        self,
        archive: OrthancArchive,
        intake: Intake,
        routing: ResultRouting,
        counters: Counters,
        started_at: float,
    ) -> None:
        self._archive = archive
        self._intake = intake
        self._routing = routing
        self._counters = counters
        self._started_at = started_at
        self._position: int | None = None
        self._settled: int | None = None
        self._postponed: dict[str, Postponed] = {}
        self._taken_in = 0
        self._pass_began, self._has_failed = 0.0, False

    @property
    def postponed(self) -> int:
        """How many studies could not be taken in yet and are tried again."""
        return len(self._postponed)

    @property
    def next_try_s(self) -> float | None:
        """Seconds until one of them is tried again, never 0; None where there is none."""
        due = min((each.due for each in self._postponed.values()), default=None)
        return None if due is None else max(FIRST_PAUSE_S, due - time.monotonic())

    def find_place(self) -> None:
        """Find where to go on; at the very first start, write down where that begins.

        Called before anything else, so that images which come right after it are not taken for
        old ones if Orthanc is killed at once.
        """
        self._settled = self._archive.checkpoint()
        self._position = self._first_start() if self._settled is None else self._settled
        self.settle()

    def read_new(self, stop: threading.Event) -> None:
        """Try again what is due, then read all changes since the last call."""
        if self._position is None:
            self.find_place()
        self._pass_began, self._has_failed = time.monotonic(), False
        self._try_again(stop)
        is_end = False
        while not is_end and self._position is not None and not self._must_end(stop):
            page = self._archive.changes(self._position, PAGE)
            for change in page.changes:
                if self._must_end(stop):
                    return
                if change.instance_id:
                    self._take(change)
                self._position = change.sequence
            is_end = page.is_end
            self.settle()

    def settle(self) -> None:
        """Keep the place from which a restart has to read again."""
        if self._position is None:
            return
        needed = [each.changes[0].sequence for each in self._postponed.values()]
        undecided = self._intake.first_undecided_change
        needed += [] if undecided is None else [undecided]
        settled = min([self._position, *(sequence - 1 for sequence in needed)])
        if settled != self._settled:
            self._archive.set_checkpoint(settled)
            self._settled = settled

    def _must_end(self, stop: threading.Event) -> bool:
        return self._must_pause(stop) or len(self._postponed) >= MOST_POSTPONED

    def _must_pause(self, stop: threading.Event) -> bool:
        is_slow = self._has_failed and time.monotonic() - self._pass_began > LONGEST_PASS_S
        return stop.is_set() or is_slow

    def _take(self, change: Change) -> None:
        key = change.instance_id
        try:
            self._routing.arrived(change.instance_id, change.sequence)
            study_id = self._intake.study_of_mammogram(change.instance_id)
            if study_id is None:
                return
            key = study_id
            if key in self._postponed:
                self._postponed[key].changes.append(change)
                return
            self._arrived(study_id, change)
        except Exception as error:  # noqa: BLE001  one study's trouble must not stop the feed
            # An object that is stored anew while it is put aside comes with one more change.
            postponed = self._postponed.setdefault(key, Postponed(deque(), self._taken_in))
            postponed.changes.append(change)
            self._note(error, postponed)
        else:
            self._taken_in += 1

    def _try_again(self, stop: threading.Event) -> None:
        waiting = sorted(self._postponed.items(), key=lambda item: item[1].due)
        for key, postponed in waiting:
            if self._must_pause(stop) or not postponed.is_due:
                return
            self._try_one_again(key, postponed)

    def _try_one_again(self, key: str, postponed: Postponed) -> None:
        try:
            while postponed.changes:
                change = postponed.changes[0]
                self._routing.arrived(change.instance_id, change.sequence)
                study_id = self._intake.study_of_mammogram(change.instance_id)
                if study_id is not None:
                    self._arrived(study_id, change)
                postponed.changes.popleft()
        except Exception as error:  # noqa: BLE001  as in _take
            postponed.failed(self._taken_in)
            self._note(error, postponed)
            if postponed.is_hopeless:
                self._step_over(key, postponed)
        else:
            del self._postponed[key]
            self._taken_in += 1

    def _arrived(self, study_id: str, change: Change) -> None:
        # Changes are dated in whole seconds: the end of that second, or now if that is earlier.
        at = min(clock.now(), change.at + 1.0)
        self._intake.arrived(study_id, change.instance_id, change.sequence, at)

    def _note(self, error: Exception, postponed: Postponed) -> None:
        self._has_failed = True
        self._counters.add("errors", "intake")
        if postponed.tries == 1 or postponed.tries % 10 == 0:
            log_unexpected(f"taking in a new image (try {postponed.tries})", error)

    def _step_over(self, key: str, postponed: Postponed) -> None:
        instance_id = postponed.changes[0].instance_id
        try:
            for change in postponed.changes:
                self._routing.give_up(change.sequence)
            is_marked = self._intake.give_up(instance_id)
        except Exception as error:  # noqa: BLE001  it stays put aside, and is tried again
            log_unexpected("giving up a study that cannot be taken in", error)
            return
        del self._postponed[key]
        LOGGER.error(_MARKED if is_marked else _PASSED_OVER, instance_id)

    def _first_start(self) -> int:
        last = self._archive.last_change()
        page = self._archive.changes(max(0, last - _LOOK_BACK), _LOOK_BACK)
        older = [c.sequence for c in page.changes if c.at < int(self._started_at)]
        if older:
            return max(older)
        return page.changes[0].sequence - 1 if page.changes else last
