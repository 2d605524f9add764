"""A real Celery worker for tests: start, kill its child, itself alone, or all of it."""

import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from local_servers import Server

_READY, _LOADED = " ready.", " loaded, device "
"""What the log says when the worker reads the queue, and when its child has the model."""


class WorkerServer(Server):
    """A worker with one process of its own for the analysis, as the stack starts it.

    Parameters
    ----------
    folder
        Where the log goes.
    name
        Of this worker; two need two.
    environment
        ``MAMMOVLM_BROKER_URL``, ``MAMMOVLM_DICOMWEB_URL`` and further settings.
    """

    def __init__(self, folder: Path, name: str, environment: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        command = [
            *(sys.executable, "-m", "celery", "--app", "mammovlm.tasks", "worker"),
            *("--pool", "prefork", "--concurrency", "1", "--hostname", f"{name}@localhost"),
            *("--without-mingle", "--without-gossip", "--loglevel", "INFO"),
        ]
        super().__init__(command, {"OMP_WAIT_POLICY": "passive", **environment}, folder)
        self._before = (0, 0)
        self._orphaned: list[int] = []

    def start(self) -> None:
        """Start the worker and wait until its model is loaded and it reads the queue."""
        self._before = self._counts()
        super().start()

    def is_ready(self) -> bool:
        """Say whether the worker reads the queue and has its model."""
        return all(now > before for now, before in zip(self._counts(), self._before, strict=True))

    def kill_child(self) -> None:
        """Kill the process that analyses with -9."""
        if self._process is None:
            return
        try:
            for child in psutil.Process(self._process.pid).children(recursive=True):
                child.kill()
        except psutil.NoSuchProcess:
            pass  # a fault of another kind was quicker

    def kill_parent(self) -> None:
        """Kill the worker with -9, but not its child, which does not know of it yet."""
        if self._process is not None and self.is_running:
            self._orphaned.append(self._process.pid)
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait(60)

    def processes(self) -> list[psutil.Process]:
        """Give the worker and its child."""
        if self._process is None or not self.is_running:
            return []
        parent = psutil.Process(self._process.pid)
        return [parent, *parent.children(recursive=True)]

    def deliveries(self) -> int:
        """Count the jobs that were received so far."""
        return self._count("received")

    def end(self) -> None:
        """Kill everything, the child of a parent that was killed alone as well."""
        self.kill()
        for group in self._orphaned:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    def _counts(self) -> tuple[int, int]:
        return self._count(_READY), self._count(_LOADED)

    def _count(self, word: str) -> int:
        return self.log.read_text(errors="replace").count(word) if self.log.exists() else 0
