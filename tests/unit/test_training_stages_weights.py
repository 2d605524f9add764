"""Written weights can be loaded, and stages do not overwrite each other's entries."""

from pathlib import Path

import pytest
import torch

from mammovlm.errors import WeightsUnusable
from mammovlm.model.weights import WeightsFolder
from mammovlm.settings import Settings
from mammovlm.training.phantom_exams import truth_of
from mammovlm.training.phantoms import Biopsy, phantom_exam
from mammovlm.training.study_evaluation_thresholds import STORED, operating_thresholds
from mammovlm.training.written_weights import TrainedPart, enter_weights, write_weights


def test_what_is_written_is_what_is_loaded(tmp_path: Path) -> None:
    tensors = {"weight": torch.arange(6.0).view(2, 3).T}
    write_weights(tmp_path, {"fusion": TrainedPart(tensors, "shapes", ("clip",))}, "A note.")
    folder = WeightsFolder(tmp_path)
    assert torch.equal(folder.tensors("fusion")["weight"], tensors["weight"])
    assert folder.card.parts["fusion"].experts == ("clip",)
    assert folder.card.training_note == "A note."


def test_another_stage_keeps_what_the_first_one_wrote(tmp_path: Path) -> None:
    write_weights(tmp_path, {"heads": TrainedPart({"a": torch.ones(1)}, "phantoms")}, "First.")
    write_weights(tmp_path, {"umicon": TrainedPart({"b": torch.ones(1)}, "phantoms")})
    folder = WeightsFolder(tmp_path)
    assert folder.has("heads")
    assert folder.has("umicon")
    assert folder.card.training_note == "First."


def test_the_same_numbers_make_the_same_file(tmp_path: Path) -> None:
    hashes = [
        write_weights(tmp_path / name, {"heads": TrainedPart({"a": torch.ones(3)}, "x")})
        .parts["heads"]
        .sha256
        for name in ("first", "second")
    ]
    assert hashes[0] == hashes[1]


def test_a_file_changed_after_writing_is_refused(tmp_path: Path) -> None:
    write_weights(tmp_path, {"heads": TrainedPart({"a": torch.ones(3)}, "x")})
    path = tmp_path / "heads.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(WeightsUnusable):
        WeightsFolder(tmp_path).tensors("heads")


def test_the_label_of_a_breast_is_corrected_by_biopsy() -> None:
    for seed in range(12):
        exam = phantom_exam(seed, rows=63)
        truth = truth_of(exam)
        for breast, category, label in zip(
            exam.breasts, truth.assessments, truth.suspicious, strict=True
        ):
            if category < 3:
                assert label == -1
            elif breast.biopsy is Biopsy.NONE:
                assert label == int(category >= 4)
            else:
                assert label == int(breast.biopsy is Biopsy.MALIGNANT)


def test_a_file_of_another_stage_is_entered_beside_the_others(tmp_path: Path) -> None:
    write_weights(tmp_path, {"heads": TrainedPart({"a": torch.ones(1)}, "phantoms")}, "First.")
    (run := tmp_path / "run").mkdir()
    write_weights(run, {"tuned": TrainedPart({"b": torch.ones(2)}, "texts")})
    enter_weights(tmp_path, {"language_model": run / "tuned.safetensors"}, "texts on phantoms")
    folder = WeightsFolder(tmp_path)
    assert torch.equal(folder.tensors("language_model")["b"], torch.ones(2))
    assert folder.card.parts["language_model"].trained_on == "texts on phantoms"
    assert folder.has("heads")
    assert folder.card.training_note == "First."


def test_operating_points_stay_in_the_card_until_the_heads_are_others(tmp_path: Path) -> None:
    heads = {"heads": TrainedPart({"a": torch.ones(1)}, "phantoms")}
    write_weights(tmp_path, heads, "First.")
    write_weights(tmp_path, {}, thresholds={"suspicion": 0.43})
    write_weights(tmp_path, {"umicon": TrainedPart({"b": torch.ones(1)}, "phantoms")})
    (run := tmp_path / "run").mkdir()
    write_weights(run, {"tuned": TrainedPart({"b": torch.ones(2)}, "texts")})
    enter_weights(tmp_path, {"language_model": run / "tuned.safetensors"}, "texts")
    assert WeightsFolder(tmp_path).card.thresholds == {"suspicion": 0.43}
    points = operating_thresholds(Settings(weights_dir=tmp_path))["suspicion"]
    assert points[STORED] == 0.43
    write_weights(tmp_path, heads)
    assert WeightsFolder(tmp_path).card.thresholds == {}
