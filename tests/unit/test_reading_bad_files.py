"""A file that cannot be used is left out with a reason a person understands; the others go on."""

import logging
import random
import struct
import warnings
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, uid
from pydicom.uid import generate_uid

from mammogram_files import as_file, mammogram, stored
from mammovlm.errors import RejectionReason, StudyRejected
from mammovlm.imaging import ReadingLimits, read_study
from mammovlm.job import StoredInstance
from mammovlm.study import Study

STUDY = generate_uid()
SECRET = "Geheim^Petra"


def image(side: str = "R", **attributes: Any) -> Dataset:
    return mammogram(
        side, study_uid=STUDY, rows=120, columns=90, PatientName=SECRET, PatientID="", **attributes
    )


def read(*instances: StoredInstance, limits: ReadingLimits | None = None) -> Study:
    return read_study(STUDY, instances, (), limits or ReadingLimits())


def left_out(content: bytes | Path, limits: ReadingLimits | None = None) -> tuple[str, str]:
    """Read a good image and a bad one; give the reason for the bad one, and its detail."""
    study = read(stored(image("L")), StoredInstance("bad", content), limits=limits)
    assert [str(view.slot) for view in study.views] == ["LCC"]
    (bad,) = study.left_out
    assert SECRET not in bad.detail
    return bad.reason.value, bad.detail


def deflated(body: bytes, dataset: Dataset) -> bytes:
    """Put a deflated data set behind the file meta information of another."""
    dataset.file_meta.TransferSyntaxUID = uid.DeflatedExplicitVRLittleEndian
    file = as_file(dataset)
    (length,) = struct.unpack("<I", file[140:144])
    squeezer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return file[: 144 + length] + squeezer.compress(body) + squeezer.flush()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello, this is no DICOM file",
        b"\x89PNG\r\n\x1a\n" + bytes(500),
        bytes(5000),
        bytes(128) + b"DICM",
        bytes(128) + b"DICM" + b"\xff" * 300,
        b"\x08\x00",
        b"\x08\x00\x05\x00CS\x0a\x00",
    ],
)
def test_what_is_no_dicom_is_said_to_be_none(content: bytes) -> None:
    assert left_out(content)[0] == "not-dicom"


def test_a_file_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    assert left_out(tmp_path / "gone.dcm") == ("not-dicom", "the file cannot be read")


def test_the_name_of_a_file_is_not_kept_because_it_may_name_the_patient(tmp_path: Path) -> None:
    path = tmp_path / f"{SECRET}.dcm"
    path.write_bytes(b"no DICOM")
    study = read(stored(image("L")), StoredInstance(path.name, path))
    assert SECRET not in repr(study)


@pytest.mark.parametrize("cut", [200, 400, 600])
def test_a_header_cut_short_is_left_out(cut: int) -> None:
    assert left_out(as_file(image())[:cut])[0] in {"not-dicom", "attribute-missing"}


def test_pixels_cut_short_are_left_out() -> None:
    reason, detail = left_out(as_file(image())[:-5000])
    assert (reason, detail) == ("pixels-unreadable", f"{120 * 90 * 2 - 5000} bytes of 21600")


def without_preamble(dataset: Dataset) -> bytes:
    return as_file(dataset)[132:]


def without_meta(dataset: Dataset) -> bytes:
    buffer = BytesIO()
    dataset.save_as(buffer)
    content = buffer.getvalue()
    return content[content.index(b"\x08\x00\x05\x00") :]


def implicit_without_meta(dataset: Dataset) -> bytes:
    buffer = BytesIO()
    del dataset.file_meta
    dataset.save_as(buffer, implicit_vr=True, little_endian=True)
    return buffer.getvalue()


@pytest.mark.parametrize("write", [without_preamble, without_meta, implicit_without_meta])
def test_files_without_preamble_or_meta_information_are_read(
    write: Callable[[Dataset], bytes],
) -> None:
    study = read(StoredInstance("bare", write(image())))
    assert len(study.views) == 1
    assert study.left_out == ()


@pytest.mark.parametrize("keyword", ["Rows", "Columns", "BitsAllocated", "SeriesInstanceUID"])
def test_a_missing_attribute_is_named(keyword: str) -> None:
    dataset = image()
    dataset["PixelData"].VR = "OW"
    del dataset[keyword]
    assert left_out(as_file(dataset)) == ("attribute-missing", keyword)


@pytest.mark.parametrize(
    "keyword",
    [
        "BitsStored",
        "HighBit",
        "PixelRepresentation",
        "SamplesPerPixel",
        "PhotometricInterpretation",
        "PatientName",
        "Modality",
        "StudyDate",
        "WindowCenter",
    ],
)
def test_an_attribute_that_can_be_done_without_is(keyword: str) -> None:
    dataset = image()
    del dataset[keyword]
    assert len(read(stored(dataset)).views) == 1


def test_identity_is_taken_from_the_meta_information_where_the_data_set_has_none() -> None:
    dataset = image()
    file = as_file(dataset)
    nameless = Dataset()
    nameless.update({e.tag: e for e in dataset if e.keyword not in ("SOPInstanceUID",)})
    del dataset["SOPInstanceUID"]
    buffer = BytesIO()
    nameless.save_as(buffer, implicit_vr=False, little_endian=True)
    meta_end = 144 + struct.unpack("<I", file[140:144])[0]
    (view,) = read(StoredInstance("x", file[:meta_end] + buffer.getvalue())).views
    assert view.source.sop_instance_uid == dataset.file_meta.MediaStorageSOPInstanceUID


@pytest.mark.parametrize(("rows", "columns"), [(20000, 10), (10, 20000), (16000, 16000)])
def test_an_absurd_size_is_refused(rows: int, columns: int) -> None:
    dataset = image(Rows=rows, Columns=columns)
    assert left_out(as_file(dataset)) == ("size-refused", f"{rows} × {columns} pixels")


def test_a_file_larger_than_allowed_is_refused() -> None:
    limits = ReadingLimits(max_file_bytes=60_000)
    file = as_file(image()) + bytes(50_000)
    assert left_out(file, limits) == ("size-refused", f"{len(file)} bytes")


def test_a_deflated_file_may_not_inflate_beyond_the_limit() -> None:
    bomb = deflated(bytes(3_000_000), image())
    assert len(bomb) < 10_000
    limits = ReadingLimits(max_file_bytes=1_000_000)
    assert left_out(bomb, limits) == ("size-refused", "inflates beyond the limit")


def test_sequences_nested_without_end_do_no_harm() -> None:
    opening = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    file = as_file(image())
    (length,) = struct.unpack("<I", file[140:144])
    nested = file[: 144 + length] + opening * 5000
    assert left_out(nested)[0] in {"not-dicom", "attribute-missing"}


def test_values_of_the_wrong_kind_do_not_stop_an_image() -> None:
    file = as_file(image(WindowCenter="2048", WindowWidth="4096", KVP="28"))
    broken = file.replace(b"DS\x02\x0028", b"DS\x02\x00x!").replace(
        b"\x04\x002048", b"\x04\x00a,b!"
    )
    assert len(broken) == len(file)
    assert b"2048" not in broken
    (view,) = read(StoredInstance("x", broken)).views
    assert "kvp" not in view.metadata
    assert view.metadata["thickness_mm"] == "55"


def test_what_pydicom_complains_about_reaches_no_log(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    file = as_file(image(PatientBirthDate="19600101"))
    broken = file.replace(b"19600101", b"Geheim!!").replace(b"ISO_IR 192", b"ISO_IR 999")
    with warnings.catch_warnings(record=True) as warned, caplog.at_level(logging.DEBUG):
        warnings.simplefilter("always")
        read(StoredInstance("x", broken))
    said = caplog.text + "".join(str(each.message) for each in warned) + "".join(capfd.readouterr())
    assert "Geheim" not in said


def test_an_empty_study_is_rejected() -> None:
    with pytest.raises(StudyRejected) as rejected:
        read()
    assert rejected.value.reason is RejectionReason.NO_MAMMOGRAM


def test_what_the_intake_left_out_stays_in_the_account() -> None:
    earlier = read(stored(image("L")), StoredInstance("1.2.3", b"no DICOM")).left_out
    study = read_study(STUDY, [stored(image("R"))], earlier, ReadingLimits())
    assert study.left_out == earlier


@pytest.mark.parametrize("syntax", ["raw", "RLELossless", "JPEGLSLossless", "JPEG2000Lossless"])
def test_damaged_bytes_end_in_a_reason_and_never_in_a_fault(syntax: str) -> None:
    dataset = image()
    if syntax != "raw":
        plugin = "pyjpegls" if "LS" in syntax and "RLE" not in syntax else "pylibjpeg"
        dataset.compress(getattr(uid, syntax), encoding_plugin=plugin)
    whole, good = as_file(dataset), stored(image("L"))
    draw = random.Random(syntax)
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(draw.choice([1, 3, 20])):
            damaged[draw.randrange(132, len(damaged))] = draw.randrange(256)
        del damaged[draw.choice([len(damaged), draw.randrange(200, len(damaged))]) :]
        outcome = outcome_of(good, StoredInstance("damaged", bytes(damaged)))
        if isinstance(outcome, StudyRejected):  # the damage made it another patient's
            assert outcome.reason is RejectionReason.SEVERAL_PATIENTS
        else:
            assert "LCC" in {str(view.slot) for view in outcome.views}


def outcome_of(*instances: StoredInstance) -> Study | StudyRejected:
    try:
        return read(*instances)
    except StudyRejected as rejected:
        return rejected
