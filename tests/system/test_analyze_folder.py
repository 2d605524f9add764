"""`mammovlm analyze`: every study of a folder, good and bad, without queue and Orthanc."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from pydicom import dcmread
from pydicom.uid import CTImageStorage

from mammogram_files import four_views, mammogram, save
from mammovlm.cli import main
from mammovlm.cli.demo_exam import write_exam
from mammovlm.results import readable_report, result_schema
from mammovlm.results.refusal_document import refusal_schema


def analyze(path: Path, out: Path) -> Result:
    return CliRunner().invoke(main, ["analyze", str(path), "--out", str(out)])


def document(out: Path, study_uid: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / f"{study_uid}.json").read_text())
    return content


def test_a_real_exam_gets_a_report_and_a_document_that_meet_their_schema(tmp_path: Path) -> None:
    exam, out = tmp_path / "deep" / "down", tmp_path / "out"
    exam.mkdir(parents=True)
    study_uid = write_exam(exam)
    result = analyze(tmp_path / "deep", out)
    assert result.exit_code == 0, result.output
    content = document(out, study_uid)
    jsonschema.validate(content, result_schema())
    assert [view["view"] for view in content["views"]] == ["RCC", "LCC", "RMLO", "LMLO"]
    report = dcmread(out / f"{study_uid}.sr.dcm")
    assert report.SOPInstanceUID == content["report"]["sop_instance_uid"]
    for breast in content["breasts"]:
        suspicion = breast["suspicion"]
        assert 0 <= suspicion["low"] <= suspicion["value"] <= suspicion["high"] <= 1
    for estimate in (content["density"], *(view["density"] for view in content["views"])):
        assert sum(estimate["probabilities"].values()) == pytest.approx(1)


def test_every_wanted_object_lies_beside_the_report_and_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAMMOVLM_CAD_REPORT", "true")
    monkeypatch.setenv("MAMMOVLM_HEAT_MAPS", "true")
    for image in (images := four_views()):
        save(image, tmp_path / "in")
    study_uid = images[0].StudyInstanceUID
    assert analyze(tmp_path / "in", tmp_path / "out").exit_code == 0
    content = document(tmp_path / "out", study_uid)
    jsonschema.validate(content, result_schema())
    listed = [one["sop_instance_uid"] for one in content["objects"]]
    marked = any(view["regions"] for view in content["views"])
    kinds = ("sr", "cad", "pdf", *(["pr"] if marked else []))
    kinds += tuple(f"heat-{number}" for number in range(1, 5))
    written = [dcmread(tmp_path / "out" / f"{study_uid}.{kind}.dcm") for kind in kinds]
    assert [one.SOPInstanceUID for one in written] == listed


def test_without_a_structured_report_the_summary_stands_for_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAMMOVLM_STRUCTURED_REPORT", "false")
    monkeypatch.setenv("MAMMOVLM_INCLUDE_PATIENT_TEXT", "false")
    monkeypatch.setenv("MAMMOVLM_CAD_REPORT", "true")
    for image in (images := four_views()):
        save(image, tmp_path / "in")
    place = tmp_path / "out" / str(images[0].StudyInstanceUID)
    result = analyze(tmp_path / "in", tmp_path / "out")
    assert result.exit_code == 0, result.output
    content = document(tmp_path / "out", images[0].StudyInstanceUID)
    jsonschema.validate(content, result_schema())
    assert not place.with_name(f"{place.name}.sr.dcm").exists()
    for kind, said in (("pdf", "NOT FOR DIAGNOSTIC USE ALONE"), ("cad", "Breast density")):
        path = place.with_name(f"{place.name}.{kind}.dcm")
        shown = CliRunner().invoke(main, ["show", str(path)])
        assert said in shown.output
    summary = dcmread(place.with_name(f"{place.name}.pdf.dcm"))
    assert content["report"]["sop_instance_uid"] == summary.SOPInstanceUID


def test_a_refused_study_gets_a_report_that_says_why_where_that_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAMMOVLM_REFUSAL_REPORT", "true")
    unknown = mammogram(ViewPosition="XX", ViewCodeSequence=None, PatientOrientation=None)
    save(unknown, tmp_path / "in")
    assert analyze(tmp_path / "in", tmp_path / "out").exit_code == 1
    report = dcmread(tmp_path / "out" / f"{unknown.StudyInstanceUID}.sr.dcm")
    assert "NO RESULT" in report.SeriesDescription


def test_the_same_folder_again_gives_the_same_report(tmp_path: Path) -> None:
    for image in (images := four_views()):
        save(image, tmp_path / "in")
    study_uid = images[0].StudyInstanceUID
    reports = []
    for _ in range(2):
        assert analyze(tmp_path / "in", tmp_path / "out").exit_code == 0
        reports.append(dcmread(tmp_path / "out" / f"{study_uid}.sr.dcm"))
    assert reports[0].SOPInstanceUID == reports[1].SOPInstanceUID
    assert (
        readable_report(reports[0]).split("Made")[0]
        == (readable_report(reports[1]).split("Made")[0])
    )


def test_bad_studies_are_named_with_their_reason_and_the_good_ones_go_on(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    good, unreadable = four_views(), four_views()
    for image in good:
        save(image, folder / "good")
    for image in unreadable:
        image.PixelData = image.PixelData[:50]
        save(image, folder / "unreadable")
    other = mammogram(Modality="CT", SOPClassUID=CTImageStorage)
    unknown = mammogram(ViewPosition="XX", ViewCodeSequence=None, PatientOrientation=None)
    save(other, folder / "other")
    save(unknown, folder / "unknown")
    (folder / "letter.txt").write_text("no DICOM")
    result = analyze(folder, out)
    assert result.exit_code == 1
    assert "letter.txt" in result.output
    reasons = {
        image.StudyInstanceUID: document(out, image.StudyInstanceUID).get("reason")
        for image in (good[0], unreadable[0], other, unknown)
    }
    assert list(reasons.values()) == [
        None,
        "no-readable-view",
        "no-mammogram",
        "no-standard-view",
    ]
    for uid in list(reasons)[1:]:
        jsonschema.validate(document(out, uid), refusal_schema())
        assert not (out / f"{uid}.sr.dcm").exists()


def test_a_folder_without_studies_is_said_to_have_none(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("no DICOM")
    result = analyze(tmp_path, tmp_path / "out")
    assert result.exit_code == 2
    assert "No DICOM study" in result.output


def test_patients_names_stay_out_of_everything_but_the_report(tmp_path: Path) -> None:
    secret = "Zzyzx^Quibble"
    for image in (images := four_views(PatientName=secret, PatientID="QUIBBLE-77")):
        save(image, tmp_path / "in")
    result = analyze(tmp_path / "in", tmp_path / "out")
    written = (tmp_path / "out" / f"{images[0].StudyInstanceUID}.json").read_text() + result.output
    for mark in ("Zzyzx", "Quibble", "QUIBBLE-77"):
        assert mark not in written
    report = dcmread(tmp_path / "out" / f"{images[0].StudyInstanceUID}.sr.dcm")
    assert report.PatientName == secret
