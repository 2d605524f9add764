"""What a compressed frame says of itself: its size, and whether it is complete.

A header may claim 100 × 100 pixels while the codestream holds 60 000 × 60 000; decoders allocate
by the codestream, so it is asked first. ISO/IEC 10918-1 (JPEG), 14495-1 (JPEG-LS), 15444-1 (JPEG
2000) and 15444-15 (HTJ2K).
"""

import struct

_SOI, _SOC_SIZ = b"\xff\xd8", b"\xff\x4f\xff\x51"
_END = b"\xff\xd9"  # EOI of JPEG and JPEG-LS, EOC of JPEG 2000
_PADDING = 16  # bytes after the end marker that encoders were seen to leave
_JP2_SIGNATURE = b"\x00\x00\x00\x0cjP"
_FRAME_HEADERS = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
_JPEGLS_FRAME_HEADER = 0xF7


def frame_size(frame: bytes) -> tuple[int, int] | None:
    """Give (rows, columns) of a JPEG, JPEG-LS or JPEG 2000 codestream, or None if it has no size.

    Parameters
    ----------
    frame
        One compressed frame, its fragments joined.
    """
    if frame.startswith(_JP2_SIGNATURE):
        return _jpeg2000_size(frame, frame.find(_SOC_SIZ))
    if frame.startswith(_SOC_SIZ):
        return _jpeg2000_size(frame, 0)
    if frame.startswith(_SOI):
        return _jpeg_size(frame)
    return None


def is_complete(frame: bytes) -> bool:
    """Tell whether the codestream has its end marker; decoders fill what is missing with grey."""
    return frame.rfind(_END) >= len(frame.rstrip(b"\0")) - len(_END) - _PADDING


def _jpeg2000_size(frame: bytes, start: int) -> tuple[int, int] | None:
    if start < 0 or len(frame) < start + 24:
        return None
    width, height, left, top = struct.unpack(">4I", frame[start + 8 : start + 24])
    return height - top, width - left


def _jpeg_size(frame: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 9 <= len(frame) and frame[position] == 0xFF:
        marker = frame[position + 1]
        if marker == 0xFF:  # a fill byte
            position += 1
        elif marker in _FRAME_HEADERS or marker == _JPEGLS_FRAME_HEADER:
            rows, columns = struct.unpack(">2H", frame[position + 5 : position + 9])
            return rows, columns
        else:
            position += 2 + struct.unpack(">H", frame[position + 2 : position + 4])[0]
    return None
