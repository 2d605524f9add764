"""VinDr-Mammo, INbreast, RSNA 2022 and EMBED: small copies in the publishers' columns."""

import plistlib
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
)
from mammovlm.training.datasets.embed import import_embed
from mammovlm.training.datasets.inbreast import import_inbreast
from mammovlm.training.datasets.rsna_2022 import import_rsna_2022
from mammovlm.training.datasets.vindr_mammo import import_vindr_mammo

VINDR_BREASTS = (
    "study_id,series_id,image_id,laterality,view_position,height,width,breast_birads,"
    "breast_density,split"
)
VINDR_FINDINGS = f"{VINDR_BREASTS},finding_categories,finding_birads,xmin,ymin,xmax,ymax"
INBREAST = "Patient ID;Patient age;Laterality;View;Acquisition date;File Name;ACR;Bi-Rads"
RSNA = (
    "site_id,patient_id,image_id,laterality,view,age,cancer,biopsy,invasive,BIRADS,implant,"
    "density,machine_id,difficult_negative_case"
)
EMBED_CLINICAL = (
    "empi_anon,acc_anon,study_date_anon,asses,tissueden,desc,side,path_severity,numfind,bside,"
    "massshape,massmargin,massdens,calcfind,calcdistri,calcnumber"
)
EMBED_METADATA = (
    "anon_dicom_path,empi_anon,acc_anon,study_date_anon,StudyDescription,SeriesDescription,"
    "FinalImageType,ImageLateralityFinal,ViewPosition,spot_mag,ROI_coords,num_roi"
)


def put(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def by_file(imported: Imported) -> dict[str, ManifestRow]:
    return {row.file.stem: row for row in imported.rows}


def vindr(root: Path) -> Path:
    put(
        root / "breast-level_annotations.csv",
        VINDR_BREASTS,
        "s1,x,a,R,CC,1,1,BI-RADS 4,DENSITY C,training",
        "s1,x,b,L,MLO,1,1,BI-RADS 1,DENSITY C,training",
        "s2,x,c,L,CC,1,1,BI-RADS 2,DENSITY A,test",
        "s2,x,gone,R,CC,1,1,BI-RADS 2,DENSITY A,test",
    )
    put(
        root / "finding_annotations.csv",
        VINDR_FINDINGS,
        "s1,x,a,R,CC,1,1,BI-RADS 4,DENSITY C,training,\"['Mass', 'Skin Retraction']\",4,1,1,2,2",
        "s1,x,a,R,CC,1,1,BI-RADS 4,DENSITY C,training,['Suspicious Calcification'],4,1,1,2,2",
        "s1,x,b,L,MLO,1,1,BI-RADS 1,DENSITY C,training,['No Finding'],,,,,",
    )
    for study, image in (("s1", "a"), ("s1", "b"), ("s2", "c")):
        put(root / "images" / study / f"{image}.dicom")
    return root


def test_vindr_mammo_labels_are_mapped_exactly(tmp_path: Path) -> None:
    rows = by_file(import_vindr_mammo(vindr(tmp_path)))
    assert rows["a"].density is DensityCategory.C
    assert rows["a"].birads is Assessment.SUSPICIOUS
    assert rows["a"].finding_types == frozenset(
        {
            FindingType.MASS,
            FindingType.SKIN_RETRACTION,
            FindingType.CALCIFICATIONS,
        }
    )
    assert rows["b"].finding_types == frozenset()
    assert rows["c"].finding_types is None
    assert {row.biopsy for row in rows.values()} == {None}
    assert (rows["a"].split, rows["c"].split) == (None, Split.TEST)
    assert rows["a"].patient == rows["b"].patient == "VinDr-Mammo s1"


def test_vindr_mammo_images_that_are_not_there_are_told(tmp_path: Path) -> None:
    (missing,) = import_vindr_mammo(vindr(tmp_path)).passed_over
    assert (missing.name, missing.reason) == ("s2/gone", "file-missing")


def test_vindr_mammo_with_an_unknown_finding_passes_that_view_over(tmp_path: Path) -> None:
    table = vindr(tmp_path) / "finding_annotations.csv"
    table.write_text(table.read_text().replace("Skin Retraction", "Something"))
    imported = import_vindr_mammo(tmp_path)
    assert set(by_file(imported)) == {"b", "c"}
    assert imported.reasons["label-unknown"] == 1


def test_inbreast_is_read_with_its_own_spelling_of_views_and_categories(tmp_path: Path) -> None:
    root = tmp_path / "INbreast Release 1.0"
    put(
        root / "INbreast.csv",
        INBREAST,
        "removed;removed;R;CC;201001;101;2;4a",
        "removed;removed;R;MLO;201001;102;     ;6",
        "removed;removed;L;MLO;201107;103;4;1",
        "removed;removed;L;CC;201107;104;4;1",
        "removed;removed;L;FB;201107;105;4;1",
    )
    for name in ("101_aa_MG_R_CC", "102_aa_MG_R_ML", "103_aa_MG_L_ML", "105_aa_MG_L_FB"):
        put(root / "AllDICOMs" / f"{name}_ANON.dcm")
    imported = import_inbreast(tmp_path)
    rows = {row.file.name[:3]: row for row in imported.rows}
    assert [str(rows[name].slot) for name in ("101", "102", "103")] == ["RCC", "RMLO", "LMLO"]
    assert rows["101"].birads is Assessment.LOW_SUSPICION
    assert rows["101"].density is DensityCategory.B
    assert rows["102"].density is None
    assert {row.patient for row in imported.rows} == {"INbreast aa"}
    assert len({row.exam for row in imported.rows}) == 2
    assert imported.reasons == {"file-missing": 1, "label-unknown": 1}


def annotated(root: Path, name: str, *regions: str) -> None:
    image = {"ImageIndex": 0, "ROIs": [{"Name": region} for region in regions]}
    path = put(root / "AllXML" / f"{name}.xml")
    path.write_bytes(plistlib.dumps({"Images": [image]}))


def test_inbreast_findings_are_read_from_the_regions_where_they_are_there(tmp_path: Path) -> None:
    lines = [f"removed;removed;R;CC;201001;{n};2;4a" for n in range(101, 107)]
    put(tmp_path / "INbreast.csv", INBREAST, *lines)
    for number in range(101, 107):
        put(tmp_path / "AllDICOMs" / f"{number}_aa_MG_R_CC_ANON.dcm")
    assert {row.finding_types for row in import_inbreast(tmp_path).rows} == {None}
    annotated(tmp_path, "101", "Mass", "Espiculated Region", "Calcifications")
    annotated(tmp_path, "102", "Assymetry", "Point 3")
    annotated(tmp_path, "103", "Unnamed")
    annotated(tmp_path, "104", "Pectoral Muscle")
    put(tmp_path / "AllXML" / "105.xml", "<plist>broken")
    imported = import_inbreast(tmp_path)
    assert {row.file.name[:3]: row.finding_types for row in imported.rows} == {
        "101": frozenset({FindingType.MASS, FindingType.CALCIFICATIONS}),
        "102": frozenset({FindingType.ASYMMETRY}),
        "103": None,
        "106": frozenset(),
    }
    assert imported.reasons == {"label-unknown": 1, "unreadable": 1}


def test_rsna_tells_a_biopsy_from_an_outcome_without_one(tmp_path: Path) -> None:
    put(
        tmp_path / "train.csv",
        RSNA,
        "2,10006,1,L,CC,61.0,0,0,0,,0,,29,False",
        "2,10006,2,L,MLO,61.0,0,1,0,0.0,0,C,29,True",
        "1,10011,3,R,MLO,55.0,1,1,1,0,0,B,21,False",
        "1,10011,4,R,CC,55.0,0,0,0,2.0,0,D,21,False",
        "1,10011,5,R,AT,55.0,0,0,0,1,0,D,21,False",
    )
    for patient, image in ((10006, 1), (10006, 2), (10011, 3), (10011, 4), (10011, 5)):
        put(tmp_path / "train_images" / str(patient) / f"{image}.dcm")
    imported = import_rsna_2022(tmp_path)
    rows = by_file(imported)
    told = {name: (row.biopsy, row.outcome) for name, row in rows.items()}
    assert told == {
        "1": (None, Truth.BENIGN),
        "2": (Truth.BENIGN, Truth.BENIGN),
        "3": (Truth.MALIGNANT, Truth.MALIGNANT),
        "4": (None, Truth.BENIGN),
    }
    assert [rows[name].birads for name in "1234"] == [None, "0", "0", "2"]
    assert rows["2"].birads is not None
    assert rows["2"].birads.is_incomplete
    assert rows["1"].densities == frozenset()
    assert rows["4"].density is DensityCategory.D
    assert imported.reasons == {"view-not-standard": 1}


def embed(root: Path, clinical: tuple[str, ...], metadata: tuple[str, ...]) -> Imported:
    put(root / "tables" / "EMBED_OpenData_clinical.csv", EMBED_CLINICAL, *clinical)
    put(root / "tables" / "EMBED_OpenData_metadata.csv", EMBED_METADATA, *metadata)
    for line in metadata:
        path = line.split(",")[0]
        put(root / "images" / path[path.index("cohort_") :])
    return import_embed(root)


def embed_file(name: str, side: str, view: str = "CC", kind: str = "2D", spot: str = "") -> str:
    path = f"/server/anon_dicom/cohort_1/77/e1/s1/{name}.dcm"
    return f"{path},77,88.0,2015-01-01,Screen,,{kind},{side},{view},{spot},,0"


def test_embed_gives_each_finding_to_the_images_of_its_side(tmp_path: Path) -> None:
    clinical = (
        "77,88,2015-01-02,A,3.0,MG Screening,L,1.0,1,L,O,S,=,,,0",
        "77,88,2015-01-02,N,3.0,MG Screening,R,,2,,,,,,,0",
    )
    imported = embed(tmp_path, clinical, (embed_file("l", "L"), embed_file("r", "R", "MLO")))
    rows = by_file(imported)
    assert rows["l"].birads is Assessment.INCOMPLETE
    assert rows["l"].biopsy is Truth.MALIGNANT
    assert rows["l"].finding_types == frozenset({FindingType.MASS})
    assert rows["r"].birads is Assessment.NEGATIVE
    assert rows["r"].biopsy is None
    assert rows["r"].finding_types == frozenset()
    assert {row.density for row in imported.rows} == {DensityCategory.C}
    assert {(row.patient, row.exam) for row in imported.rows} == {("EMBED 77", "EMBED 88")}


def test_embed_findings_of_both_sides_or_none_hold_for_all_images(tmp_path: Path) -> None:
    clinical = (
        "77,88,2015-01-02,P,2,MG Diagnostic,B,,1,,,,,A,G,3",
        "77,88,2015-01-02,S,2,MG Diagnostic,,4,2,R,F,,,,,0",
    )
    rows = by_file(embed(tmp_path, clinical, (embed_file("l", "L"), embed_file("r", "R"))))
    both = frozenset({FindingType.CALCIFICATIONS, FindingType.FOCAL_ASYMMETRY})
    assert rows["l"].finding_types == rows["r"].finding_types == both
    assert rows["l"].birads is rows["r"].birads is Assessment.SUSPICIOUS
    assert rows["l"].biopsy is None
    assert rows["r"].biopsy is Truth.BENIGN


def test_embed_passes_over_what_is_no_standard_view_of_a_woman(tmp_path: Path) -> None:
    clinical = ("77,88,2015-01-02,N,1,MG Screening,,,1,,,,,,,0",)
    files = (
        embed_file("a", "L", kind="cview"),
        embed_file("b", "L", view="ML"),
        embed_file("c", "L", spot="1.0"),
        embed_file("d", "L"),
        embed_file("e", "L").replace(",88.0,", ",99,"),
    )
    imported = embed(tmp_path / "one", clinical, files)
    assert set(by_file(imported)) == {"d"}
    assert set(imported.reasons) == {
        "not-2d",
        "view-not-standard",
        "spot-or-magnification",
        "not-in-table",
    }
    man = (clinical[0].replace(",N,1,", ",N,5,"),)
    male = embed(tmp_path / "two", man, (embed_file("d", "L"),))
    assert male.reasons == {"male": 1}


def test_embed_cancer_of_another_organ_is_neither_benign_nor_malignant(tmp_path: Path) -> None:
    clinical = ("77,88,2015-01-02,S,2,MG Diagnostic,L,6,1,L,X,,,,,0",)
    (row,) = embed(tmp_path, clinical, (embed_file("l", "L"),)).rows
    assert (row.biopsy, row.outcome) == (None, None)


@pytest.mark.parametrize(
    "importer", [import_vindr_mammo, import_inbreast, import_rsna_2022, import_embed]
)
def test_a_folder_without_the_tables_is_refused_by_the_name_that_is_missing(
    importer: object, tmp_path: Path
) -> None:
    with pytest.raises(DataSetUnreadable, match=r"holds no .*csv"):
        importer(tmp_path)  # type: ignore[operator]
