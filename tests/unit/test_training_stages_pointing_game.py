"""The pointing game counts a hit where the most evident cell touches a lesion, and nowhere else."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from mammovlm.training.phantom_exams import COLUMNS, ROWS, ExamTruth, PhantomExams, SeenLesion
from mammovlm.training.pointing_game import pointing_game


def _exams(folder: Path, lesions: tuple[SeenLesion, ...]) -> PhantomExams:
    path = folder / "shard.safetensors"
    save_file({"views": torch.full((2, 4, ROWS, COLUMNS), 9, dtype=torch.uint8)}, path)
    truths = tuple(ExamTruth(seed, (1, 1), (4, 1), (1, -1), {}, lesions) for seed in range(2))
    return PhantomExams(((path, 0), (path, 1)), torch.zeros(2, 4, 1), truths)


def test_a_peak_in_a_lesion_is_a_hit_and_one_beside_it_is_none(tmp_path: Path) -> None:
    exams = _exams(tmp_path, (SeenLesion(0, 100.0, 200.0, 20.0, 4, "mass"),))
    peaks = torch.zeros(2, 4, 2)
    peaks[0, 0] = torch.tensor([115.0, 200.0])
    peaks[1, 0] = torch.tensor([140.0, 200.0])
    game = pointing_game(exams, peaks)
    assert game.views == 2
    assert game.hits.value == 0.5
    assert game.by_kind == {"mass": (2, 0.5)}


def test_chance_is_the_lesions_share_of_the_breast(tmp_path: Path) -> None:
    exams = _exams(tmp_path, (SeenLesion(1, 100.0, 200.0, 94.343, 3, "asymmetry"),))
    game = pointing_game(exams, torch.zeros(2, 4, 2))
    assert game.chance == pytest.approx(3.14159 * 100**2 / (ROWS * COLUMNS), rel=1e-3)
    assert game.hits.value == 0.0


def test_benign_findings_are_nothing_to_point_at(tmp_path: Path) -> None:
    exams = _exams(tmp_path, (SeenLesion(1, 100.0, 200.0, 50.0, 2, "mass"),))
    with pytest.raises(ValueError, match="nothing to point at"):
        pointing_game(exams, torch.zeros(2, 4, 2))
