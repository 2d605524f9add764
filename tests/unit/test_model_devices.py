"""The model goes where the settings say, in the precision they say, if the memory suffices."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import save_file
from torch import Tensor, nn

from mammovlm.errors import DeviceUnusable, WeightsUnusable
from mammovlm.model.device import CPU, ComputeDevice, compute_device
from mammovlm.model.encoders import create_encoder, empty_backbone
from mammovlm.model.expert_view import expert_view
from mammovlm.model.fusion import Fusion
from mammovlm.model.memory_needs import GIB, MemoryNeeds, WeightSizes, fitting, weight_sizes
from mammovlm.model.presets import PRESETS, EncoderSpec
from mammovlm.model.umicon import UMiCon
from mammovlm.model.weights import _streamed, file_sha256, load_into, unchanged, verified_tensors
from mammovlm.settings import Settings

GLM_4_9B = WeightSizes(kept=1_242_000_000, quantisable=8_158_000_000, itemsize=2)
SPECS = {f"paper {name}": spec for name, spec in PRESETS["paper"].experts.items()} | {
    "paper selector": PRESETS["paper"].selector,
    "compact expert": PRESETS["compact"].experts["clip"],
}


def test_a_processor_computes_as_it_does_best() -> None:
    assert compute_device(Settings(device="cpu")) == CPU
    half = compute_device(Settings(device="cpu", precision="bfloat16"))
    assert (half.vision, half.words) == (torch.bfloat16, torch.bfloat16)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_refused_with_advice() -> None:
    assert compute_device(Settings(device="auto")).device.type == "cpu"
    with pytest.raises(DeviceUnusable, match="MAMMOVLM_DEVICE=cpu"):
        compute_device(Settings(device="cuda:1"))


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "mps", "auto:0"])
def test_a_device_that_makes_no_sense_is_refused_at_start(device: str) -> None:
    with pytest.raises(ValidationError):
        Settings(device=device)


@pytest.mark.parametrize("name", SPECS)
@torch.no_grad()
def test_no_encoder_mixes_its_device_with_the_processor(name: str) -> None:
    """Torch's device "meta" refuses tensors of another device as a GPU does, at the true size."""
    encoder = create_encoder(SPECS[name], empty_backbone(SPECS[name])).to("meta")
    grey = torch.empty(1, 1, 1008, 800, device="meta")
    view = expert_view(encoder(grey), grey)
    assert {view.pools.device.type, view.share.device.type} == {"meta"}
    assert view.pools.dtype == torch.float32


@torch.no_grad()
def test_projection_and_fusion_stay_on_their_device() -> None:
    paper = PRESETS["paper"]
    with torch.device("meta"):
        umicon, fusion = UMiCon(paper.umicon, paper.experts), Fusion(paper.umicon.size)
        image = umicon(torch.empty(4, 768))
        assert fusion(image, image).device.type == "meta"


def _lite(spec: EncoderSpec) -> Mapping[str, Tensor]:
    torch.manual_seed(0)
    tensors: Mapping[str, Tensor] = create_encoder(spec).backbone.state_dict()
    return tensors


@torch.no_grad()
def test_assigned_weights_compute_what_copied_ones_do() -> None:
    spec = PRESETS["compact"].experts["clip"]
    tensors, copied = _lite(spec), create_encoder(spec)
    load_into(copied.backbone, tensors, "expert")
    backbone = empty_backbone(spec)
    load_into(backbone, tensors, "expert", assign=True)
    grey = torch.rand(1, 1, 96, 80)
    assert torch.equal(create_encoder(spec, backbone)(grey).last, copied(grey).last)


@torch.no_grad()
def test_in_bfloat16_an_encoder_sees_nearly_the_same(tmp_path: Path) -> None:
    spec = PRESETS["compact"].experts["clip"]
    contiguous = {name: tensor.contiguous() for name, tensor in _lite(spec).items()}
    save_file(contiguous, tmp_path / "expert.safetensors")
    sha256 = file_sha256(tmp_path / "expert.safetensors")
    grey, seen = torch.rand(1, 1, 96, 80), []
    for compute in (CPU, ComputeDevice(torch.device("cpu"), torch.bfloat16)):
        backbone = empty_backbone(spec)
        tensors = verified_tensors(tmp_path / "expert.safetensors", sha256, compute)
        load_into(backbone, tensors, "expert", assign=True)
        seen.append(create_encoder(spec, backbone)(grey).last)
    assert seen[1].dtype == torch.float32
    assert not torch.equal(*seen)
    exact, near = (each.flatten() for each in seen)
    assert torch.nn.functional.cosine_similarity(exact, near, dim=0) > 0.99


def test_streamed_weights_are_the_file_s_and_of_its_hash_only(tmp_path: Path) -> None:
    """Weights for a GPU come tensor by tensor; here they go to the processor in the same way."""
    tensors = {"weight": torch.randn(3, 4), "count": torch.tensor(7)}
    save_file(tensors, tmp_path / "part.safetensors")
    sha256 = file_sha256(tmp_path / "part.safetensors")
    half = ComputeDevice(torch.device("cpu"), torch.bfloat16)
    streamed = _streamed(tmp_path / "part.safetensors", sha256, half)
    assert torch.equal(streamed["weight"], tensors["weight"].bfloat16())
    assert torch.equal(streamed["count"], tensors["count"])
    with pytest.raises(WeightsUnusable, match="not the expected file"):
        _streamed(tmp_path / "part.safetensors", "ab" * 32, half)


def test_a_file_that_changes_while_it_is_loaded_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "part.safetensors"
    path.write_bytes(b"one")
    with pytest.raises(WeightsUnusable, match="was changed while it was loaded"), unchanged(path):
        path.write_bytes(b"another")


def test_headers_tell_the_memory_of_each_precision_before_anything_is_loaded(
    tmp_path: Path,
) -> None:
    model = nn.ModuleDict({"embed_tokens": nn.Embedding(10, 8), "proj": nn.Linear(8, 16)})
    save_file({k: v.half() for k, v in model.state_dict().items()}, tmp_path / "a.safetensors")
    files = [tmp_path / "a.safetensors"]
    assert weight_sizes(files, None, quantisable=True) == WeightSizes(80 + 16, 128, 2)
    assert weight_sizes(files, torch.float32) == WeightSizes(80 + 16 + 128, 0, 4)
    with pytest.raises(WeightsUnusable, match=r"gone\.safetensors"):
        weight_sizes([tmp_path / "gone.safetensors"], None)


@pytest.mark.parametrize(
    ("free", "wanted", "found"),
    [(80, "auto", "none"), (16, "auto", "int8"), (10, "auto", "int4"), (80, "int4", "int4")],
)
def test_the_least_quantisation_that_fits_is_taken(free: int, wanted: str, found: str) -> None:
    needs = MemoryNeeds({"language model": GLM_4_9B})
    assert fitting(needs, wanted, free * GIB, 2 * GIB, "cuda:0") == found  # type: ignore[arg-type]


def test_too_small_a_device_is_refused_with_the_numbers_and_what_would_fit() -> None:
    needs = MemoryNeeds({"expert_clip": WeightSizes(86_000_000), "language model": GLM_4_9B})
    with pytest.raises(DeviceUnusable) as refused:
        fitting(needs, "none", 16 * GIB, 2 * GIB, "cuda:0")
    told = str(refused.value)
    assert "cuda:0 does not suffice: the weights need 17.8 GiB" in told
    assert "language model 17.5" in told
    assert "16.0 GiB are free" in told
    assert "MAMMOVLM_QUANTISE=int8 (12.2 GiB) or MAMMOVLM_QUANTISE=int4 (8.9 GiB)" in told
    with pytest.raises(DeviceUnusable, match="or take a larger one"):
        fitting(needs, "auto", 4 * GIB, 2 * GIB, "cuda:0")
