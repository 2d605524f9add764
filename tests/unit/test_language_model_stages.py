"""Stages S3a and S3b train what they should and nothing else, and can be taken up again."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from safetensors.torch import load_file

from mammovlm.model.language_model_base import Base, folder_base
from mammovlm.model.write_request import WriteRequest
from mammovlm.training.explanation_pairs import Exams, read_exams
from mammovlm.training.language_model_evaluation import measure_swap, measure_wordings
from mammovlm.training.language_model_stage import StageConfig
from mammovlm.training.tune_language_model import RESULT, TuningConfig, tune
from mammovlm.training.tuned_evaluation import evaluate
from mammovlm.words.english import ENGLISH
from surrogate_embeddings import write_surrogate
from tiny_language_models import save_tiny

CONFIG = TuningConfig(
    align=StageConfig("S3a", steps=3, batch=4, lift_rate=1e-2, checkpoint_every=1),
    tune=StageConfig("S3b", steps=6, batch=4, lora_rate=1e-2, checkpoint_every=2),
    rank=2,
)


@pytest.fixture
def exams(tmp_path: Path) -> Exams:
    write_surrogate(tmp_path / "embeddings.safetensors")
    return read_exams(tmp_path / "embeddings.safetensors")


def base_of(tmp_path: Path, kind: str) -> Base:
    if not (tmp_path / kind).exists():
        save_tiny(kind, tmp_path / kind)
    return folder_base(tmp_path / kind)


def losses(out: Path) -> list[float]:
    with (out / "loss.csv").open() as file:
        return [float(row[2]) for row in csv.reader(file)]


@pytest.mark.parametrize(("kind", "questions"), [("llama", 2), ("glm", 0)])
def test_only_lift_and_lora_change_and_the_loss_falls(
    tmp_path: Path, exams: Exams, kind: str, questions: int
) -> None:
    base = base_of(tmp_path, kind)
    before = {name: tensor.clone() for name, tensor in base.causal_lm.state_dict().items()}
    weights = tune(base, exams, CONFIG, tmp_path / "run", Accelerator(cpu=True))
    after = base.causal_lm.state_dict()
    changed = [
        name
        for name, tensor in after.items()
        if "lora_" not in name and not torch.equal(tensor, before[name.replace(".base_layer", "")])
    ]
    assert changed == []
    assert any("lora_B" in name and tensor.abs().sum() > 0 for name, tensor in after.items())
    assert losses(tmp_path / "run")[-1] < losses(tmp_path / "run")[3]
    assert {path.name for path in (tmp_path / "run").iterdir()} >= {
        "config.json",
        "loss.csv",
        "loss.png",
    }
    told = evaluate(base_of(tmp_path, kind), weights, exams, texts=1, answers=questions)
    assert told["trained_on"] == "surrogate embeddings of a test"
    assert told["swap"]["pairs"] == 1, "one text is enough for one exchange"
    assert ("answers" in told) == bool(questions)


def test_stage_s3a_trains_the_lift_alone(tmp_path: Path, exams: Exams) -> None:
    only_aligned = replace(CONFIG, tune=replace(CONFIG.tune, steps=0))
    tune(base_of(tmp_path, "llama"), exams, only_aligned, tmp_path / "run", Accelerator(cpu=True))
    checkpoint = load_file(tmp_path / "run" / "S3a.safetensors")
    weights = {name for name in checkpoint if name.startswith("weight/")}
    assert weights == {"weight/lift.linear.weight", "weight/lift.linear.bias"}
    lora = load_file(tmp_path / "run" / RESULT)
    assert all(not tensor.any() for name, tensor in lora.items() if "lora_B" in name)


def test_a_stopped_run_ends_where_a_whole_one_does(tmp_path: Path, exams: Exams) -> None:
    accelerator = Accelerator(cpu=True)
    whole = tune(base_of(tmp_path, "llama"), exams, CONFIG, tmp_path / "whole", accelerator)

    class Stopped(Exception):
        pass

    def stop_after(step: int) -> Accelerator:
        class Stopping(Accelerator):  # type: ignore[misc]
            def backward(self, loss: torch.Tensor, **options: object) -> None:
                self.count = getattr(self, "count", 0) + 1
                if self.count > step:
                    raise Stopped
                super().backward(loss, **options)

        return Stopping(cpu=True)

    with pytest.raises(Stopped):
        tune(base_of(tmp_path, "llama"), exams, CONFIG, tmp_path / "parts", stop_after(8))
    resumed = tune(base_of(tmp_path, "llama"), exams, CONFIG, tmp_path / "parts", accelerator)
    one, two = load_file(whole), load_file(resumed)
    assert one.keys() == two.keys()
    for name, tensor in one.items():
        assert torch.allclose(tensor, two[name], atol=1e-3), name


def test_the_measures_tell_a_faithful_writer_from_a_blind_one(exams: Exams) -> None:
    centres = {
        exam.density: np.mean(
            [other.embeddings.mean(0) for other in exams.training if other.density is exam.density],
            axis=0,
        )
        for exam in exams.training
    }
    phrases = {"A": "almost all fat", "B": "mostly fat with some dense areas"}
    phrases |= {"C": "dense in many areas", "D": "very dense"}

    def looks(request: WriteRequest) -> str:
        seen = request.embeddings.mean(0)
        density = max(centres, key=lambda one: float(centres[one] @ seen))
        told = next(
            (text for text in phrases.values() if f"Density: {text}" in request.prompt), None
        )
        return f"Your breast tissue is {told or phrases[density]}."

    def blind(request: WriteRequest) -> str:
        return "Your breast tissue is very dense."

    seen = measure_swap(looks, exams.held_out, ENGLISH, pairs=10)
    unseen = measure_swap(blind, exams.held_out, ENGLISH, pairs=10)
    assert seen.changed > 0.8
    assert seen.own_density > 0.8
    assert seen.moved == 0
    assert unseen.changed == 0
    words = measure_wordings(blind, exams.held_out, ENGLISH, texts=8)
    assert words.passed == 0
    assert words.contradicting > 0
    assert words.reached == 0
