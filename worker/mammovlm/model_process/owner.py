"""The owner of a model process: starts it, ends it when it hangs, and starts it again."""

import contextlib
import logging
import os
import secrets
import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Final

from mammovlm.model_process.meeting_place import MeetingPlace

_log = logging.getLogger(__name__)

UNUSABLE: Final = 78
"""Exit code of a model process that no new start can help (EX_CONFIG of sysexits.h)."""
_SHORTEST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 30.0
_RAN_WELL_S: Final = 60.0
_LOOK_S: Final = 0.5


class ModelProcessOwner:
    """Keeps one model process running until `stop`.

    Parameters
    ----------
    command
        Starts it; it reads its `MeetingPlace` from standard input.
    on_unusable
        Called when it says that no new start can help (exit code `UNUSABLE`).
    silence_s
        How long it may give no sign of life after its first one; see
        `mammovlm.model_process.signs_of_life`. Then it is ended, and another one started as after
        any other end.

    Attributes
    ----------
    place : MeetingPlace
        Where it listens, or will.
    """

    def __init__(
        self, command: Sequence[str], on_unusable: Callable[[], None], silence_s: float
    ) -> None:
        folder = Path(tempfile.mkdtemp(prefix="mammovlm-"))  # mode 0700
        self.place = MeetingPlace(folder / "model.sock", secrets.token_bytes(32), os.getpid())
        self._command = command
        self._on_unusable = on_unusable
        self._silence_s = silence_s
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._process = self._started()
        for task in (self._keep_running, self._end_silent):
            threading.Thread(target=task, daemon=True).start()

    @property
    def pid(self) -> int:
        """Of the model process that runs now, or ran last."""
        return self._process.pid

    def stop(self) -> None:
        """End the model process; it holds nothing that could be lost."""
        with self._lock:
            self._stopped.set()
            self.place.remove()
            self._process.kill()
        self._process.wait()

    def _started(self) -> "subprocess.Popen[str]":
        self.place.forget_signs()
        process = subprocess.Popen(self._command, stdin=subprocess.PIPE, text=True)
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError), process.stdin as told:
            told.write(self.place.as_text())
        return process

    def _keep_running(self) -> None:
        pause_s = _SHORTEST_PAUSE_S
        while True:
            started = monotonic()
            code = self._process.wait()
            if self._stopped.is_set():
                return
            if code == UNUSABLE:
                self.place.remove()
                self._on_unusable()
                return
            if monotonic() - started > _RAN_WELL_S:
                pause_s = _SHORTEST_PAUSE_S
            _log.error("the model process ended (%d); a new one starts in %.0f s", code, pause_s)
            self._stopped.wait(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            with self._lock:
                if self._stopped.is_set():
                    return
                self._process = self._started()

    def _end_silent(self) -> None:
        """End a process that hangs; what waits for it then sees it end, and `_keep_running` too."""
        seen, since = (self._process, self.place.last_sign), monotonic()
        while not self._stopped.wait(_LOOK_S):
            now = (self._process, self.place.last_sign)
            if now != seen or now[1] is None:
                seen, since = now, monotonic()
            elif monotonic() - since > self._silence_s:
                _log.critical(
                    "the model process gave no sign of life for %.0f s and is ended",
                    self._silence_s,
                )
                now[0].kill()
                since = monotonic()
