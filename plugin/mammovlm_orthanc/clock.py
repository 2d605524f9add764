# SPDX-License-Identifier: AGPL-3.0-or-later
"""The time, as the plugin writes and reads it."""

import time
from datetime import UTC, datetime


def now() -> float:
    """Give the time in seconds since 1970 (UTC)."""
    return time.time()


def iso(seconds: float) -> str:
    """Write a time as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def from_iso(text: str) -> float:
    """Read an ISO 8601 time; one without a zone is taken as UTC.

    Raises
    ------
    ValueError
        If it is no such time.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
