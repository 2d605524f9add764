"""A disk that can be filled: a small file system in memory for Orthanc's storage."""

import contextlib
import os
import subprocess
from pathlib import Path

_FILLER = "filler"


class SmallDisk:
    """A tmpfs of a given size, mounted on a folder; only an administrator can have one.

    Parameters
    ----------
    folder
        Where it is mounted.
    megabytes
        Its size.

    Attributes
    ----------
    is_mounted
        False where the right to mount is missing: then the disk cannot be filled.
    """

    def __init__(self, folder: Path, megabytes: int) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
        self.is_mounted = (
            os.geteuid() == 0
            and subprocess.run(mount, capture_output=True, check=False).returncode == 0
        )

    def fill(self) -> None:
        """Take every byte that is left."""
        piece = b"\0" * 2**20
        with (self._folder / _FILLER).open("ab", buffering=0) as filler:
            while piece:
                try:
                    filler.write(piece)
                except OSError:
                    piece = piece[: len(piece) // 2]

    def free(self) -> None:
        """Give the bytes back."""
        (self._folder / _FILLER).unlink(missing_ok=True)

    def unmount(self) -> None:
        """Take the file system away, with all that is on it."""
        if self.is_mounted:
            with contextlib.suppress(OSError):
                subprocess.run(["umount", "-l", str(self._folder)], check=False)
