"""CBIS-DDSM: the real tables, with empty files in the two folder layouts that are in use."""

import csv
import shutil
from collections import Counter
from pathlib import Path

import pytest

from mammovlm.findings import DensityCategory
from mammovlm.training.datasets import (
    Assessment,
    DataSetUnreadable,
    FindingType,
    Imported,
    ManifestRow,
    Split,
    Truth,
    split_by_patient,
    write_manifest,
)
from mammovlm.training.datasets.cbis_ddsm import import_cbis_ddsm

TABLES = {
    "Mass-Training": "mass_case_description_train_set.csv",
    "Mass-Test": "mass_case_description_test_set.csv",
    "Calc-Training": "calc_case_description_train_set.csv",
    "Calc-Test": "calc_case_description_test_set.csv",
}
COMMON = "patient_id,left or right breast,image view,breast density,abnormality id,abnormality type"
MASS = f"{COMMON},mass shape,mass margins,assessment,pathology,subtlety,image file path"
CALC = f"{COMMON},calc type,calc distribution,assessment,pathology,subtlety,image file path"


@pytest.fixture(scope="module")
def whole(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """Import the real tables with an empty file for each case folder."""
    root = tmp_path_factory.mktemp("cbis")
    for part, table in TABLES.items():
        shutil.copy(shared_data / "cbis-ddsm-tables" / table, root / table)
        for row in csv.DictReader((root / table).open(encoding="utf-8")):
            view = f"{row['patient_id']}_{row['left or right breast']}_{row['image view']}"
            below = "08-29-2017-DDSM-NA-1/1.000000-full mammogram images-2/1-1.dcm"
            file = root / "manifest-1" / "CBIS-DDSM" / f"{part}_{view}" / below
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
    return import_cbis_ddsm(root)


def of(imported: Imported, patient: str, slot: str) -> ManifestRow:
    name = f"CBIS-DDSM {patient}"
    return next(r for r in imported.rows if r.patient == name and str(r.slot) == slot)


def test_every_film_of_the_real_tables_becomes_one_row(whole: Imported) -> None:
    assert whole.passed_over == ()
    assert len(whole.rows) == 3032
    assert len({(row.patient, row.slot) for row in whole.rows}) == 3032
    assert len({row.patient for row in whole.rows}) == 1566


def test_benign_without_callback_is_benign_without_a_biopsy(whole: Imported) -> None:
    unbiopsied = [row for row in whole.rows if row.biopsy is None]
    assert len(unbiopsied) == 380
    assert {row.outcome for row in unbiopsied} == {Truth.BENIGN}
    counts = Counter(row.outcome for row in whole.rows)
    assert counts[Truth.MALIGNANT] == 1314 + 28 + 5  # a film with both is malignant
    assert None not in counts


def test_labels_of_single_films_are_as_in_the_tables(whole: Imported) -> None:
    film = of(whole, "P_00001", "LCC")
    assert film.density is DensityCategory.C
    assert film.birads is Assessment.SUSPICIOUS
    assert film.biopsy is Truth.MALIGNANT
    assert film.finding_types == frozenset({FindingType.MASS, FindingType.ARCHITECTURAL_DISTORTION})
    calc = of(whole, "P_00005", "RCC")
    assert calc.finding_types == frozenset({FindingType.CALCIFICATIONS})
    assert calc.birads is Assessment.PROBABLY_BENIGN


def test_density_zero_is_unknown(whole: Imported) -> None:
    assert sum(not row.densities for row in whole.rows) == 2


def test_nobody_in_the_published_test_set_is_in_a_training_table(
    whole: Imported, shared_data: Path, tmp_path: Path
) -> None:
    trained = set()
    for part, table in TABLES.items():
        rows = csv.DictReader((shared_data / "cbis-ddsm-tables" / table).open(encoding="utf-8"))
        trained |= {f"CBIS-DDSM {r['patient_id']}" for r in rows if part.endswith("Training")}
    tested = {row.patient for row in whole.rows if row.split is Split.TEST}
    assert tested
    assert not tested & trained
    write_manifest(tmp_path / "m.csv", split_by_patient(whole.rows))


def small(root: Path, mass: str = "", calc: str = "") -> Path:
    for part, table in TABLES.items():
        header, rows = (MASS, mass) if part.startswith("Mass") else (CALC, calc)
        (root / table).write_text(f"{header}\n{rows if part.endswith('Training') else ''}")
    return root


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_the_path_of_the_table_is_taken_where_the_file_lies_there(tmp_path: Path) -> None:
    below = "Mass-Training_P_00001_LEFT_CC/1.3.6.1/1.3.6.2/000000.dcm"
    row = f'P_00001,LEFT,CC,3,1,mass,OVAL,SPICULATED,4,MALIGNANT,4,"{below}\n"\n'
    file = touch(tmp_path / "CBIS-DDSM" / below)
    touch(tmp_path / "CBIS-DDSM" / "Mass-Training_P_00001_LEFT_CC" / "1.3.6.1" / "other.dcm")
    assert [r.file for r in import_cbis_ddsm(small(tmp_path, row)).rows] == [file]


def test_crops_and_masks_are_not_taken_for_the_film(tmp_path: Path) -> None:
    row = "P_00001,LEFT,CC,3,1,mass,OVAL,SPICULATED,4,MALIGNANT,4,\n"
    touch(tmp_path / "CBIS-DDSM" / "Mass-Training_P_00001_LEFT_CC_1" / "a" / "1-1.dcm")
    missing = import_cbis_ddsm(small(tmp_path, row))
    assert missing.rows == ()
    assert [each.reason for each in missing.passed_over] == ["file-missing"]
    case = tmp_path / "CBIS-DDSM" / "Mass-Training_P_00001_LEFT_CC"
    for name in ("1-1.dcm", "1-2.dcm"):
        touch(case / "a" / name)
    assert import_cbis_ddsm(tmp_path).reasons == {"several-files-fit": 1}


def test_a_film_in_both_tables_is_one_row_with_both_findings(tmp_path: Path) -> None:
    mass = "P_00002,RIGHT,MLO,2,1,mass,ROUND,OBSCURED,0,BENIGN_WITHOUT_CALLBACK,4,\n"
    calc = "P_00002,RIGHT,MLO,2,1,calcification,AMORPHOUS,CLUSTERED,4,BENIGN,4,\n"
    touch(tmp_path / "Mass-Training_P_00002_RIGHT_MLO" / "1-1.dcm")
    touch(tmp_path / "Calc-Training_P_00002_RIGHT_MLO" / "1-1.dcm")
    (row,) = import_cbis_ddsm(small(tmp_path, mass, calc)).rows
    assert row.finding_types == frozenset({FindingType.MASS, FindingType.CALCIFICATIONS})
    assert row.birads is Assessment.SUSPICIOUS
    assert (row.biopsy, row.outcome) == (Truth.BENIGN, Truth.BENIGN)


def test_a_label_that_is_not_documented_passes_the_abnormality_over(tmp_path: Path) -> None:
    touch(tmp_path / "Mass-Training_P_00001_LEFT_CC" / "1-1.dcm")
    row = "P_00001,LEFT,CC,3,1,mass,OVAL,SPICULATED,4,PERHAPS,4,\n"
    imported = import_cbis_ddsm(small(tmp_path, row))
    assert imported.rows == ()
    assert imported.passed_over[0].detail == "pathology 'PERHAPS'"


def test_a_missing_table_or_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataSetUnreadable, match="mass_case_description_train_set"):
        import_cbis_ddsm(tmp_path)
    small(tmp_path)
    (tmp_path / TABLES["Calc-Test"]).write_text("patient_id,image view\n")
    with pytest.raises(DataSetUnreadable, match="no column left or right breast"):
        import_cbis_ddsm(tmp_path)
