"""A clock that can be stepped for single programs, by libfaketime (Debian: faketime)."""

from collections.abc import Mapping
from pathlib import Path

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


class SteppedClock:
    """The time of day of the programs that get its environment; their monotonic clock is real.

    Not for programs in Python: libfaketime 0.9.10 makes ``time.sleep`` of Python 3.11 fail with
    "Invalid argument". Orthanc, with our plugin in it, sleeps otherwise.

    Parameters
    ----------
    file
        Holds the offset; the programs look at it once a second.

    Attributes
    ----------
    is_there
        False where libfaketime is not installed: then the clock cannot be stepped.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.is_there = bool(LIBRARIES)
        self.step_to(0)

    @property
    def environment(self) -> Mapping[str, str]:
        """What a program needs to be under this clock."""
        if not self.is_there:
            return {}
        return {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # else every thread that waits spins
        }

    def step_to(self, offset_s: int) -> None:
        """Set how far the clock is ahead (behind: negative), in seconds."""
        self._file.write_text(f"{offset_s:+d}\n")
