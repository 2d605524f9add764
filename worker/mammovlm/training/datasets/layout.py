"""Finding a publisher's folders and tables, wherever in its download the user points."""

import os
import re
from pathlib import Path

from mammovlm.training.datasets.imported import DataSetUnreadable


def find_entry(folder: Path, *names: str, depth: int = 2) -> Path:
    """Find a file or folder by name, in a folder or few levels below; the shallowest one.

    Parameters
    ----------
    folder
        Where to begin.
    names
        Any of these, compared without regard to case; earlier ones are preferred.
    depth
        How many levels below.

    Raises
    ------
    DataSetUnreadable
        Where there is none.
    """
    level = [folder]
    for below in range(depth + 1):
        entries = [path for each in level for path in sorted(each.iterdir())]
        found = {path.name.lower(): path for path in reversed(entries)}
        for name in names:
            if name.lower() in found:
                return found[name.lower()]
        level = [path for path in entries if below < depth and path.is_dir()]
    raise DataSetUnreadable(f"{folder} holds no {' or '.join(names)}")


def folders_named(folder: Path, pattern: re.Pattern[str], depth: int = 3) -> dict[str, Path]:
    """Find every folder whose whole name fits a pattern, at most that many levels below.

    Folders whose names only begin so (crops and masks of a film) are not looked into either.
    """
    found: dict[str, Path] = {}
    level = [folder]
    for _ in range(depth):
        below = [path for each in level for path in sorted(each.iterdir()) if path.is_dir()]
        found |= {path.name: path for path in below if pattern.fullmatch(path.name)}
        level = [path for path in below if not pattern.match(path.name)]
    return found


def files_below(folder: Path, ending: str) -> tuple[Path, ...]:
    """Find every file with an ending (".dcm"), at any depth, in order."""
    found = []
    for place, subfolders, names in os.walk(folder):
        subfolders.sort()
        found += [Path(place) / name for name in sorted(names) if name.lower().endswith(ending)]
    return tuple(found)
