"""Files that are absurd on purpose: bombs, sizes, depths, wrong VRs, broken character sets."""

import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom import Dataset, uid
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence

from fuzz.dicom_corpus import BAD, GOOD, STUDY, good_file, image
from mammogram_files import as_file
from mammovlm.imaging import ReadingLimits, read_study
from mammovlm.job import StoredInstance
from mammovlm.settings import Settings

MEGABYTE = 2**20


def outcome(content: bytes, limits: ReadingLimits | None = None) -> str:
    """Read a good image beside this one; give the reason why this one was left out, or "read"."""
    instances = [StoredInstance("good", good_file()), StoredInstance("bad", content)]
    study = read_study(STUDY, instances, (), limits or ReadingLimits())
    read = {view.source.sop_instance_uid for view in study.views}
    assert GOOD in read
    return "read" if BAD in read else str(study.left_out[0].reason)


def memory_taken_mb(content: bytes) -> float:
    """Give by how much this process was larger, at most, while it read."""
    before = memory_mb("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew (proc(5))
    outcome(content)
    return memory_mb("VmHWM") - before


def memory_mb(kind: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(kind))


def deflated(dataset: Dataset, more: bytes) -> bytes:
    dataset.file_meta.TransferSyntaxUID = uid.DeflatedExplicitVRLittleEndian
    file = as_file(dataset)
    (length,) = struct.unpack("<I", file[140:144])
    meta = file[: 144 + length]
    body = zlib.decompress(file[144 + length :], -zlib.MAX_WBITS)
    squeezer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return meta + squeezer.compress(body) + squeezer.compress(more) + squeezer.flush()


def test_a_deflated_bomb_is_refused_before_it_has_filled_the_memory() -> None:
    bomb = deflated(image("R", BAD), bytes(300 * MEGABYTE))
    assert len(bomb) < MEGABYTE
    small = ReadingLimits(max_file_bytes=20 * MEGABYTE)
    assert outcome(bomb, small) == "size-refused"


def test_a_codestream_much_larger_than_its_header_says_is_not_decoded() -> None:
    bomb = image("R", BAD)
    large = imagecodecs.jpeg2k_encode(np.zeros((12000, 12000), np.uint8), level=60)
    bomb.PixelData = encapsulate([bytes(large)])
    bomb["PixelData"].is_undefined_length = True
    bomb.file_meta.TransferSyntaxUID = uid.JPEG2000Lossless
    assert len(as_file(bomb)) < MEGABYTE
    assert memory_taken_mb(as_file(bomb)) < 100
    assert outcome(as_file(bomb)) in {"size-refused", "pixels-unreadable"}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"Rows": 65535, "Columns": 65535}, "size-refused"),
        ({"Rows": 16384, "Columns": 16384}, "size-refused"),
        ({"Rows": 0}, "attribute-missing"),
        ({"Rows": 16000, "Columns": 6000}, "pixels-unreadable"),
        ({"NumberOfFrames": 2_000_000_000}, "tomosynthesis"),
        ({"NumberOfFrames": 0}, "read"),
        ({"SamplesPerPixel": 65535}, "pixels-unreadable"),
        ({"BitsAllocated": 64}, "pixels-unreadable"),
        ({"BitsStored": 65535}, "read"),
    ],
)
def test_absurd_sizes_are_named(attributes: dict[str, int], expected: str) -> None:
    bad = image("R", BAD)
    for keyword, value in attributes.items():
        setattr(bad, keyword, value)
    assert outcome(as_file(bad)) == expected


def test_a_site_may_set_the_limits() -> None:
    limits = ReadingLimits.from_settings(Settings(max_pixels=64 * 48 - 1))
    bad = image("R", BAD)
    assert limits.max_pixels == 64 * 48 - 1
    with pytest.raises(Exception, match="size-refused"):
        read_study(STUDY, [StoredInstance("bad", as_file(bad))], (), limits)


@pytest.mark.parametrize("depth", [100, 5000])
def test_deep_sequences_do_not_take_the_others_along(depth: int) -> None:
    opened, closed = (
        b"\x54\x00\x20\x02SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff",
        (b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"),
    )
    file = as_file(image("R", BAD))
    pixels_at = file.index(b"\xe0\x7f\x10\x00")
    deep = file[:pixels_at] + opened * depth + closed * depth + file[pixels_at:]
    assert outcome(deep) in {"read", "not-dicom", "pixels-missing", "pixels-unreadable"}


def test_thousands_of_items_are_read_or_refused() -> None:
    bad = image("R", BAD)
    item = Dataset()
    item.CodeMeaning = "one of many"
    bad.AnatomicRegionSequence = Sequence([item] * 20_000)
    assert outcome(as_file(bad)) == "read"


@pytest.mark.parametrize(
    ("keyword", "vr", "value"),
    [
        ("Rows", "OB", b"\x40\x00"),
        ("Rows", "DS", "64.5"),
        ("WindowCenter", "SQ", [Dataset()]),
        ("PatientName", "US", 7),
        ("ViewCodeSequence", "LO", "cranio-caudal"),
        ("ImageLaterality", "FD", 1.5),
        ("RescaleSlope", "PN", "A^B"),
        ("StudyDate", "OB", b"\xff\xfe"),
    ],
)
def test_a_wrong_value_representation_harms_nobody_else(
    keyword: str, vr: str, value: object
) -> None:
    bad = image("R", BAD)
    bad.add_new(keyword, vr, value)
    assert outcome(as_file(bad)) in {
        "read", "attribute-missing", "laterality-unknown", "pixels-unreadable", "not-dicom",
    }  # fmt: skip


@pytest.mark.parametrize(
    "character_set", ["ISO 2022 IR 87", "ISO_IR 999", "\\ISO 2022 IR 149", "GB18030", "none", ""]
)
def test_broken_characters_cost_only_themselves(character_set: str) -> None:
    bad = image("R", BAD)
    bad.add_new("SpecificCharacterSet", "CS", character_set.split("\\"))
    for keyword in ("PatientName", "Manufacturer", "SeriesDescription"):
        bad.add_new(keyword, "UN", b"\x1b$B\x80\xff\x1b(J=^\\\x81")
    assert outcome(as_file(bad)) == "read"
