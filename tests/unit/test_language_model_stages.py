"""Stages S3a and S3b train what they should and nothing else, and can be taken up again."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from click.testing import CliRunner
from safetensors.torch import load_file

from mammovlm.model.language_model_base import Base, folder_base
from mammovlm.model.torchvision_operators import declare_missing_operators
from mammovlm.model.write_request import WriteRequest
from mammovlm.training.explanation_pairs import Exams, read_exams
from mammovlm.training.full_size.sizes import sizes_of
from mammovlm.training.language_model_evaluation import measure_swap, measure_wordings
from mammovlm.training.language_model_stage import StageConfig
from mammovlm.training.training_precision import chosen_precision
from mammovlm.training.tune_language_model import COMPACT_BYTES, RESULT, TuningConfig, main, tune
from mammovlm.training.tuned_evaluation import evaluate
from mammovlm.training.tuned_size import refuse_too_large, tuned_bytes
from mammovlm.words.english import ENGLISH
from surrogate_embeddings import write_surrogate
from tiny_language_models import save_tiny

declare_missing_operators()

from transformers import GlmForCausalLM  # noqa: E402 - after the guard

CONFIG = TuningConfig(
    align=StageConfig("S3a", steps=3, batch=4, lift_rate=1e-2, checkpoint_every=1),
    tune=StageConfig("S3b", steps=6, batch=4, lora_rate=1e-2, checkpoint_every=2),
    rank=2,
)
QUICK = replace(
    CONFIG,
    align=replace(CONFIG.align, steps=1, batch=2),
    tune=replace(CONFIG.tune, steps=1, batch=2),
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


def test_the_checkpoints_of_another_run_are_kept_aside_and_training_begins_anew(
    tmp_path: Path, exams: Exams
) -> None:
    run = tmp_path / "run"

    def weights_of(folder: Path, config: TuningConfig, learned: Exams) -> dict[str, torch.Tensor]:
        base = base_of(tmp_path, "llama")
        return load_file(tune(base, learned, config, folder, Accelerator(cpu=True)))

    weights_of(run, QUICK, exams)
    fewer = replace(exams, training=exams.training[:20])
    weights_of(run, QUICK, fewer)
    kept = {path.name for path in run.iterdir() if path.name.endswith(".of-another-run")}
    assert kept == {f"{stage}.safetensors.of-another-run" for stage in ("S3a", "S3b")}
    assert len(losses(run)) == 4, "both runs took their steps"
    slower = replace(QUICK, save_memory=True, tune=replace(QUICK.tune, accumulation=2))
    weights_of(run, slower, fewer)
    assert len(losses(run)) == 4, "what changes nothing that is learned goes on"


def test_tuned_weights_that_nobody_takes_are_refused_before_training(
    tmp_path: Path, exams: Exams
) -> None:
    base, nothing = base_of(tmp_path, "glm"), replace(QUICK.align, steps=0)
    untrained = replace(QUICK, align=nothing, tune=replace(QUICK.tune, steps=0))
    exact = tuned_bytes(base.causal_lm, QUICK.rank, 128, QUICK.tokens)
    for_nobody = tmp_path / "refused"
    with pytest.raises(ValueError, match="choose --rank 1 or lower"):
        tune(base, exams, untrained, for_nobody, Accelerator(cpu=True), most=exact - 1)
    assert not for_nobody.exists()
    written = tune(base, exams, untrained, tmp_path / "run", Accelerator(cpu=True), most=exact)
    assert exact < written.stat().st_size < exact + 20_000, "the rest is the header"


def test_a_folder_of_weights_that_is_not_there_is_told_before_training(
    tmp_path: Path,
) -> None:
    asked = ["--embeddings", __file__, "--out", str(tmp_path / "run")]
    refused = CliRunner().invoke(main, [*asked, "--weights", str(tmp_path / "nowhere")])
    assert refused.exit_code == 2
    assert "does not exist" in refused.output
    assert not (tmp_path / "run").exists()


def test_the_weights_tuned_on_glm_4_9b_are_larger_than_the_repository_takes_of_compact() -> None:
    with torch.device("meta"):
        causal_lm = GlmForCausalLM(sizes_of("true").language_model)
    needed = tuned_bytes(causal_lm, rank=8, size=128, tokens=1)
    assert needed == 48_652_288
    with pytest.raises(ValueError, match="choose --rank 1 or lower"):
        refuse_too_large(causal_lm, 8, 128, 1, COMPACT_BYTES)


def test_half_precision_is_chosen_only_where_a_processor_multiplies_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cpu = torch.device("cpu")
    for amx, expected in ((True, "bf16"), (False, "no")):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda amx=amx: {"amx_bf16": amx})
        assert chosen_precision("auto", cpu) == expected
        assert chosen_precision("bf16", cpu) == "bf16"
        assert chosen_precision("no", cpu) == "no"


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
