"""Opens one stored object: finds out whether it is DICOM and reads its header (PS3.10, PS3.5)."""

import io
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.filereader import read_dataset, read_preamble
from pydicom.tag import BaseTag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from mammovlm.imaging.attributes import text
from mammovlm.imaging.header import clean_header
from mammovlm.imaging.limits import ReadingLimits
from mammovlm.imaging.refusal import ImageRefused
from mammovlm.job import StoredInstance
from mammovlm.study import LeftOutReason

_PIXEL_DATA = BaseTag(0x7FE00010)
_PIXEL_GROUP = 0x7FE0
_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00", b"\x00\x08")
"""A file without preamble begins with group 0002 or 0008, in little or big endian."""


@dataclass(frozen=True)
class OpenedObject:
    """A DICOM object whose header was read.

    Parameters
    ----------
    stored
        The file, as the archive gave it.
    header
        See `clean_header`.
    transfer_syntax
        UID; empty where the file does not say it and its data set does not show it.
    pixels_at
        Where the first element of group 7FE0 begins, in the (inflated) file; None where the file
        ends before it.
    is_implicit_vr, is_little_endian
        How the data set is encoded.
    """

    stored: StoredInstance
    header: Dataset = field(repr=False)
    transfer_syntax: str
    pixels_at: int | None
    is_implicit_vr: bool
    is_little_endian: bool

    @property
    def sop_instance_uid(self) -> str:
        """(0008,0018), or empty."""
        return text(self.header, "SOPInstanceUID")


def open_object(stored: StoredInstance, limits: ReadingLimits) -> OpenedObject:
    """Read the header of one stored object.

    Raises
    ------
    ImageRefused
        NOT_DICOM where the bytes are no DICOM file, with or without preamble and file meta
        information; SIZE_REFUSED where the file is larger than allowed.
    """
    try:
        with _stream(stored, limits) as stream:
            return _open(stored, stream, limits)
    except ImageRefused:
        raise
    except OSError as error:
        raise ImageRefused(LeftOutReason.NOT_DICOM, "the file cannot be read") from error
    except Exception as error:  # broken bytes make pydicom raise nearly anything
        raise ImageRefused(LeftOutReason.NOT_DICOM, "the header cannot be read") from error


def read_pixel_bytes(opened: OpenedObject, limits: ReadingLimits) -> bytes:
    """Read the value of Pixel Data (7FE0,0010), perhaps compressed, in little endian order.

    Raises
    ------
    ImageRefused
        PIXELS_MISSING where there is none, PIXELS_UNREADABLE where the file ends within it.
    """
    if opened.pixels_at is None:
        raise ImageRefused(LeftOutReason.PIXELS_MISSING, "PixelData is absent")
    try:
        value = _pixel_value(opened, opened.pixels_at, limits)
    except Exception as error:  # as above
        raise ImageRefused(LeftOutReason.PIXELS_UNREADABLE, "PixelData cannot be read") from error
    if not value:
        raise ImageRefused(LeftOutReason.PIXELS_UNREADABLE, "the file ends within PixelData")
    return value


def _open(stored: StoredInstance, stream: BinaryIO, limits: ReadingLimits) -> OpenedObject:
    meta = _file_meta(stream)
    stream = _uncompressed(stream, meta, limits)
    dataset = _read_header(stream, meta)
    if not len(dataset):
        raise ImageRefused(LeftOutReason.NOT_DICOM, "the header is damaged or cut short")
    offset, group = stream.tell(), stream.read(2)
    is_implicit, is_little = dataset.original_encoding
    is_at_pixels = group == _PIXEL_GROUP.to_bytes(2, "little" if is_little else "big")
    header = clean_header(dataset)
    _take_identity(header, meta)
    if not text(header, "SOPClassUID") and not text(header, "Modality"):
        raise ImageRefused(LeftOutReason.NOT_DICOM, "neither SOP class nor modality")
    return OpenedObject(
        stored=stored,
        header=header,
        transfer_syntax=text(meta, "TransferSyntaxUID") or _syntax(is_implicit, is_little),
        pixels_at=offset if is_at_pixels else None,
        is_implicit_vr=bool(is_implicit),
        is_little_endian=bool(is_little),
    )


def _stream(stored: StoredInstance, limits: ReadingLimits) -> BinaryIO:
    is_file = isinstance(stored.content, Path)
    size = stored.content.stat().st_size if is_file else len(stored.content)  # type: ignore[union-attr, arg-type]
    if size > limits.max_file_bytes:
        raise ImageRefused(LeftOutReason.SIZE_REFUSED, f"{size} bytes")
    if isinstance(stored.content, Path):
        return stored.content.open("rb")
    return io.BytesIO(stored.content)


def _file_meta(stream: BinaryIO) -> Dataset:
    """Read the file meta information; afterwards the stream is at the data set."""
    if read_preamble(stream, force=True) is None:
        if stream.read(2) not in _FIRST_GROUPS:
            raise ImageRefused(LeftOutReason.NOT_DICOM, "neither preamble nor DICOM attributes")
        stream.seek(0)
    return read_dataset(stream, False, True, stop_when=lambda tag, _vr, _length: tag.group != 2)


def _uncompressed(stream: BinaryIO, meta: Dataset, limits: ReadingLimits) -> BinaryIO:
    """Inflate a deflated data set (PS3.5 A.5), but never to more than a file may have."""
    if text(meta, "TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return stream
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = inflater.decompress(stream.read(), limits.max_file_bytes)
    if inflater.unconsumed_tail:
        raise ImageRefused(LeftOutReason.SIZE_REFUSED, "inflates beyond the limit")
    return io.BytesIO(inflated)


def _read_header(stream: BinaryIO, meta: Dataset) -> Dataset:
    syntax = text(meta, "TransferSyntaxUID")
    if not syntax:
        # pydicom finds out the encoding from the first elements; it wants the whole file for that
        stream.seek(0)
        return dcmread(stream, force=True, stop_before_pixels=True)
    return read_dataset(
        stream,
        is_implicit_VR=syntax == ImplicitVRLittleEndian,
        is_little_endian=syntax != ExplicitVRBigEndian,
        stop_when=lambda tag, _vr, _length: tag.group >= _PIXEL_GROUP,
    )


def _syntax(is_implicit: bool | None, is_little: bool | None) -> str:
    if is_implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if is_little else ExplicitVRBigEndian


def _take_identity(header: Dataset, meta: Dataset) -> None:
    """Take identity from the file meta information where the data set itself has none."""
    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        if not text(header, keyword) and text(meta, f"MediaStorage{keyword}"):
            setattr(header, keyword, text(meta, f"MediaStorage{keyword}"))


def _pixel_value(opened: OpenedObject, offset: int, limits: ReadingLimits) -> bytes:
    with _stream(opened.stored, limits) as stream:
        meta = _file_meta(stream)
        body = _uncompressed(stream, meta, limits)
        body.seek(offset)
        dataset = read_dataset(
            body, opened.is_implicit_vr, opened.is_little_endian, specific_tags=[_PIXEL_DATA]
        )
    element = dataset.get_item(_PIXEL_DATA)
    if element is None or not element.value:
        return b""
    if not opened.is_little_endian and element.VR == "OW":
        return _swapped(element.value)
    return bytes(element.value)


def _swapped(words: bytes) -> bytes:
    """Turn 16-bit words round; two 8-bit pixels in one word are turned round with it."""
    return np.frombuffer(words[: len(words) // 2 * 2], ">u2").astype("<u2").tobytes()
