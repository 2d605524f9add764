"""Writing files that must not be read by others nor replaced by mistake."""

import os
from collections.abc import Mapping
from pathlib import Path

from mammovlm.errors import MammoVLMError

OWNER_ONLY = 0o600
FOR_ALL = 0o644


class FilesInTheWay(MammoVLMError):
    """Raised when files that would be written are there already; nothing was written."""


def write_new(
    folder: Path, files: Mapping[str, bytes], *, public: frozenset[str], replace: bool
) -> None:
    """Write files, all of them or none where one is in the way.

    Parameters
    ----------
    folder
        Made if it is missing.
    files
        Name to content.
    public
        Names that everyone may read; every other file is for its owner only (0600).
    replace
        Whether files that are there may be replaced.

    Raises
    ------
    FilesInTheWay
        If one is there and may not be replaced.
    """
    there = [name for name in files if (folder / name).exists()]
    if there and not replace:
        raise FilesInTheWay(
            f"{folder} already holds {', '.join(there)}. Nothing was written: choose another "
            "folder, or say --replace if nothing uses these files any more."
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    for name, content in files.items():
        _write(folder / name, content, FOR_ALL if name in public else OWNER_ONLY)


def _write(path: Path, content: bytes, mode: int) -> None:
    path.unlink(missing_ok=True)  # an old file would keep its mode, and whoever has it open
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, mode)  # whatever the umask is
        file.write(content)
