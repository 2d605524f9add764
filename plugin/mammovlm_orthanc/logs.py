# SPDX-License-Identifier: AGPL-3.0-or-later
"""Python's logging, written into Orthanc's log: plainly, or one JSON object a message."""

import json
import logging

from mammovlm_orthanc import clock
from mammovlm_orthanc.orthanc_api import OrthancApi
from mammovlm_orthanc.status import StudyStatus

_NAMES = ("study_instance_uid", "job_id", "run", "state", "reason")
"""What a message may say beside its words; given by ``extra=about(status)``."""


class OrthancLogHandler(logging.Handler):
    """Hands log records to Orthanc, which dates them."""

    def __init__(self, orthanc: OrthancApi) -> None:
        super().__init__()
        self._orthanc = orthanc

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record at Orthanc's matching level.

        Orthanc shows warnings and errors only, unless told otherwise; our news are among them.
        """
        message = self.format(record)
        if record.levelno >= logging.ERROR:
            self._orthanc.LogError(message)
        elif record.levelno >= logging.INFO:
            self._orthanc.LogWarning(message)
        else:
            self._orthanc.LogInfo(message)


class PlainFormatter(logging.Formatter):
    """``MammoVLM: words (name=value ...)``."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        named = " ".join(f"{name}={value}" for name, value in _named(record).items())
        return f"MammoVLM: {record.getMessage()}" + (f" ({named})" if named else "")


class JsonFormatter(logging.Formatter):
    """One JSON object a line, behind what Orthanc writes before every line of its log."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        content = {
            "at": clock.iso(record.created),
            "level": record.levelname.lower(),
            "program": "mammovlm-plugin",
            "message": record.getMessage(),
            **_named(record),
        }
        return json.dumps(content)


def log_into(orthanc: OrthancApi, log_format: str = "plain") -> None:
    """Send this package's log to Orthanc, and keep pika's own quiet.

    pika writes whole tracebacks for every attempt while a broker is away; `broker.Link` tells the
    same in one line.

    Parameters
    ----------
    orthanc
        The module ``orthanc``.
    log_format
        "plain" or "json".
    """
    handler = OrthancLogHandler(orthanc)
    handler.setFormatter(JsonFormatter() if log_format == "json" else PlainFormatter())
    logger = logging.getLogger("mammovlm_orthanc")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logging.getLogger("pika").setLevel(logging.CRITICAL + 1)


def about(status: StudyStatus) -> dict[str, object]:
    """Give what a message says about a study beside its words; identifiers and codes only."""
    content = {
        "study_instance_uid": status.study_instance_uid,
        "job_id": status.job_id,
        "run": status.run,
        "state": str(status.state),
        "reason": status.reason,
    }
    return {name: value for name, value in content.items() if value != ""}


def _named(record: logging.LogRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in _NAMES if hasattr(record, name)}
