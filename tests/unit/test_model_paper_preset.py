"""The preset `paper` out of a folder: every part of its classes, tiny and random.

What is tested is that the parts fit together and what is said of them; no number means anything.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mammovlm.errors import DeviceUnusable, WeightsUnusable
from mammovlm.model import MammoVLM, parts
from mammovlm.model.device import CPU, ComputeDevice
from mammovlm.model.language_model import language_model_files
from mammovlm.model.memory_needs import needs_of
from mammovlm.model.presets import PRESETS
from mammovlm.model.weights import WeightsFolder
from mammovlm.model.write_request import WriteRequest
from mammovlm.settings import Settings
from mammovlm.study import HANGING_ORDER
from mammovlm.training.full_size.sizes import sizes_of
from paper_weights import TOLD, write_paper_weights
from simulated_studies import simulated_study

_SIZES = sizes_of("tiny")
_UMICON = replace(_SIZES.preset.umicon, size=128)
TINY = replace(_SIZES, preset=replace(_SIZES.preset, umicon=_UMICON))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_paper_weights(tmp_path_factory.mktemp("paper"), TINY)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PRESETS", {**PRESETS, "paper": TINY.preset})


def settings(folder: Path, **others: object) -> Settings:
    return Settings(preset="paper", weights_dir=folder, threads=1, **others)  # type: ignore[arg-type]


def without(folder: Path, target: Path, *names: str) -> Path:
    """Link a folder whose card lacks some parts."""
    for path in folder.iterdir():
        (target / path.name).symlink_to(path)
    card = json.loads((folder / "card.json").read_text())
    card["parts"] = {name: part for name, part in card["parts"].items() if name not in names}
    (target / "card.json").unlink()
    (target / "card.json").write_text(json.dumps(card))
    return target


def test_the_paper_names_what_its_parts_are() -> None:
    paper = PRESETS["paper"]
    assert paper.selector.architecture == "resnet50"
    assert {name: spec.architecture for name, spec in paper.experts.items()} == {
        "clip": "vit_base_patch16_clip_224",
        "dinov2": "vit_base_patch14_dinov2",
        "convnext": "convnext_tiny",
    }
    assert (paper.height, paper.width, paper.umicon.size) == (1008, 800, 128)
    assert (paper.text.architecture, paper.text.pooling) == ("MacBERT-base", "first")
    assert not any(spec.stand_in for spec in (paper.selector, *paper.experts.values()))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_every_part_is_loaded_and_a_study_goes_through(folder: Path, precision: str) -> None:
    model = MammoVLM.load(settings(folder, precision=precision))
    output = model.assess(simulated_study())
    assert output.findings.not_available == ()
    assert output.embeddings.shape == (4, TINY.preset.umicon.size)
    assert np.allclose(np.linalg.norm(output.embeddings, axis=1), 1, atol=1e-3)
    told = {part.name: part.trained_on for part in model.algorithm.parts}
    assert told.pop("language model") == "nothing"
    assert set(told.values()) == {TOLD}
    assert {"expert clip", "expert dinov2", "expert convnext", "text encoder"} <= set(told)
    assert model.algorithm.training_note.startswith("Random weights")
    request = WriteRequest("Breasts: right.", output.embeddings, HANGING_ORDER)
    assert model.write_together([request, request]) == [model.write_together([request])[0]] * 2


def test_in_bfloat16_the_large_parts_are_and_the_small_ones_are_not(folder: Path) -> None:
    loaded = parts.load_parts(settings(folder, precision="bfloat16"))
    assert loaded.joint
    assert loaded.selector
    large = [loaded.moe, loaded.selector.encoder.backbone, loaded.joint.text_encoder]
    small = [loaded.joint.umicon, loaded.joint.fusion, loaded.selector.head]
    for modules, dtype in ((large, torch.bfloat16), (small, torch.float32)):
        assert {each.dtype for module in modules for each in module.parameters()} == {dtype}


def test_heads_without_weights_give_no_number(folder: Path, tmp_path: Path) -> None:
    model = MammoVLM.load(settings(without(folder, tmp_path, "heads", "density_selector")))
    findings = model.assess(simulated_study()).findings
    assert findings.not_available == ("density", "presence", "suspicion")
    assert all(breast.suspicion is None for breast in findings.breasts)


def test_an_untuned_language_model_is_not_loaded(folder: Path, tmp_path: Path) -> None:
    model = MammoVLM.load(settings(without(folder, tmp_path, "language_model")))
    output = model.assess(simulated_study())
    assert model.write(WriteRequest("Breasts: right.", output.embeddings, HANGING_ORDER)) == ""


def test_a_text_branch_without_its_encoder_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsUnusable, match="no text encoder"):
        MammoVLM.load(settings(without(folder, tmp_path, "text_encoder")))


def test_too_little_memory_is_refused_before_anything_is_loaded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ComputeDevice, "free_bytes", lambda _: 0)
    monkeypatch.setattr(parts, "_Loader", None)
    with pytest.raises(DeviceUnusable, match=r"memory of cpu does not suffice.*0\.0 GiB are free"):
        MammoVLM.load(settings(folder))


def test_the_least_quantisation_that_fits_is_chosen_for_the_language_model(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed")
    whole = parts.load_parts(settings(folder))
    assert whole.language_model.part.architecture == "GlmForCausalLM + LoRA"
    weights = WeightsFolder(folder)
    needs = needs_of(weights, language_model_files("paper", weights, folder), CPU)
    assert needs.total("int4") < needs.total("int8") < needs.total("none")
    monkeypatch.setattr(ComputeDevice, "free_bytes", lambda _: needs.total("int8"))
    small = parts.load_parts(settings(folder, quantise="auto"))
    assert small.language_model.part == replace(
        whole.language_model.part, architecture="GlmForCausalLM + LoRA, int8 weights"
    )
