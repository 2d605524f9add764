"""What is kept of a header: Unicode text, no pixels, no private parts; words without findings."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

from mammogram_files import as_file, code_item, mammogram
from mammovlm.imaging import ReadingLimits, read_study
from mammovlm.job import StoredInstance
from mammovlm.study import View

STUDY = generate_uid()


def read(file: bytes) -> View:
    (view,) = read_study(STUDY, [StoredInstance("x", file)], (), ReadingLimits()).views
    return view


def image(**attributes: Any) -> Dataset:
    return mammogram("R", "MLO", study_uid=STUDY, rows=120, columns=90, **attributes)


def with_name(name: bytes, character_set: str) -> bytes:
    """Write a name's bytes under a character set that need not fit them."""
    place = "X" * (len(name) + len(name) % 2)
    file = as_file(image(PatientName=place, SpecificCharacterSet="ISO_IR 192"))
    term = character_set.encode()
    padded = term + b" " * (len(term) % 2)
    file = file.replace(
        b"CS" + len(b"ISO_IR 192").to_bytes(2, "little") + b"ISO_IR 192",
        b"CS" + len(padded).to_bytes(2, "little") + padded,
    )
    return file.replace(place.encode(), name + b" " * (len(name) % 2))


@pytest.mark.parametrize(
    ("name", "encoding", "character_set"),
    [
        ("Müller^Jürgen", "latin-1", "ISO_IR 100"),
        ("Müller^Jürgen", "latin-1", "ISO 2022 IR 100"),
        ("Люкceмбypг", "iso8859_5", "ISO_IR 144"),
        ("Wang^XiaoDong=王^小东", "gb18030", "GB18030"),
        ("Zhang^XiaoDong=张^小东", "gbk", "GBK"),
        ("Wang^XiaoDong=王^小東", "utf-8", "ISO_IR 192"),
        ("قباني^لنزار", "iso8859_6", "ISO_IR 127"),
    ],
)
def test_names_are_decoded_to_unicode_and_written_in_utf8(
    name: str, encoding: str, character_set: str
) -> None:
    header = read(with_name(name.encode(encoding), character_set)).source.header
    assert str(header.PatientName) == name
    buffer = BytesIO()
    header.save_as(buffer, implicit_vr=False, little_endian=True)
    assert name.encode() in buffer.getvalue()
    again = dcmread(BytesIO(buffer.getvalue()), force=True)
    assert str(again.PatientName) == name


def test_japanese_names_with_escape_sequences_are_decoded() -> None:
    name = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"
    header = read(with_name(name, "\\ISO 2022 IR 87")).source.header
    assert str(header.PatientName) == "Yamada^Tarou=山田^太郎"


@pytest.mark.parametrize("character_set", ["ISO_IR 999", "latin", "ISO_IR 192", "ISO 2022 IR 87"])
def test_a_name_that_cannot_be_decoded_stops_nothing(character_set: str) -> None:
    view = read(with_name(b"M\xfcller^\xff\xfe\x1b$Z", character_set))
    str(view.source.header.PatientName).encode()


def test_the_kept_header_has_neither_pixels_nor_private_nor_large_elements() -> None:
    dataset = image(OverlayRows=None)
    block = dataset.private_block(0x0045, "MAKER", create=True)
    block.add_new(0x01, "OB", bytes(100_000))
    dataset.add_new(0x60003000, "OW", bytes(5000))
    icon = Dataset()
    icon.PixelData = bytes(2000)
    icon["PixelData"].VR = "OW"
    dataset.IconImageSequence = Sequence([icon])
    dataset.EncapsulatedDocument = bytes(400_000)
    item = code_item("R-10226", "medio-lateral oblique", "SNM3")
    item.private_block(0x0045, "MAKER", create=True).add_new(0x01, "LO", "private")
    dataset.ViewCodeSequence = Sequence([item])
    header = read(as_file(dataset)).source.header
    buffer = BytesIO()
    header.save_as(buffer, implicit_vr=False, little_endian=True)
    assert len(buffer.getvalue()) < 5000
    assert not any(element.tag.is_private for element in header.iterall())
    assert "PixelData" not in header
    assert header.ViewCodeSequence[0].CodeValue == "R-10226"


def test_the_source_names_the_stored_image() -> None:
    dataset = image()
    source = read(as_file(dataset)).source
    assert source.sop_class_uid == dataset.SOPClassUID
    assert source.sop_instance_uid == dataset.SOPInstanceUID
    assert source.series_instance_uid == dataset.SeriesInstanceUID
    assert (source.rows, source.columns) == (120, 90)
    assert source.for_presentation


def metadata(**attributes: Any) -> dict[str, str]:
    return dict(read(as_file(image(**attributes))).metadata)


def test_the_header_is_worded_for_the_text_encoder() -> None:
    assert metadata(OrganDose="0.015", Exposure="71", PositionerPrimaryAngle="45") == {
        "age": "66",
        "sex": "female",
        "view": "MLO",
        "laterality": "right",
        "manufacturer": "Test Maker",
        "model": "Test Model",
        "implant": "no",
        "partial_view": "no",
        "thickness_mm": "55",
        "force_n": "100",
        "kvp": "28",
        "exposure_mas": "71",
        "organ_dose_mgy": "1.5",
        "angle_degrees": "45",
    }


def test_findings_history_and_assessments_are_never_worded() -> None:
    told = "BI-RADS 5 mass known carcinoma"
    words = metadata(
        AdditionalPatientHistory=told,
        StudyDescription=told,
        SeriesDescription="routine " + told,
        ImageComments=told,
        PatientComments=told,
        ReasonForTheRequestedProcedure=told,
        AdmittingDiagnosesDescription=told,
        EthnicGroup=told,
    )
    assert not {"BI-RADS", "mass", "carcinoma"} & set(" ".join(words.values()).split())


@pytest.mark.parametrize(
    ("attributes", "age"),
    [
        ({"PatientAge": "045Y"}, "45"),
        ({"PatientAge": "540M"}, "45"),
        ({"PatientAge": None, "PatientBirthDate": "19600106"}, "65"),
        ({"PatientAge": None, "PatientBirthDate": "19600105"}, "66"),
        ({"PatientAge": "000Y", "PatientBirthDate": "00000000"}, None),
        ({"PatientAge": "000Y", "PatientBirthDate": "19600101"}, "66"),
        ({"PatientAge": "45", "PatientBirthDate": ""}, None),
        ({"PatientAge": None, "PatientBirthDate": "18000101"}, None),
        ({"PatientAge": None, "PatientBirthDate": None}, None),
    ],
)
def test_age_is_read_or_computed_or_not_available(
    attributes: dict[str, Any], age: str | None
) -> None:
    assert metadata(**attributes).get("age") == age


@pytest.mark.parametrize(
    ("attributes", "spacing"),
    [
        ({}, (0.1, 0.1)),
        ({"EstimatedRadiographicMagnificationFactor": 1.05}, (0.1 / 1.05, 0.1 / 1.05)),
        ({"ImagerPixelSpacing": None, "PixelSpacing": [0.07, 0.08]}, (0.07, 0.08)),
        ({"ImagerPixelSpacing": None}, None),
        ({"ImagerPixelSpacing": [0, 0]}, None),
        ({"EstimatedRadiographicMagnificationFactor": 0}, (0.1, 0.1)),
    ],
)
def test_spacing_is_that_at_the_breast(
    attributes: dict[str, Any], spacing: tuple[float, float] | None
) -> None:
    found = read(as_file(image(**attributes))).spacing_mm
    assert found == (spacing and pytest.approx(spacing))


def test_pixels_are_detached_from_the_file() -> None:
    assert read(as_file(image())).pixels.dtype == np.float32
