"""Weights are used only where they are the expected ones; a refusal says what to do."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from mammovlm.errors import WeightsUnusable
from mammovlm.model import packaged_weights
from mammovlm.model.encoders import create_encoder
from mammovlm.model.packaged_weights import LITE, lite_tensors, load_lite, timm_name
from mammovlm.model.presets import PRESETS
from mammovlm.model.weights import WeightsFolder, file_sha256, load_into, verified_tensors


def _folder(tmp_path: Path, sha256: str | None = None, file: str = "head.safetensors") -> Path:
    save_file({"weight": torch.ones(2, 3)}, tmp_path / "head.safetensors")
    known = sha256 or file_sha256(tmp_path / "head.safetensors")
    card = {"parts": {"head": {"file": file, "sha256": known, "trained_on": "shapes"}}}
    (tmp_path / "card.json").write_text(json.dumps(card))
    return tmp_path


def test_a_listed_file_of_the_right_hash_is_loaded(tmp_path: Path) -> None:
    folder = WeightsFolder(_folder(tmp_path))
    assert folder.has("head")
    assert torch.equal(folder.tensors("head")["weight"], torch.ones(2, 3))


def test_a_folder_without_card_holds_nothing_trained(tmp_path: Path) -> None:
    assert not WeightsFolder(tmp_path).has("head")


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    save_file({"weight": torch.zeros(2, 3)}, folder / "head.safetensors")
    with pytest.raises(WeightsUnusable, match="not the expected file"):
        WeightsFolder(folder).tensors("head")


def test_a_missing_file_is_refused_with_advice(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "head.safetensors").unlink()
    with pytest.raises(WeightsUnusable, match="MAMMOVLM_WEIGHTS_DIR"):
        WeightsFolder(folder).tensors("head")


def test_a_damaged_file_of_the_right_hash_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "head.safetensors"
    path.write_bytes(b"not safetensors at all")
    with pytest.raises(WeightsUnusable, match="damaged"):
        verified_tensors(path, file_sha256(path))


@pytest.mark.parametrize("name", ["head.pth", "head.pkl", "head.bin"])
def test_a_card_cannot_name_a_pickle(tmp_path: Path, name: str) -> None:
    with pytest.raises(WeightsUnusable, match="cannot be understood"):
        WeightsFolder(_folder(tmp_path, file=name))


def test_a_card_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text("{")
    with pytest.raises(WeightsUnusable, match="Put back the card"):
        WeightsFolder(tmp_path)


def test_weights_of_another_architecture_are_refused() -> None:
    with pytest.raises(WeightsUnusable, match="another architecture"):
        load_into(nn.Linear(3, 2), {"weight": torch.ones(2, 4)}, "head")


def test_packaged_names_become_timms_names() -> None:
    repeats = LITE["tf_efficientnet_lite0"].repeats
    assert timm_name("_conv_stem.weight", repeats) == "conv_stem.weight"
    assert timm_name("_bn1.running_var", repeats) == "bn2.running_var"
    assert timm_name("_blocks.0._project_conv.weight", repeats) == "blocks.0.0.conv_pw.weight"
    assert timm_name("_blocks.4._bn2.bias", repeats) == "blocks.2.1.bn3.bias"
    assert timm_name("_blocks.15._expand_conv.weight", repeats) == "blocks.6.0.conv_pw.weight"


def test_packaged_imagenet_weights_fit_their_encoder_to_the_last_tensor(tmp_path: Path) -> None:
    selector = PRESETS["compact"].selector
    tensors = lite_tensors(selector.architecture, tmp_path)
    load_into(create_encoder(selector).backbone, tensors, selector.architecture)
    kept = [path.name for path in tmp_path.iterdir()]
    assert len(kept) == 1
    assert kept[0].endswith(".safetensors")


def test_an_expert_begins_with_the_first_stages_of_the_packaged_weights(tmp_path: Path) -> None:
    spec = PRESETS["compact"].experts["clip"]
    backbone = create_encoder(spec).backbone
    load_lite(backbone, spec.architecture, tmp_path)
    tensors = lite_tensors(spec.architecture, tmp_path)
    assert all(torch.equal(tensors[name], told) for name, told in backbone.state_dict().items())
    assert not any(name.startswith(("blocks.5", "conv_head")) for name in backbone.state_dict())


def test_a_spoiled_cache_is_converted_again(tmp_path: Path) -> None:
    architecture = "tf_efficientnet_lite0"
    expected = lite_tensors(architecture, tmp_path)
    (cached,) = tmp_path.iterdir()
    cached.unlink()  # the tensors are mapped from that file; it must not change under them
    cached.write_bytes(b"spoiled")
    again = lite_tensors(architecture, tmp_path)
    assert all(torch.equal(again[name], tensor) for name, tensor in expected.items())


def test_a_changed_package_is_refused_before_it_is_unpickled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = tmp_path / "efficientnet.pth"
    changed.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    monkeypatch.setattr(packaged_weights, "packaged_path", lambda file: changed)
    with pytest.raises(WeightsUnusable, match="Reinstall the package"):
        lite_tensors("tf_efficientnet_lite0", tmp_path / "cache")
