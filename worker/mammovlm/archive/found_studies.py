"""Every study in a folder, at any depth."""

import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from pydicom import Dataset
from pydicom.filereader import read_dataset, read_preamble
from pydicom.tag import BaseTag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    MediaStorageDirectoryStorage,
)

_STUDY_INSTANCE_UID = BaseTag(0x0020000D)
_SOP_INSTANCE_UID = BaseTag(0x00080018)
_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00", b"\x00\x08")
"""A file without preamble begins with group 0002 or 0008, in little or big endian."""
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_INFLATED_BYTES = 1 << 20


@dataclass(frozen=True)
class FoundStudies:
    """The studies of a folder.

    Parameters
    ----------
    studies
        Files by Study Instance UID (0020,000D), both in order.
    others
        Files that are no DICOM, cannot be read or name no study.
    """

    studies: Mapping[str, tuple[Path, ...]]
    others: tuple[Path, ...]


@dataclass(frozen=True)
class FileIdentity:
    """Study and SOP Instance UID of a DICOM file; empty where it does not say."""

    study_instance_uid: str
    sop_instance_uid: str


def find_studies(path: Path, progress: Callable[[Path], None] | None = None) -> FoundStudies:
    """Find every study in a folder, at any depth; links to folders are not followed.

    Parameters
    ----------
    path
        A folder or a single file.
    progress
        Called with each file that was looked at.
    """
    studies: dict[str, list[Path]] = {}
    others = []
    for file in _files(path):
        identity = identify_file(file)
        if identity is not None and _UID.fullmatch(identity.study_instance_uid):
            studies.setdefault(identity.study_instance_uid, []).append(file)
        elif identity is None or identity.sop_instance_uid:  # a DICOMDIR has neither
            others.append(file)
        if progress is not None:
            progress(file)
    return FoundStudies({uid: tuple(studies[uid]) for uid in sorted(studies)}, tuple(others))


def identify_file(path: Path) -> FileIdentity | None:
    """Read the identifiers of a DICOM file, with or without preamble; None if it is none."""
    try:
        with path.open("rb") as stream:
            return _identify(stream)
    except Exception:  # noqa: BLE001 - broken bytes make pydicom raise nearly anything
        return None


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for folder, subfolders, names in os.walk(path):
        subfolders.sort()
        yield from (Path(folder) / name for name in sorted(names))


def _identify(stream: BinaryIO) -> FileIdentity | None:
    if read_preamble(stream, force=True) is None:
        if stream.read(2) not in _FIRST_GROUPS:
            return None
        stream.seek(0)
    meta = read_dataset(stream, False, True, stop_when=lambda tag, _vr, _length: tag.group != 2)
    if _text(meta, BaseTag(0x00020002)) == MediaStorageDirectoryStorage:
        return FileIdentity("", "")
    syntax = _text(meta, BaseTag(0x00020010))
    if syntax == DeflatedExplicitVRLittleEndian:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        stream = BytesIO(inflater.decompress(stream.read(), _INFLATED_BYTES))
    dataset = read_dataset(
        stream,
        is_implicit_VR=syntax == ImplicitVRLittleEndian,
        is_little_endian=syntax != ExplicitVRBigEndian,
        stop_when=lambda tag, _vr, _length: tag > _STUDY_INSTANCE_UID,
        specific_tags=[_SOP_INSTANCE_UID, _STUDY_INSTANCE_UID],
    )
    study, instance = (_text(dataset, tag) for tag in (_STUDY_INSTANCE_UID, _SOP_INSTANCE_UID))
    return FileIdentity(study, instance or _text(meta, BaseTag(0x00020003))) if study else None


def _text(dataset: Dataset, tag: BaseTag) -> str:
    return str(dataset[tag].value or "").strip(" \0") if tag in dataset else ""
