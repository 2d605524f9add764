"""A weights folder as the preset `paper` reads it, of tiny networks with random weights."""

import hashlib
import json
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from mammovlm.model.density_selector import DensityHead, density_features
from mammovlm.model.encoders import create_encoder
from mammovlm.model.fusion import Fusion
from mammovlm.model.heads import HEAD_NAMES, Head
from mammovlm.model.presets import Preset
from mammovlm.model.text_encoder import TextBranch
from mammovlm.model.umicon import UMiCon
from mammovlm.training.full_size.sizes import Sizes
from tiny_language_models import weights_folder

from tokenizers import Tokenizer, models, pre_tokenizers  # isort: skip  after the guard
from transformers import BertModel  # isort: skip

TOLD: Final = "nothing: random numbers"


def write_paper_weights(folder: Path, sizes: Sizes) -> Path:
    """Write every part with its card; the numbers mean nothing."""
    weights_folder(folder, "glm")  # the language model, its tuning, and a card of that part
    card = json.loads((folder / "card.json").read_text())
    torch.manual_seed(2)
    write_text_encoder(folder / "text_encoder", sizes)
    parts = _parts(sizes.preset)
    for name, tensors in parts.items():
        path = folder / f"{name}.safetensors"
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path)
    for name in (*parts, "text_encoder/model"):
        sha256 = hashlib.sha256((folder / f"{name}.safetensors").read_bytes()).hexdigest()
        told = {"file": f"{name}.safetensors", "sha256": sha256, "trained_on": TOLD}
        card["parts"][name.partition("/")[0]] = told
    card["parts"]["umicon"]["experts"] = list(sizes.preset.experts)
    card["training_note"] = "Random weights: no number means anything."
    (folder / "card.json").write_text(json.dumps(card))
    return folder


def write_text_encoder(folder: Path, sizes: Sizes) -> Path:
    """Write a text encoder of random numbers that knows no word."""
    folder.mkdir()
    sizes.text.to_json_file(folder / "config.json")
    inner = Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1}, unk_token="[UNK]"))  # noqa: S106
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    inner.save(str(folder / "tokenizer.json"))
    bert = BertModel(sizes.text, add_pooling_layer=False)
    save_file(bert.state_dict(), folder / "model.safetensors")
    return folder


def _parts(preset: Preset) -> dict[str, dict[str, Tensor]]:
    size, selector = preset.umicon.size, create_encoder(preset.selector)
    grey = torch.zeros(1, 1, 64, 64)
    width = density_features(selector(grey), grey).shape[1]
    heads = nn.ModuleDict({name: Head(2 * size, members=3) for name in HEAD_NAMES})
    networks = {
        "selector_encoder": selector.backbone,
        "density_selector": DensityHead(width),
        "umicon": UMiCon(preset.umicon, preset.experts),
        "text_branch": TextBranch(preset.text.width, size),
        "fusion": Fusion(size),
        "heads": heads,
    }
    networks |= {f"expert_{n}": create_encoder(s).backbone for n, s in preset.experts.items()}
    return {name: dict(network.state_dict()) for name, network in networks.items()}
