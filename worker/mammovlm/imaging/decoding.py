"""Pixel data as stored values, for every transfer syntax (PS3.5 A.4).

imagecodecs was measured to be the fastest decoder that survives damaged input, lets other threads
run, and is the only one for JPEG Extended with 12 bits; for RLE that is pylibjpeg-rle. Its decoder
of HTJ2K prints what is wrong and gives pixels all the same, so HTJ2K goes to OpenJPEG as well.
GDCM is never called: some input makes it abort the process.
"""

from collections.abc import Callable, Mapping
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
from pydicom import Dataset, uid
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut
from rle.utils import decode_pixel_data as decode_run_lengths

from mammovlm.imaging.codestream import frame_size, is_complete
from mammovlm.imaging.limits import ReadingLimits
from mammovlm.imaging.opening import OpenedObject, read_pixel_bytes
from mammovlm.imaging.pixel_layout import PixelLayout, StoredValues
from mammovlm.imaging.refusal import ImageRefused
from mammovlm.study import LeftOutReason

Decoded = npt.NDArray[np.integer[Any]]
_JPEG = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLossless, uid.JPEGLosslessSV1)
_JPEG_LS = (uid.JPEGLSLossless, uid.JPEGLSNearLossless)
_JPEG_2000 = (uid.JPEG2000Lossless, uid.JPEG2000)
_HTJ2K = (uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K)
_DECODERS: Mapping[str, Callable[[bytes], Decoded]] = {
    **dict.fromkeys(_JPEG, imagecodecs.jpeg8_decode),
    **dict.fromkeys(_JPEG_LS, imagecodecs.jpegls_decode),
    **dict.fromkeys((*_JPEG_2000, *_HTJ2K), imagecodecs.jpeg2k_decode),
}
_COLOUR_PLUGINS: Mapping[str, str] = {
    uid.RLELossless: "pylibjpeg",
    **dict.fromkeys(_JPEG, "pillow"),
    **dict.fromkeys(_JPEG_LS, "pyjpegls"),
    **dict.fromkeys((*_JPEG_2000, *_HTJ2K), "pylibjpeg"),
}
_NATIVE = (
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian,
)
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # PS3.3 C.7.6.3.1.2, YBR_FULL


def is_native(transfer_syntax: str) -> bool:
    """Tell whether pixel cells of that transfer syntax were never compressed."""
    return transfer_syntax in _NATIVE


def decode_pixels(opened: OpenedObject, layout: PixelLayout, limits: ReadingLimits) -> StoredValues:
    """Decode the pixels of a single-frame image.

    Parameters
    ----------
    opened
        The image.
    layout
        How its header describes the pixels; its size was checked before.
    limits
        Sizes that the codestream may not exceed either.

    Returns
    -------
    ndarray of uint8 or uint16, shape (rows, columns)
        The pixel cells as they are stored: signed values in two's complement, unused bits not
        masked. Colour is turned into its luminance.

    Raises
    ------
    ImageRefused
        TRANSFER_SYNTAX_UNKNOWN, PIXELS_MISSING, PIXELS_UNREADABLE or SIZE_REFUSED.
    """
    syntax = opened.transfer_syntax
    if syntax not in (*_NATIVE, uid.RLELossless, *_DECODERS):
        is_readable = uid.UID(syntax).is_valid  # a damaged one may hold anything
        raise ImageRefused(LeftOutReason.TRANSFER_SYNTAX_UNKNOWN, syntax if is_readable else "")
    value = read_pixel_bytes(opened, limits)
    if is_native(syntax):
        _check_length(value, layout)
    frame = b"" if is_native(syntax) else _frame(value, syntax, layout, limits)
    try:
        if layout.is_colour:
            return _luminance(_in_colour(frame, value, opened, layout), layout)
        if is_native(syntax):
            return _native(value, layout)
        return _compressed(frame, layout, syntax)
    except Exception as error:  # decoders raise nearly anything on broken bytes
        raise ImageRefused(LeftOutReason.PIXELS_UNREADABLE, "decoding failed") from error


def _check_length(value: bytes, layout: PixelLayout) -> None:
    if len(value) < layout.native_bytes:
        raise ImageRefused(
            LeftOutReason.PIXELS_UNREADABLE, f"{len(value)} bytes of {layout.native_bytes}"
        )


def _frame(value: bytes, syntax: str, layout: PixelLayout, limits: ReadingLimits) -> bytes:
    """Join the fragments of the one frame, and hold its own size against the header's."""
    try:
        frame = get_frame(value, 0, number_of_frames=1)
    except Exception as error:  # as above
        raise ImageRefused(LeftOutReason.PIXELS_UNREADABLE, "not encapsulated") from error
    size = frame_size(frame)
    if size is not None:
        limits.check_size(*size)
        if size != (layout.rows, layout.columns):
            raise ImageRefused(LeftOutReason.PIXELS_UNREADABLE, "codestream of another size")
    if syntax != uid.RLELossless and not is_complete(frame):
        raise ImageRefused(LeftOutReason.PIXELS_UNREADABLE, "the codestream ends early")
    return frame


def _native(value: bytes, layout: PixelLayout) -> StoredValues:
    shape = (layout.rows, layout.columns)
    cells: StoredValues = np.frombuffer(
        value, f"<u{layout.bits_allocated // 8}", count=layout.rows * layout.columns
    ).reshape(shape)
    return cells


def _compressed(frame: bytes, layout: PixelLayout, syntax: str) -> StoredValues:
    if syntax == uid.RLELossless:
        return _native(_run_lengths(frame, layout), layout)
    array = _DECODERS[syntax](frame)
    if array.shape != (layout.rows, layout.columns) or array.dtype.itemsize > 2:
        raise ValueError(f"the decoder gave {array.shape} {array.dtype}")
    return array.view(np.uint8) if array.dtype.itemsize == 1 else array.view(np.uint16)


def _run_lengths(frame: bytes, layout: PixelLayout) -> bytes:
    """Decode RLE (PS3.5 G) in Rust: imagecodecs' decoder trusts the lengths in the data."""
    try:
        return bytes(
            decode_run_lengths(
                frame,
                version=2,
                rows=layout.rows,
                columns=layout.columns,
                bits_allocated=layout.bits_allocated,
            )
        )
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # a Rust panic is no Exception
            raise
        raise ValueError("the run lengths are damaged") from error


def _in_colour(frame: bytes, value: bytes, opened: OpenedObject, layout: PixelLayout) -> Decoded:
    """Decode to red, green and blue, shape (rows, columns, 3)."""
    if opened.transfer_syntax in (uid.JPEGLossless, uid.JPEGLosslessSV1):
        array: Decoded = imagecodecs.jpegsof3_decode(frame)
        return array
    array = _decode_with_pydicom(value, opened, layout)
    return apply_color_lut(array, opened.header) if layout.is_palette else array


def _luminance(colour: Decoded, layout: PixelLayout) -> StoredValues:
    if colour.shape[:-1] != (layout.rows, layout.columns):
        raise ValueError(f"the decoder gave {colour.shape}")
    luminance = np.rint(colour[..., :3].astype(np.float32) @ _LUMINANCE)
    grey: StoredValues = luminance.astype(np.uint8 if colour.dtype.itemsize == 1 else np.uint16)
    return grey


def _decode_with_pydicom(value: bytes, opened: OpenedObject, layout: PixelLayout) -> Decoded:
    """Decode with pydicom, which knows the colour spaces of the field."""
    dataset = Dataset()
    for keyword, number in layout.attributes().items():
        setattr(dataset, keyword, number)
    dataset.PixelData = value
    dataset["PixelData"].VR = "OB" if layout.bits_allocated == 8 else "OW"
    dataset["PixelData"].is_undefined_length = not is_native(opened.transfer_syntax)
    dataset.file_meta = FileMetaDataset()
    syntax = opened.transfer_syntax
    dataset.file_meta.TransferSyntaxUID = uid.UID(
        uid.ExplicitVRLittleEndian if is_native(syntax) else syntax
    )
    decoder = get_decoder(dataset.file_meta.TransferSyntaxUID)
    array: Decoded
    array, _ = decoder.as_array(dataset, decoding_plugin=_COLOUR_PLUGINS.get(syntax, ""))
    return array
