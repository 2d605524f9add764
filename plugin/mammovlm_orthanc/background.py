# SPDX-License-Identifier: AGPL-3.0-or-later
"""Threads that never die of an error and stop when told.

Orthanc waits for ever for a thread that is no daemon, so all of them are; and an exception that
ends a thread would end the intake silently, so each body is called again after it.
"""

import threading
from collections.abc import Callable

from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.unexpected import log_unexpected

PAUSE_AFTER_ERROR_S = 2.0


class Background:
    """One background thread.

    Parameters
    ----------
    name
        Of the thread, in logs and metrics.
    body
        Called with the event that tells it to stop; returns when that is set, or when done.
    counters
        Counts its errors.
    """

    def __init__(
        self, name: str, body: Callable[[threading.Event], None], counters: Counters
    ) -> None:
        self.name = name
        self._body = body
        self._counters = counters
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"mammovlm-{name}", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether the thread is running."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def tell_to_stop(self) -> None:
        """Ask the thread to stop."""
        self._stop.set()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread, but not longer than this."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._body(self._stop)
            except Exception as error:  # noqa: BLE001  see the module's docstring
                self._counters.add("errors", self.name)
                log_unexpected(f"running {self.name}", error)
                self._stop.wait(PAUSE_AFTER_ERROR_S)
