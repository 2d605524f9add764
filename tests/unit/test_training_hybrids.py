"""Phantom lesions in real breasts: attenuation multiplies, nothing else changes, truth is told."""

import csv
import json
from functools import cache
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality, Slot, ViewPosition
from mammovlm.training.features import CompactEncoders
from mammovlm.training.grey_curves import GreyCurve
from mammovlm.training.hybrid_exams import hybrid_exams
from mammovlm.training.hybrids import (
    Background,
    background_of,
    hybrid,
    lesion_attenuation,
    normal_films,
)
from mammovlm.training.lesion_patches import patch_batches
from mammovlm.training.make_hybrids import drawn, main, write_hybrids
from mammovlm.training.phantoms import Lesion, LesionKind, LesionMark, draw_lesion, phantom_exam
from mammovlm.training.phantoms.appearance import Look, _curve
from mammovlm.training.real_films import Film

KINDS = (LesionKind.MASS, LesionKind.CALCIFICATIONS, LesionKind.FOCAL_ASYMMETRY)


@cache
def film(laterality: Laterality = Laterality.LEFT, abnormality: str = "NORM") -> Film:
    """Make a film of a phantom without a lesion: a breast whose whole picture is known."""
    slot = Slot(laterality, ViewPosition.MLO)
    view = phantom_exam(7, rows=252, density="B", lesions=(), vendor="film").views[slot]
    return Film(
        name="film",
        patient="mini-MIAS 1",
        source="mini-MIAS",
        slot=slot,
        pixels=view.pixels,
        spacing_mm=view.spacing_mm,
        tissue="G",
        densities=frozenset({DensityCategory.B, DensityCategory.C}),
        abnormality=abnormality,
        severity="",
    )


@pytest.fixture(scope="module")
def background() -> Background:
    return background_of(film())


def lesion(kind: LesionKind, seed: int) -> Lesion:
    return draw_lesion(np.random.default_rng(seed), 4, kind=kind)


curves = st.builds(
    GreyCurve,
    gamma=st.floats(0.8, 3.0),
    shoulder=st.floats(0, 0.7),
    air=st.just(0.0),
    fat=st.floats(0.1, 0.5),
    dense=st.floats(0.6, 0.95),
    thickness_mm=st.floats(30, 80),
)


@given(curves)
def test_a_curve_is_undone_and_falls_with_what_comes_through(curve: GreyCurve) -> None:
    grey = np.linspace(0.02, 0.93, 50, dtype=np.float32)
    through = curve.transmission(grey)
    assert np.all(np.diff(through) < 0)
    assert np.allclose(curve.grey(through), grey, atol=2e-3)


@given(curves)
def test_toe_and_shoulder_are_those_of_the_phantoms_vendors(curve: GreyCurve) -> None:
    look = Look(0, 0, 0, curve.gamma, curve.shoulder, 0, 0, 0, curve.air)
    tissue = np.linspace(0.01, 1.2, 40, dtype=np.float32)
    _, _, foot, top = curve._anchors()
    fat, span = (curve._anchors()[place] for place in (0, 1))
    integral = np.where(
        tissue <= foot, fat * tissue / foot, fat + span * (tissue - foot) / (top - foot)
    )
    assert np.allclose(curve.grey(np.exp(-integral)), _curve(tissue, look), atol=1e-3)


@settings(max_examples=12, deadline=None)
@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 500))
def test_outside_the_lesion_no_pixel_changes_and_inside_attenuation_multiplies(
    background: Background, kind: LesionKind, seed: int
) -> None:
    before, curve = background.pixels, background.curve
    found = lesion(kind, seed)
    made = hybrid(background, found, seed)
    mark = LesionMark(made.mark.row, made.mark.column, made.mark.radius, 0)
    rng = np.random.default_rng([seed, 12])
    added, pulled = lesion_attenuation(background, found, mark, rng)
    assert np.array_equal(pulled, before)
    assert np.array_equal(made.pixels[added == 0], before[added == 0])
    rows, columns = np.nonzero(made.pixels != before)
    away = np.hypot(rows - mark.row, columns - mark.column)
    assert away.size == 0 or away.max() < 3 * max(mark.radius, 24 / background.spacing_mm) + 8
    assert np.all(made.pixels >= before)
    unsaturated = (added > 0) & (made.pixels < 0.9) & (before > 0.05)
    through, share = (curve.transmission(pixels) for pixels in (made.pixels, before))
    expected = share * np.exp(-added)
    assert np.allclose(through[unsaturated], expected[unsaturated], rtol=0.02)


def test_a_distortion_pulls_tissue_in_and_leaves_the_rest(background: Background) -> None:
    made = hybrid(background, lesion(LesionKind.ARCHITECTURAL_DISTORTION, 3), 3)
    changed = made.pixels != background.pixels
    rows, columns = np.nonzero(changed)
    reach = np.hypot(rows - made.mark.row, columns - made.mark.column).max()
    assert 0 < changed.mean() < 0.3
    assert reach < 2**0.5 * (2.6 * made.mark.radius + 8)


def test_the_same_seed_sets_the_same_lesion_at_the_same_place() -> None:
    one, again, other = (drawn(film(), seed) for seed in (5, 5, 6))
    assert np.array_equal(one.pixels, again.pixels)
    assert one.mark == again.mark
    assert one.mark != other.mark


@pytest.mark.parametrize("side", list(Laterality))
def test_the_mark_is_where_the_picture_changed_on_either_side(side: Laterality) -> None:
    normal = film(side)
    made = drawn(normal, 4, LesionKind.MASS, 4)
    difference = np.abs(made.pixels - normal.pixels)
    rows, columns = np.nonzero(difference > 0.5 * difference.max())
    assert abs(rows.mean() - made.mark.row) < made.mark.radius + 2
    assert abs(columns.mean() - made.mark.column) < made.mark.radius + 2


def test_only_films_without_a_finding_take_lesions() -> None:
    assert normal_films([film(), film(abnormality="CIRC"), film(abnormality="MASS")]) == [film()]


class _BlindEncoders:
    """Sees nothing: the selector's features are not what is asked here."""

    def selector_features(self, grey: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(grey), 3)


def test_experts_learn_from_hybrids_as_from_phantoms(tmp_path: Path) -> None:
    blind = cast("CompactEncoders", _BlindEncoders())
    exams = hybrid_exams([film()], 2, tmp_path, blind)
    again = hybrid_exams([film()], 2, tmp_path, blind)
    assert exams.truths == again.truths
    assert len(exams.truths) == 2
    truth = exams.truths[0]
    assert [mark.view for mark in truth.lesions] == [0, 1, 2, 3]
    assert [mark.assessment for mark in truth.lesions] == [*truth.assessments] * 2
    assert all(0 < mark.row < 1008 and 0 < mark.column < 800 for mark in truth.lesions)
    batch = next(patch_batches(exams, [0, 1], size=64, batch=4, seed=0))
    assert batch.grey.shape == (4, 1, 64, 64)
    with pytest.raises(ValueError, match="without a finding"):
        hybrid_exams([film(abnormality="CIRC")], 1, tmp_path, blind)


def test_every_hybrid_is_written_with_its_truth(tmp_path: Path) -> None:
    write_hybrids([film()], range(2), tmp_path)
    with (tmp_path / "hybrids.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == ["hybrid-000000.png", "hybrid-000001.png"]
    truth = json.loads((tmp_path / "hybrid-000000.json").read_text())
    assert truth["lesion"]["kind"] == rows[0]["kind"]
    assert float(rows[0]["row"]) == pytest.approx(truth["mark"]["row"], abs=0.1)
    assert rows[0]["malignant"] == str(int(truth["lesion"]["malignant"]))


def test_a_picture_is_never_made_of_research_films(tmp_path: Path) -> None:
    asked = ["--picture", str(tmp_path / "p.jpg"), "--mini-mias", str(tmp_path)]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 2
    assert "only M-SYNTH may be shown" in done.output
