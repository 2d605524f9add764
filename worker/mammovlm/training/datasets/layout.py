"""Finding a publisher's folders and tables, wherever in its download the user points."""

import os
import re
from collections.abc import Iterator
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
    found = {path.name.lower(): path for path in reversed(list(_entries(folder, depth)))}
    for name in names:
        if name.lower() in found:
            return found[name.lower()]
    raise DataSetUnreadable(f"{folder} holds no {' or '.join(names)}")


def folders_named(folder: Path, pattern: re.Pattern[str], depth: int = 3) -> dict[str, Path]:
    """Find every folder whose whole name fits a pattern; it is not looked into them."""
    found: dict[str, Path] = {}
    level = [folder]
    for _ in range(depth):
        below = [path for each in level for path in _sorted(each) if path.is_dir()]
        found |= {path.name: path for path in below if pattern.fullmatch(path.name)}
        level = [path for path in below if not pattern.fullmatch(path.name)]
    return found


def files_below(folder: Path, ending: str) -> tuple[Path, ...]:
    """Find every file with an ending (".dcm"), at any depth, in order."""
    found = []
    for place, subfolders, names in os.walk(folder):
        subfolders.sort()
        found += [Path(place) / name for name in sorted(names) if name.lower().endswith(ending)]
    return tuple(found)


def _entries(folder: Path, depth: int) -> Iterator[Path]:
    """Give everything down to a depth, the shallow before the deep."""
    level = [folder]
    for _ in range(depth + 1):
        entries = [path for each in level for path in _sorted(each)]
        yield from entries
        level = [path for path in entries if path.is_dir()]


def _sorted(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())
