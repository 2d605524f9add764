"""mini-MIAS: the real table and films."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality
from mammovlm.training.datasets import FindingType, Imported, Truth
from mammovlm.training.datasets.mini_mias import import_mini_mias


@pytest.fixture(scope="module")
def films(shared_data: Path) -> Imported:
    return import_mini_mias(shared_data / "mini-mias-dev")


def test_every_film_is_one_row_and_every_woman_has_two(films: Imported) -> None:
    assert films.passed_over == ()
    assert len(films.rows) == 162
    assert set(Counter(row.patient for row in films.rows).values()) == {2}


def test_sides_are_those_of_the_publishers_numbering(films: Imported) -> None:
    """Even numbers are left breasts, odd ones right (publisher's list)."""
    for row in films.rows:
        is_even = int(row.file.stem.removeprefix("mdb")) % 2 == 0
        assert row.laterality is (Laterality.LEFT if is_even else Laterality.RIGHT), row.file.stem


def test_tissue_leaves_two_densities_open(films: Imported) -> None:
    d = DensityCategory
    counts = Counter(row.densities for row in films.rows)
    assert set(counts) == {frozenset({d.A, d.B}), frozenset({d.B, d.C}), frozenset({d.C, d.D})}
    assert all(row.density is None for row in films.rows)


def test_severity_is_an_outcome_and_no_biopsy(films: Imported, shared_data: Path) -> None:
    table = csv.DictReader((shared_data / "mini-mias-dev" / "labels.csv").open(encoding="utf-8"))
    malignant = {row["image"] for row in table if row["severity"] == "M"}
    found = {row.file.stem for row in films.rows if row.outcome is Truth.MALIGNANT}
    assert found == malignant
    assert {row.biopsy for row in films.rows} == {None}


def test_normal_films_have_no_finding_and_the_others_have_one(films: Imported) -> None:
    normal = [row for row in films.rows if row.finding_types == frozenset()]
    assert len(normal) == 107
    kinds = {kind for row in films.rows for kind in row.finding_types or ()}
    assert kinds == {
        FindingType.MASS,
        FindingType.CALCIFICATIONS,
        FindingType.ARCHITECTURAL_DISTORTION,
        FindingType.ASYMMETRY,
    }
    assert None not in {row.finding_types for row in films.rows}


def test_a_film_that_is_missing_or_broken_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "mdb002.png").write_bytes(b"\x89PNG broken")
    (tmp_path / "labels.csv").write_text(
        "image,patient,tissue,abnormality,severity\nmdb001,1,G,CIRC,B\nmdb002,1,G,NORM,\n"
    )
    imported = import_mini_mias(tmp_path)
    assert imported.rows == ()
    assert imported.reasons == {"file-missing": 1, "unreadable": 1}
