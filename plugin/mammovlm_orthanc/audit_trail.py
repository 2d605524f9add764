# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where audit messages go: a file that only grows, and a syslog server where a site has one."""

import logging
import os
import queue
from collections.abc import Callable
from io import TextIOWrapper
from logging.handlers import QueueHandler, QueueListener, WatchedFileHandler
from pathlib import Path

from mammovlm_orthanc.audit_syslog import SyslogTarget, syslog_handler

_MOST_WAITING = 10_000


class AuditFile(WatchedFileHandler):
    """One message a line, opened for appending and for its owner only.

    logrotate may rename it at any time: the next message begins a new one.

    Parameters
    ----------
    path
        The file.
    lost
        Called for every record that could not be written.
    """

    def __init__(self, path: Path, lost: Callable[[], None]) -> None:
        self._lost = lost
        super().__init__(path, encoding="utf-8")

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return TextIOWrapper(os.fdopen(descriptor, "ab"), encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's name
        """Count a record that could not be written (disk full, no right)."""
        self._lost()


class AuditTrail:
    """Writes messages, in order.

    Parameters
    ----------
    file
        Where they are kept; None: nowhere.
    syslog
        Where they are sent as well, from a thread of its own: a server that is away holds nobody
        up. None: nowhere.
    lost
        Called for every record that one of them did not take.

    Raises
    ------
    OSError
        If the file cannot be opened, or a certificate cannot be read.
    """

    def __init__(
        self, file: Path | None, syslog: SyslogTarget | None, lost: Callable[[], None]
    ) -> None:
        self._handlers: list[logging.Handler] = []
        self._listener: QueueListener | None = None
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._handlers.append(AuditFile(file, lost))
        if syslog is not None:
            waiting: queue.Queue[logging.LogRecord] = queue.Queue(_MOST_WAITING)
            self._listener = QueueListener(waiting, syslog_handler(syslog, lost))
            self._handlers.append(_Outgoing(waiting, lost))
            self._listener.start()

    def write(self, message: str) -> None:
        """Keep one message, and send it."""
        record = logging.LogRecord("audit", logging.INFO, "", 0, message, None, None)
        for handler in self._handlers:
            handler.handle(record)

    def close(self) -> None:
        """Send what waits, and close."""
        if self._listener is not None:
            self._listener.stop()
            for handler in self._listener.handlers:
                handler.close()
        for handler in self._handlers:
            handler.close()


class _Outgoing(QueueHandler):
    def __init__(self, waiting: "queue.Queue[logging.LogRecord]", lost: Callable[[], None]) -> None:
        super().__init__(waiting)
        self._lost = lost

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        self._lost()
