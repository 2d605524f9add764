"""A manifest comes back as it was written, and a wrong one is refused by line and column."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality, ViewPosition
from mammovlm.training.datasets import (
    Assessment,
    FindingType,
    ManifestInvalid,
    ManifestRow,
    RowInvalid,
    Split,
    Truth,
    missing_files,
    overview,
    read_manifest,
    write_manifest,
)
from mammovlm.training.datasets.labels import highest_assessment
from mammovlm.training.datasets.manifest import COLUMNS
from mammovlm.training.phantoms.truth import LesionKind

ROW = ManifestRow("P1", "E1", Laterality.LEFT, ViewPosition.CC, Path("images/a.dcm"))
LETTERS = st.characters(exclude_categories=["C"])
NAMES = st.text(LETTERS, min_size=1, max_size=12).filter(lambda text: text.strip() == text)
NEIGHBOURS = [frozenset[DensityCategory]()] + [
    frozenset(tuple(DensityCategory)[start : start + length])
    for length in (1, 2)
    for start in range(5 - length)
]


@st.composite
def rows(draw: st.DrawFn) -> tuple[ManifestRow, ...]:
    splits = draw(st.dictionaries(NAMES, st.sampled_from([*Split, None]), max_size=5))
    found = []
    for number, (patient, split) in enumerate(splits.items()):
        biopsy = draw(st.sampled_from([*Truth, None]))
        found.append(
            ManifestRow(
                patient=patient,
                exam=f"{patient}/{number}",
                laterality=draw(st.sampled_from(Laterality)),
                view=draw(st.sampled_from(ViewPosition)),
                file=Path(f"/images/{number}.dcm"),
                densities=draw(st.sampled_from(NEIGHBOURS)),
                birads=draw(st.sampled_from([*Assessment, None])),
                biopsy=biopsy,
                outcome=biopsy or draw(st.sampled_from([*Truth, None])),
                finding_types=draw(
                    st.none() | st.frozensets(st.sampled_from(FindingType), max_size=4)
                ),
                report=draw(st.text(LETTERS | st.sampled_from("\r\n\t"))),
                split=split,
            )
        )
    return tuple(found)


@given(rows())
def test_every_manifest_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, written: tuple[ManifestRow, ...]
) -> None:
    path = tmp_path_factory.mktemp("manifest") / "manifest.csv"
    write_manifest(path, written)
    assert read_manifest(path) == written


def manifest_of(tmp_path: Path, *changes: dict[str, str]) -> Path:
    path = tmp_path / "manifest.csv"
    with path.open("w", newline="", encoding="utf-8") as table:
        writer = csv.DictWriter(table, COLUMNS)
        writer.writeheader()
        for number, change in enumerate(changes):
            plain = {
                "patient_id": f"P{number}",
                "exam_id": f"E{number}",
                "laterality": "L",
                "view": "CC",
                "file_path": f"{number}.dcm",
            }
            writer.writerow(plain | change)
    return path


def problems(path: Path) -> str:
    with pytest.raises(ManifestInvalid) as caught:
        read_manifest(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("patient_id", " "),
        ("exam_id", ""),
        ("laterality", "LEFT"),
        ("laterality", ""),
        ("view", "ML"),
        ("file_path", ""),
        ("density", "E"),
        ("density", "A|C"),
        ("density", "A|B|C"),
        ("birads", "7"),
        ("birads", "4a"),
        ("biopsy", "cancer"),
        ("outcome", "normal"),
        ("finding_types", "lump"),
        ("split_group", "validation"),
    ],
)
def test_a_wrong_value_is_named_by_line_and_column_and_never_repeated(
    tmp_path: Path, column: str, value: str
) -> None:
    message = problems(manifest_of(tmp_path, {}, {column: value}))
    assert f"line 3, column {column}:" in message
    if value.strip() and len(value) > 3:
        assert value not in message


def test_all_wrong_lines_are_told_at_once(tmp_path: Path) -> None:
    message = problems(manifest_of(tmp_path, {"view": "x"}, {}, {"birads": "9"}))
    assert "line 2, column view" in message
    assert "line 4, column birads" in message


def test_lines_are_counted_right_after_a_report_of_several_lines(tmp_path: Path) -> None:
    message = problems(manifest_of(tmp_path, {"report": "one\ntwo\nthree"}, {"view": "x"}))
    assert message.startswith("line 5, column view")


def test_a_biopsy_cannot_contradict_the_outcome(tmp_path: Path) -> None:
    path = manifest_of(tmp_path, {"biopsy": "malignant", "outcome": "benign"})
    assert "line 2, column outcome" in problems(path)


def test_missing_and_unknown_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    for header in (COLUMNS[:-1], (*COLUMNS, "age"), ()):
        path.write_text(",".join(header) + "\n", encoding="utf-8")
        assert "split_group" in problems(path)


def test_a_line_with_too_few_values_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    path.write_text(",".join(COLUMNS) + "\nP,E,L\n", encoding="utf-8")
    assert "line 2: 3 values for 12 columns" in problems(path)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    assert "no CSV" in problems(path)


def test_a_table_saved_by_excel_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = manifest_of(tmp_path, {})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read_manifest(path)) == 1


def test_a_patient_in_two_splits_is_neither_read_nor_written(tmp_path: Path) -> None:
    path = manifest_of(
        tmp_path, {"split_group": "train"}, {"patient_id": "P0", "split_group": "test"}
    )
    assert "line 3, column split_group: an earlier row has this patient in train" in problems(path)
    torn = [replace(ROW, split=Split.TRAIN), replace(ROW, file=Path("b.dcm"), split=None)]
    with pytest.raises(ManifestInvalid, match="row 2, column split_group"):
        write_manifest(tmp_path / "new.csv", torn)
    assert not (tmp_path / "new.csv").exists()


def test_a_file_named_twice_and_an_exam_of_two_patients_are_refused(tmp_path: Path) -> None:
    twice = manifest_of(tmp_path, {}, {"file_path": "0.dcm"})
    assert "line 3, column file_path" in problems(twice)
    shared = manifest_of(tmp_path, {}, {"exam_id": "E0"})
    assert "line 3, column patient_id" in problems(shared)


def test_files_beside_the_manifest_stay_found_when_both_are_moved(tmp_path: Path) -> None:
    image = tmp_path / "here" / "images" / "a.dcm"
    image.parent.mkdir(parents=True)
    image.touch()
    write_manifest(tmp_path / "here" / "manifest.csv", [replace(ROW, file=image)])
    (tmp_path / "here").rename(tmp_path / "there")
    moved = read_manifest(tmp_path / "there" / "manifest.csv")
    assert missing_files(moved) == ()


def test_missing_files_are_listed(tmp_path: Path) -> None:
    there = tmp_path / "a.dcm"
    there.touch()
    gone = tmp_path / "b.dcm"
    assert missing_files([replace(ROW, file=there), replace(ROW, file=gone)]) == (gone,)


def test_the_overview_counts_patients_exams_and_labels_of_each_split() -> None:
    two_kinds = frozenset({FindingType.MASS, FindingType.CALCIFICATIONS})
    counted = overview(
        [
            replace(ROW, split=Split.TRAIN, finding_types=two_kinds, birads=Assessment.SUSPICIOUS),
            replace(ROW, split=Split.TRAIN, finding_types=frozenset(), file=Path("b")),
            replace(ROW, patient="P2", exam="E2", split=Split.TEST),
        ]
    )
    train, test = counted
    assert (train.split, train.patients, train.exams, train.views) == (Split.TRAIN, 1, 1, 2)
    assert train.labels["finding_types"] == {"calcifications": 1, "mass": 1, "none": 1}
    assert train.labels["birads"] == {"4": 1, "not given": 1}
    assert test.labels["density"] == {"not given": 1}


def test_an_incomplete_assessment_is_no_suspicion_and_yields_to_one() -> None:
    assert Assessment("0").is_incomplete
    assert highest_assessment([Assessment("0"), Assessment("2")]) is Assessment.INCOMPLETE
    assert highest_assessment([Assessment("0"), Assessment("4A")]) is Assessment.LOW_SUSPICION
    assert highest_assessment(Assessment) is Assessment.HIGHLY_SUGGESTIVE
    assert highest_assessment([]) is None
    assert Assessment("4C").category == 4


def test_one_density_is_the_density_and_two_neighbours_are_none() -> None:
    assert replace(ROW, densities=frozenset({DensityCategory.C})).density is DensityCategory.C
    both = replace(ROW, densities=frozenset({DensityCategory.C, DensityCategory.D}))
    assert both.density is None
    with pytest.raises(RowInvalid, match="density"):
        replace(ROW, densities=frozenset({DensityCategory.A, DensityCategory.D}))


def test_phantoms_name_their_lesions_in_the_same_words() -> None:
    assert {kind.value for kind in LesionKind} <= {kind.value for kind in FindingType}
