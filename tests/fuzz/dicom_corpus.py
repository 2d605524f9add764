"""The conform files that mutation begins with: one of each encoding, small, always the same."""

from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from typing import Any

import imagecodecs
import numpy as np
from pydicom import Dataset, uid
from pydicom.encaps import encapsulate

from mammogram_files import as_file, breast_pixels, mammogram, set_pixels

STUDY, GOOD, BAD = "1.2.3", "1.2.3.1.1", "1.2.3.1.2"
_SECRET = "Geheim^Petra"


def image(side: str, sop_instance_uid: str) -> Dataset:
    """Make one view of the study under test."""
    made = mammogram(
        side, study_uid=STUDY, series_uid="1.2.3.1", rows=64, columns=48, PatientName=_SECRET
    )
    made.SOPInstanceUID = uid.UID(sop_instance_uid)
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return made


@lru_cache(1)
def good_file() -> bytes:
    """Give the view that is sent beside a mutated one, and must be read whatever that one is."""
    return as_file(image("L", GOOD))


@lru_cache(1)
def corpus() -> tuple[bytes, ...]:
    """Give the files that are mutated: all of one view, in every encoding."""
    native = [
        as_file(image("R", BAD)),
        as_file(_with_tables()),
        as_file(_coloured()),
        _encoded(uid.ImplicitVRLittleEndian),
        _encoded(uid.DeflatedExplicitVRLittleEndian),
    ]
    run_lengths = [_run_lengths(made) for made in (image("R", BAD), _coloured())]
    return (*native, *run_lengths, *(_compressed(*each) for each in _CODECS))


def _with_tables() -> Dataset:
    """Make a view whose grey values go through a VOI LUT (PS3.3 C.11.2)."""
    made, table = image("R", BAD), Dataset()
    table.LUTDescriptor, table.LUTExplanation = [16, 0, 16], "NORMAL"
    table.add_new("LUTData", "US", list(range(0, 65536, 4096)))
    made.VOILUTSequence = [table]
    return made


def _coloured() -> Dataset:
    """Make a view in red, green and blue, as scanners of film sometimes do."""
    made = image("R", BAD)
    grey = breast_pixels(64, 48, "R", 8).astype(np.uint8)
    set_pixels(made, np.stack([grey] * 3, axis=-1))
    made.PhotometricInterpretation = "RGB"
    del made.WindowCenter, made.WindowWidth  # they belong to twelve bits
    return made


def _run_lengths(made: Dataset) -> bytes:
    made.compress(uid.RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    return as_file(made)


_CODECS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    (uid.HTJ2KLossless, imagecodecs.htj2k_encode),
    (uid.JPEGExtended12Bit, lambda a: imagecodecs.jpeg8_encode(a, bitspersample=12)),
    (uid.JPEG2000Lossless, lambda a: imagecodecs.jpeg2k_encode(a, level=0, codecformat="j2k")),
    (uid.JPEGLSLossless, imagecodecs.jpegls_encode),
    (uid.JPEGLosslessSV1, imagecodecs.ljpeg_encode),
    (uid.JPEG2000, imagecodecs.jpegxl_encode),  # wrong codec on purpose
)


def _encoded(syntax: str) -> bytes:
    dataset = image("R", BAD)
    dataset.file_meta.TransferSyntaxUID = uid.UID(syntax)
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _compressed(syntax: str, encode: Callable[[Any], Any]) -> bytes:
    dataset = image("R", BAD)
    dataset.PixelData = encapsulate([bytes(encode(dataset.pixel_array))])
    dataset["PixelData"].is_undefined_length = True
    dataset["PixelData"].VR = "OB"
    dataset.file_meta.TransferSyntaxUID = uid.UID(syntax)
    return as_file(dataset)
