"""How a model process that hangs is told from one that works: it gives signs of life, or ends.

A process that is stopped, or stuck while it holds Python's lock, gives no sign, and its owner ends
it. One that is stuck in a single computation still can, and ends itself when that takes too long.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Final, NoReturn

from mammovlm.model_process.meeting_place import MeetingPlace

_log = logging.getLogger(__name__)

PAUSE_S: Final = 1.0
"""Between two signs."""


class BatchClock:
    """Knows for how long the model has been at one batch."""

    def __init__(self) -> None:
        self._since: float | None = None

    @property
    def seconds(self) -> float:
        """So long; 0 where it has nothing to do."""
        since = self._since
        return 0.0 if since is None else monotonic() - since

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time of what is done meanwhile."""
        self._since = monotonic()
        try:
            yield
        finally:
            self._since = None


def give_signs_of_life(
    place: MeetingPlace,
    clock: BatchClock,
    limit_s: float,
    end: Callable[[int], NoReturn] = os._exit,
) -> NoReturn:
    """Give a sign every `PAUSE_S` seconds, in a thread of its own, until a batch takes too long.

    Parameters
    ----------
    place
        Where the owner looks for signs.
    clock
        Of the batches.
    limit_s
        What one batch may take.
    end
        Ends the process, with an exit code; an orderly end would wait for what hangs.
    """
    while True:
        if clock.seconds > limit_s:
            _log.critical(
                "the model has been at one batch for %.0f s; the model process ends", clock.seconds
            )
            end(1)
        place.give_sign()
        sleep(PAUSE_S)
