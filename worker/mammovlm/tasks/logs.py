"""What a worker writes to its log: plain lines or JSON lines, with study and job, no patient data.

Python's warnings and pydicom's messages quote the values that they complain of, which may be a
patient's name (invariant 7). Only their kind and place are logged, and so it is with exceptions and
those behind them, whoever logs them.
"""

import json
import logging
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, TextIO

from mammovlm.tasks.messages import JobMessage

_QUOTING = ("pydicom", "highdicom", "pynetdicom", "dicomweb_client", "PIL")
"""Libraries whose messages may quote a header."""
_ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)
"""As `sys.exc_info` gives it."""
_about: ContextVar[Mapping[str, str | int]] = ContextVar("about", default={})  # noqa: B039  never changed


@contextmanager
def about(job: JobMessage) -> Iterator[None]:
    """Let every message until the end say which study and job it is about."""
    named: Mapping[str, str | int] = {
        "study_instance_uid": job.study_instance_uid,
        "job_id": job.job_id,
        "run": job.run,
    }
    token = _about.set(named)
    try:
        yield
    finally:
        _about.reset(token)


class _WordlessTraceback(logging.Formatter):
    """Writes exceptions without their words."""

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802  logging's name
        """Tell kind and places of an exception and of those behind it, the first one first."""
        error, chain = ei[1], list[BaseException]()
        while error is not None and error not in chain:
            chain.append(error)
            error = error.__cause__ if error.__suppress_context__ else error.__context__
        return "\n".join(map(_kind_and_places, reversed(chain)))


def _kind_and_places(error: BaseException) -> str:
    places = (
        f"  {frame.f_code.co_filename}:{line} in {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    )
    return "\n".join([type(error).__name__, *places])


class PlainFormatter(_WordlessTraceback):
    """One line: time, level, logger, words, and what they are about."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        """Write one line."""
        named = " ".join(f"{name}={value}" for name, value in _about.get().items())
        return super().formatMessage(record) + (f" ({named})" if named else "")


class JsonFormatter(_WordlessTraceback):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        content: dict[str, str | int] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "program": "mammovlm-worker",
            "process": record.process or 0,
            "logger": record.name,
            "message": record.getMessage(),
            **_about.get(),
        }
        if record.exc_info:
            content["traceback"] = self.formatException(record.exc_info)
        return json.dumps(content)


def log_to_standard_error(log_format: Literal["plain", "json"]) -> None:
    """Log to standard error, where the process supervisor collects it."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if log_format == "json" else PlainFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in _QUOTING:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.showwarning = _log_kind_and_place


def _log_kind_and_place(  # noqa: PLR0917  the signature of warnings.showwarning
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Stand in for `warnings.showwarning` without the words, which may quote a header."""
    place = f"{Path(filename).name}:{lineno}"
    logging.getLogger("mammovlm.warnings").warning("%s at %s", category.__name__, place)
