"""Real films are measured against what their table says, by woman."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from torch import Tensor, nn

from mammovlm.findings import DensityCategory
from mammovlm.model.parts import load_parts
from mammovlm.model.presets import PRESETS
from mammovlm.settings import Settings
from mammovlm.study import Laterality, Slot, ViewPosition
from mammovlm.training.evaluate_films import SeenFilm, film_table, see_film
from mammovlm.training.features import CompactEncoders
from mammovlm.training.film_features import film_features
from mammovlm.training.phantoms import phantom_exam
from mammovlm.training.phantoms.truth import BreastPoint, Lesion, LesionKind
from mammovlm.training.real_films import Film, FilmMark
from tiny_models import tiny_parts


def _film(index: int, abnormality: str, severity: str, marks: tuple[FilmMark, ...] = ()) -> Film:
    slot = Slot(Laterality.LEFT, ViewPosition.MLO)
    return Film(
        name=f"film {index}",
        patient=f"woman {index // 2}",
        source="mini-MIAS",
        slot=slot,
        pixels=np.zeros((8, 8), dtype=np.float32),
        spacing_mm=0.2,
        tissue="G",
        densities=frozenset(DensityCategory),
        abnormality=abnormality,
        severity=severity,
        marks=marks,
    )


def test_films_are_ranked_by_what_each_head_is_asked() -> None:
    mark = (FilmMark(4, 4, 1),)
    films = [
        _film(0, "NORM", ""),
        _film(1, "CIRC", "B", mark),
        _film(2, "SPIC", "M", mark),
        _film(3, "NORM", ""),
        _film(4, "CIRC", "B"),
        _film(5, "SPIC", "M", mark),
    ]
    seen = [
        SeenFilm(-1.0, 9.0, None, 0.0),
        SeenFilm(1.0, -2.0, True, 0.1),
        SeenFilm(2.0, 3.0, False, 0.3),
        SeenFilm(-2.0, 9.0, None, 0.0),
        SeenFilm(-1.5, -1.0, None, 0.0),
        SeenFilm(3.0, 2.0, True, 0.2),
    ]
    table = film_table(films, seen)
    assert table.counts == (6, 4, 2, 3)
    assert table.malignant.value == 1.0
    assert table.abnormal.value == pytest.approx(7 / 8)
    assert table.hits.value == pytest.approx(2 / 3)
    assert table.chance == pytest.approx(0.2)


class Arrived(Exception):
    """Raised where an image arrives, with its device."""


def test_a_film_goes_to_where_the_networks_are() -> None:
    parts = tiny_parts("lesions")
    assert parts.selector is not None

    def arrived(_: nn.Module, given: tuple[Tensor]) -> None:
        raise Arrived(given[0].device.type)

    parts.moe.to("meta")  # a device that every machine has beside its processor
    parts.selector.encoder.register_forward_pre_hook(arrived)
    bright = np.full((60, 40), 0.5, dtype=np.float32)
    with pytest.raises(Arrived, match="meta"):
        see_film(Film(**{**vars(_film(0, "NORM", "")), "pixels": bright}), parts)


class _MeanGrey:
    """Sees how bright a film is."""

    preset = PRESETS["compact"]

    def selector_features(self, grey: Tensor) -> Tensor:
        return grey.mean((1, 2, 3))[:, None]


def test_features_of_films_are_kept_whole_and_for_the_same_pixels_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoders = cast("CompactEncoders", _MeanGrey())
    grey = np.linspace(0.2, 0.9, 60 * 40, dtype=np.float32).reshape(60, 40)
    films = [replace(_film(number, "NORM", ""), pixels=grey) for number in range(2)]

    def killed(_: object, path: Path) -> None:
        path.write_bytes(b"half a file")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("mammovlm.training.film_features.save_file", killed)
        with pytest.raises(KeyboardInterrupt):
            film_features(films, tmp_path, encoders)
    whole = film_features(films, tmp_path, encoders)
    assert whole.shape == (2, 1)
    assert film_features(films, tmp_path, encoders).equal(whole)
    changed = [films[0], replace(films[1], pixels=grey[::-1] ** 2)]
    told = film_features(changed, tmp_path, encoders)
    assert told[0] == whole[0]
    assert told[1] != whole[1]


def test_the_shipped_weights_find_a_lesion_that_stands_out_in_fat() -> None:
    mass = Lesion(
        kind=LesionKind.MASS,
        shape="irregular",
        margin="spiculated",
        morphology="",
        distribution="",
        size_mm=22.0,
        place=BreastPoint(0.5, 0.3, 0.2),
        assessment=5,
        malignant=True,
    )
    exam = phantom_exam(50_000, rows=1008, density="A", lesions=[mass], vendor="Hologic")
    slot = next(slot for slot, view in exam.views.items() if view.marks)
    view = exam.views[slot]
    marks = tuple(FilmMark(mark.row, mark.column, mark.radius) for mark in view.marks)
    film = _film(0, "SPIC", "M", marks)
    shown = Film(**{**vars(film), "pixels": view.pixels, "slot": slot})
    seen = see_film(shown, load_parts(Settings()))
    assert seen.hit
    assert 0 < seen.chance < 0.5
