# SPDX-License-Identifier: AGPL-3.0-or-later
"""Python's logging, written into Orthanc's log."""

import logging

from mammovlm_orthanc.orthanc_api import OrthancApi


class OrthancLogHandler(logging.Handler):
    """Hands log records to Orthanc."""

    def __init__(self, orthanc: OrthancApi) -> None:
        super().__init__()
        self._orthanc = orthanc

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record at Orthanc's matching level."""
        message = f"MammoVLM: {record.getMessage()}"
        if record.levelno >= logging.ERROR:
            self._orthanc.LogError(message)
        elif record.levelno >= logging.WARNING:
            self._orthanc.LogWarning(message)
        else:
            self._orthanc.LogInfo(message)


def log_into(orthanc: OrthancApi) -> None:
    """Send this package's log to Orthanc, and keep pika's own quiet.

    pika writes whole tracebacks for every attempt while a broker is away; `broker.Link` tells the
    same in one line.
    """
    logger = logging.getLogger("mammovlm_orthanc")
    logger.handlers = [OrthancLogHandler(orthanc)]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logging.getLogger("pika").setLevel(logging.CRITICAL + 1)
