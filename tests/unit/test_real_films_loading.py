"""Real films are read with their labels, side and marks, and never split within a woman."""

import json
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality, ViewPosition
from mammovlm.training.real_films import (
    chest_wall_side,
    load_mini_mias,
    load_victre,
    patient_folds,
)

HEADER = "image,patient,tissue,abnormality,severity,x_px,y_px_from_bottom,radius_px"


def breast(laterality: Laterality) -> np.ndarray:
    y, x = np.mgrid[0:256, 0:256]
    picture = np.where(((y - 128) / 110) ** 2 + ((x - 40) / 120) ** 2 < 1, 150, 4)
    picture[:, :40] = 0
    return (picture if laterality is Laterality.LEFT else picture[:, ::-1]).astype(np.uint8)


@pytest.fixture
def films(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    rows = [HEADER]
    for number in range(1, 13):
        side = Laterality.RIGHT if number % 2 else Laterality.LEFT
        name = f"mdb{number:03d}"
        (tmp_path / "images" / f"{name}.png").write_bytes(imagecodecs.png_encode(breast(side)))
        rows.append(f"{name},{(number + 1) // 2},{'FGD'[number % 3]},NORM,,,,")
    rows[1] = "mdb001,1,G,CIRC,B,60,100,20"
    rows.insert(2, "mdb001,1,G,SPIC,M,80,50,10")
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_sides_come_from_where_the_chest_wall_lies(films: Path) -> None:
    loaded = load_mini_mias(films)
    assert [film.slot.laterality for film in loaded[:4]] == ["R", "L", "R", "L"]
    assert {film.slot.position for film in loaded} == {ViewPosition.MLO}


def test_a_film_with_two_abnormalities_keeps_both_marks_and_the_worse_severity(
    films: Path,
) -> None:
    film = load_mini_mias(films)[0]
    assert (film.abnormality, film.severity) == ("SPIC", "M")
    assert [(mark.row, mark.column, mark.radius) for mark in film.marks] == [
        (156, 60, 20),
        (206, 80, 10),
    ]
    assert film.densities == {DensityCategory.B, DensityCategory.C}
    assert film.pixels.dtype == np.float32
    assert 0.5 < film.pixels.max() <= 1


def test_a_table_without_the_expected_columns_is_refused(films: Path) -> None:
    (films / "labels.csv").write_text("image,patient\nmdb001,1\n")
    with pytest.raises(ValueError, match="needs the columns"):
        load_mini_mias(films)


def test_a_missing_film_is_an_error(films: Path) -> None:
    (films / "images" / "mdb003.png").unlink()
    with pytest.raises(FileNotFoundError):
        load_mini_mias(films)


def test_victre_pictures_are_turned_to_the_left_chest_wall(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    upright = np.ascontiguousarray(breast(Laterality.LEFT)[:, 40:].T)
    (tmp_path / "images" / "P1_Ddense.jpg").write_bytes(imagecodecs.jpeg8_encode(upright))
    entry = {"filename": "P1_Ddense.jpg", "patient_id": 1, "breast_density": "dense"}
    (tmp_path / "metadata.json").write_text(json.dumps({"images": [entry]}))
    (film,) = load_victre(tmp_path)
    assert film.densities == {DensityCategory.D}
    assert film.pixels.shape == (256, 216)
    assert chest_wall_side(film.pixels) is Laterality.LEFT


def test_no_woman_is_in_two_folds_and_every_film_is_in_one(films: Path) -> None:
    loaded = load_mini_mias(films)
    folds = patient_folds(loaded, 3, seed=1)
    assert sorted(index for fold in folds for index in fold) == list(range(len(loaded)))
    women = [{loaded[index].patient for index in fold} for fold in folds]
    assert not any(women[a] & women[b] for a in range(3) for b in range(a))
    assert folds == patient_folds(loaded, 3, seed=1)
    with pytest.raises(ValueError, match="cannot make 7 folds"):
        patient_folds(loaded, 7, seed=1)


def test_the_real_copy_reads_whole_and_its_sides_alternate(shared_data: Path) -> None:
    folder = shared_data / "mini-mias-dev"
    if not folder.is_dir():
        pytest.skip("mini-MIAS is not beside the checkout")
    loaded = load_mini_mias(folder)
    assert len(loaded) == 162
    assert len({film.patient for film in loaded}) == 81
    # The films of the original list alternate: odd numbers are right breasts.
    for film in loaded:
        odd = int(film.name.removeprefix("mdb")) % 2 == 1
        assert (film.slot.laterality is Laterality.RIGHT) == odd
