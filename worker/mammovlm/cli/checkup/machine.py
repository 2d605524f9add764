"""Disk, memory and ports of this machine."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil

from mammovlm.cli.checkup.finding import Finding, fine, look, mend
from mammovlm.settings import Settings
from mammovlm.stack import PROGRAMS, StackFailed, StackSettings
from mammovlm.stack.ports import require_free

_GIB = 2**30
_LEAST_DISK, _GOOD_DISK = 1 * _GIB, 10 * _GIB
_LEAST_MEMORY, _MEMORY_OF_A_WORKER = 3.5 * _GIB, 1.5 * _GIB


def disks(settings: Settings, stack: StackSettings) -> Iterator[Finding]:
    """Look for room where data, logs and converted weights are kept."""
    for subject, folder in {"data": stack.var, "cache": settings.cache_dir}.items():
        free = shutil.disk_usage(_existing(folder)).free
        yield room(f"disk for {subject}", free)


def room(subject: str, free: int) -> Finding:
    """Grade free space in bytes."""
    seen = f"{free / _GIB:.1f} GiB free"
    if free < _LEAST_DISK:
        return mend(subject, seen, "Make room: Orthanc refuses images when the disk is full.")
    if free < _GOOD_DISK:
        return look(subject, seen, "A four-view study takes 25 to 250 MB.")
    return fine(subject, seen)


def memory(stack: StackSettings, *, is_up: bool) -> Finding:
    """Look for memory for all workers."""
    now = psutil.virtual_memory()
    seen = f"{now.total / _GIB:.1f} GiB, {now.available / _GIB:.1f} GiB available"
    if now.total < _LEAST_MEMORY:
        return mend("memory", seen, "The whole service needs 4 GB; the worker would be killed.")
    if not is_up and now.available < stack.processes * _MEMORY_OF_A_WORKER:
        return look("memory", seen, "End other programs, or lower MAMMOVLM_WORKERS.")
    return fine("memory", seen)


def ports(stack: StackSettings) -> Iterator[Finding]:
    """Look for ports that something else holds; only while the stack is down."""
    try:
        require_free([make(stack) for make in PROGRAMS.values()])
    except StackFailed as taken:
        for complaint in str(taken).splitlines():
            seen, _, do = complaint.partition(". ")
            yield mend("ports", seen, do)
    else:
        yield fine("ports", "all are free")


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
