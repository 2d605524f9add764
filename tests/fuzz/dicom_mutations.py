"""Seeded damage to DICOM files: of single bytes, of lengths, of whole elements, of structure."""

import random
import struct
from collections.abc import Callable
from io import BytesIO
from typing import Any

from pydicom import Dataset, config, dcmread
from pydicom.sequence import Sequence

_ODD_NUMBERS = (0, 1, 2, 3, 7, 8, 12, 16, 17, 32, 64, 255, 4096, 16384, 16385, 32768, 65535)
_ODD_TEXTS = (
    *("", " ", "\\", "\\\\\\", "\0", "NaN", "inf", "-inf", "1e999", "-1", "9" * 400, "0x10"),
    *("A" * 70, "=^=^=", "\x1b$B\x1b(B", "\x1b)C\xb1\xe8", "乳房", "é" * 80, "%s%n", "../../etc"),
    *("<script>", "1.2.3", "1..2", "0", "R\\L", "CC", "MLO", "ML", "FOR PROCESSING", "YES"),
)
_CHARACTER_SETS = (
    *("", "ISO_IR 100", "ISO_IR 192", "ISO 2022 IR 87", "GB18030", "ISO_IR 13", "LATIN1"),
    *("ISO 2022 IR 149\\ISO 2022 IR 87", "\\ISO 2022 IR 87", "none", "ISO_IR 999", "\xff\xfe"),
)
_VRS = ("US", "SS", "UL", "DS", "IS", "CS", "PN", "LO", "UI", "OB", "OW", "SQ", "FD", "AT", "UN")
_SIZES = ("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated", "BitsStored",
          "HighBit", "PixelRepresentation", "PlanarConfiguration")  # fmt: skip
_DEEPEST = 60


def mutated(files: tuple[bytes, ...], seed: int) -> bytes:
    """Damage one of the files; the same seed gives the same bytes."""
    chance = random.Random(seed)
    content = chance.choice(files)
    if chance.random() < 0.5:
        content = _with_other_elements(content, chance)
    for _ in range(chance.choice((0, 1, 1, 2, 5))):
        content = chance.choice(_BYTE_DAMAGES)(content, files, chance)
    return content


def _flip_bits(content: bytes, _files: tuple[bytes, ...], chance: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 2, 8, 64))):
        if damaged:
            damaged[_place(damaged, chance)] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def _place(content: bytes | bytearray, chance: random.Random) -> int:
    """Choose a byte; more often in the header, where there is more to break."""
    end = len(content) if chance.random() < 0.4 else min(len(content), 2400)
    return chance.randrange(end)


def _overwrite(content: bytes, _files: tuple[bytes, ...], chance: random.Random) -> bytes:
    if not content:
        return content
    at, length = _place(content, chance), chance.choice((1, 2, 4, 16, 300))
    filling = chance.choice((b"\0", b"\xff", b"\xfe\xff\x00\xe0", chance.randbytes(4)))
    return content[:at] + (filling * length)[:length] + content[at + length :]


def _cut(content: bytes, _files: tuple[bytes, ...], chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _repeat_or_remove(content: bytes, _files: tuple[bytes, ...], chance: random.Random) -> bytes:
    if not content:
        return content
    at, length = _place(content, chance), chance.choice((1, 2, 8, 100, 1000))
    piece = content[at : at + length] * chance.choice((0, 2, 3))
    return content[:at] + piece + content[at + length :]


def _splice(content: bytes, files: tuple[bytes, ...], chance: random.Random) -> bytes:
    other = chance.choice(files)
    at = chance.randrange(len(content) + 1)
    return content[:at] + other[chance.randrange(len(other)) :]


def _change_length(content: bytes, _files: tuple[bytes, ...], chance: random.Random) -> bytes:
    """Write an absurd length into some element: two letters of a VR, then two bytes or four."""
    places = [
        at + 2
        for vr in (b"UI", b"LO", b"PN", b"SQ", b"OW", b"OB", b"US", b"DS", b"CS")
        if (at := content.find(vr, chance.randrange(132, max(133, len(content))))) > 0
    ]
    if not places:
        return content
    at = chance.choice(places)
    length = chance.choice((0xFFFF, 0xFFFFFFFF, 0xFFFFFFFE, 0x7FFFFFFF, 1, 3, 0, 0x10000))
    written = struct.pack("<H", length & 0xFFFF) if chance.random() < 0.5 else (
        b"\0\0" + struct.pack("<I", length)
    )  # fmt: skip
    return content[:at] + written + content[at + len(written) :]


_BYTE_DAMAGES: tuple[Callable[[bytes, tuple[bytes, ...], random.Random], bytes], ...] = (
    _flip_bits,
    _flip_bits,
    _overwrite,
    _cut,
    _repeat_or_remove,
    _splice,
    _change_length,
)


def _with_other_elements(content: bytes, chance: random.Random) -> bytes:
    """Change elements and write the file anew; what cannot be written stays as it was."""
    try:
        dataset = dcmread(BytesIO(content))
        for _ in range(chance.choice((1, 1, 2, 4))):
            chance.choice(_ELEMENT_DAMAGES)(dataset, chance)
        buffer = BytesIO()
        with config.disable_value_validation():
            dataset.save_as(buffer, enforce_file_format=False)
        return buffer.getvalue()
    except Exception:  # noqa: BLE001  pydicom refuses to write some of this
        return content


def _odd_size(dataset: Dataset, chance: random.Random) -> None:
    setattr(dataset, chance.choice(_SIZES), chance.choice(_ODD_NUMBERS))


def _odd_value(dataset: Dataset, chance: random.Random) -> None:
    element = dataset[chance.choice([tag for tag in dataset.keys() if tag != 0x7FE00010])]  # noqa: SIM118
    element._value = chance.choice(_ODD_TEXTS)  # past pydicom's checks


def _odd_representation(dataset: Dataset, chance: random.Random) -> None:
    tag = chance.choice([tag for tag in dataset.keys() if tag != 0x7FE00010])  # noqa: SIM118
    vr = chance.choice(_VRS)
    value: Any = chance.choice(_ODD_NUMBERS) if vr in {"US", "SS", "UL"} else b"\x1b\x80" * 3
    dataset.add_new(tag, vr, [Dataset()] if vr == "SQ" else value)


def _odd_characters(dataset: Dataset, chance: random.Random) -> None:
    dataset.add_new(0x00080005, "CS", chance.choice(_CHARACTER_SETS))
    for keyword in chance.sample(("PatientName", "Manufacturer", "SeriesDescription"), 2):
        dataset.add_new(keyword, "UN", chance.randbytes(chance.choice((1, 8, 40))))


def _removal(dataset: Dataset, chance: random.Random) -> None:
    del dataset[chance.choice(list(dataset.keys()))]


def _deep_sequence(dataset: Dataset, chance: random.Random) -> None:
    inner = Dataset()
    inner.CodeMeaning = "deep"
    for _ in range(chance.randrange(_DEEPEST)):
        outer = Dataset()
        outer.ViewCodeSequence = Sequence([inner])
        inner = outer
    setattr(
        dataset,
        chance.choice(("ViewCodeSequence", "AnatomicRegionSequence", "VOILUTSequence")),
        Sequence([inner] * chance.choice((1, 2, 50))),
    )


_ELEMENT_DAMAGES: tuple[Callable[[Dataset, random.Random], None], ...] = (
    _odd_size,
    _odd_size,
    _odd_value,
    _odd_value,
    _odd_representation,
    _odd_characters,
    _removal,
    _deep_sequence,
)
