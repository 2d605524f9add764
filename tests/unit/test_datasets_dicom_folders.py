"""Folders of DICOM, with and without a table: views come from the headers, as in the analysis."""

from pathlib import Path

import openpyxl
import pytest
from pydicom.uid import generate_uid

from mammogram_files import four_views, mammogram, save
from mammovlm.study import HANGING_ORDER, Laterality
from mammovlm.training.datasets import FindingType, Truth
from mammovlm.training.datasets.cmmd import import_cmmd
from mammovlm.training.datasets.dicom_folder import import_dicom_folder

CMMD_HEADER = ["ID1", "LeftRight", "Age", "number", "abnormality", "classification", "subtype"]
CALCIFICATIONS = frozenset({FindingType.CALCIFICATIONS})


def test_every_view_of_every_study_is_a_row_without_labels(tmp_path: Path) -> None:
    for place, patient in (("a/deep", "ONE"), ("b", "TWO")):
        for view in four_views(PatientID=patient):
            save(view, tmp_path / place)
    (tmp_path / "notes.txt").write_text("no DICOM")
    imported = import_dicom_folder(tmp_path)
    assert {row.patient for row in imported.rows} == {"ONE", "TWO"}
    assert len({row.exam for row in imported.rows}) == 2
    assert {row.slot for row in imported.rows} == set(HANGING_ORDER)
    assert all(
        row.file.is_file() and (row.density, row.birads) == (None, None) for row in imported.rows
    )
    assert [(each.name, each.reason) for each in imported.passed_over] == [
        ("notes.txt", "not-dicom")
    ]


def test_of_a_raw_image_and_its_processed_twin_the_processed_one_is_taken(tmp_path: Path) -> None:
    study = generate_uid()
    raw = mammogram("L", "CC", study_uid=study, PresentationIntentType="FOR PROCESSING")
    processed = mammogram("L", "CC", study_uid=study)
    files = [save(each, tmp_path) for each in (raw, processed)]
    imported = import_dicom_folder(tmp_path)
    assert [row.file for row in imported.rows] == [files[1]]
    assert imported.reasons == {"for-processing-twin": 1}


def test_what_is_no_standard_mammogram_is_passed_over_with_its_reason(tmp_path: Path) -> None:
    save(mammogram("L", "CC", EstimatedRadiographicMagnificationFactor="1.8"), tmp_path)
    other = mammogram("L", "CC", Modality="US", SOPClassUID="1.2.840.10008.5.1.4.1.1.6.1")
    save(other, tmp_path)
    imported = import_dicom_folder(tmp_path)
    assert imported.rows == ()
    assert set(imported.reasons) == {"magnification", "not-mammography"}


def test_patients_are_told_apart_by_issuer_and_without_an_identifier_by_study(
    tmp_path: Path,
) -> None:
    save(mammogram(PatientID="1", IssuerOfPatientID="NORTH"), tmp_path)
    save(mammogram(PatientID="1", IssuerOfPatientID="SOUTH"), tmp_path)
    save(mammogram(PatientID=None), tmp_path)
    save(mammogram(PatientID=None), tmp_path)
    assert len({row.patient for row in import_dicom_folder(tmp_path).rows}) == 4


def test_a_woman_of_cbis_ddsm_is_one_patient_though_each_film_names_another(tmp_path: Path) -> None:
    for name in ("Mass-Training_P_00173_LEFT_CC", "Calc-Test_P_00173_LEFT_MLO"):
        save(mammogram("L", name[-3:].strip("_"), PatientID=name), tmp_path)
    imported = import_dicom_folder(tmp_path)
    assert {(row.patient, row.exam) for row in imported.rows} == {
        ("CBIS-DDSM P_00173", "CBIS-DDSM P_00173")
    }
    assert len(imported.rows) == 2


def test_progress_ends_with_all_files_done(tmp_path: Path) -> None:
    for view in four_views():
        save(view, tmp_path)
    seen: list[tuple[int, int | None]] = []
    import_dicom_folder(tmp_path, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (4, 4)


def cmmd(root: Path) -> list[list[object]]:
    for patient in ("D1-0001", "D2-0002", "D9-9999"):
        place = root / "CMMD" / patient / "07-18-2010-NA-NA-1" / "1.000000-NA-2"
        study = generate_uid()
        for side in ("L", "R") if patient == "D2-0002" else ("R",):
            for view in ("CC", "MLO"):
                save(mammogram(side, view, study_uid=study, PatientID=patient), place)
    return [
        ["D1-0001", "R", 44, 2, "calcification", "Benign", None],
        ["D2-0002", "L", 64, 4, "both", "Malignant", "Luminal B"],
    ]


def test_cmmd_reads_the_publishers_workbook_and_labels_breasts(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    for line in ([*CMMD_HEADER], *cmmd(tmp_path)):
        sheet.append(line)
    workbook.save(tmp_path / "CMMD_clinicaldata_revision.xlsx")
    imported = import_cmmd(tmp_path)
    by_breast = {(row.patient, row.laterality): row for row in imported.rows}
    benign = by_breast["CMMD D1-0001", Laterality.RIGHT]
    malignant = by_breast["CMMD D2-0002", Laterality.LEFT]
    other = by_breast["CMMD D2-0002", Laterality.RIGHT]
    assert (benign.biopsy, benign.finding_types) == (Truth.BENIGN, CALCIFICATIONS)
    assert malignant.outcome is Truth.MALIGNANT
    assert malignant.finding_types == CALCIFICATIONS | {FindingType.MASS}
    assert (other.biopsy, other.outcome, other.finding_types) == (None, None, None)
    assert len(imported.rows) == 6
    assert imported.reasons == {"not-in-table": 2}


def test_cmmd_reads_the_same_table_saved_as_csv(tmp_path: Path) -> None:
    lines: list[list[object]] = [[*CMMD_HEADER], *cmmd(tmp_path)]
    text = "\n".join(",".join("" if cell is None else str(cell) for cell in line) for line in lines)
    (tmp_path / "CMMD_clinicaldata_revision.csv").write_text(text)
    assert len(import_cmmd(tmp_path).rows) == 6


def test_a_workbook_that_is_none_is_refused(tmp_path: Path) -> None:
    cmmd(tmp_path)
    (tmp_path / "CMMD_clinicaldata_revision.xlsx").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(ValueError, match="no Excel workbook"):
        import_cmmd(tmp_path)
