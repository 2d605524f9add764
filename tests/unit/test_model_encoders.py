"""Encoders take the preset's images and give maps of the sizes that the paper's parts need.

Weights are random here: shapes are tested, never results.
"""

import dataclasses

import pytest
import torch

from mammovlm.findings import DensityCategory
from mammovlm.model.encoders import create_encoder
from mammovlm.model.expert_view import ExpertView, expert_view
from mammovlm.model.fusion import Fusion
from mammovlm.model.pooling import breast_share, mean_and_spread, pooled
from mammovlm.model.presets import PRESETS, UMiConSpec
from mammovlm.model.torchvision_operators import declare_missing_operators
from mammovlm.model.umicon import UMiCon
from mammovlm.model.visual_moe import VisualMoE

PAPER = PRESETS["paper"]


def test_declaring_the_operators_a_second_time_declares_nothing() -> None:
    assert declare_missing_operators() == ()


@torch.inference_mode()
def test_convnext_with_random_weights_reads_the_papers_full_size() -> None:
    maps = create_encoder(PAPER.experts["convnext"])(torch.rand(1, 1, PAPER.height, PAPER.width))
    assert maps.last.shape == (1, 768, 31, 25)


@pytest.mark.parametrize(
    ("name", "rows", "columns"), [("clip", 8, 6), ("dinov2", 10, 7), ("convnext", 4, 3)]
)
@torch.inference_mode()
def test_every_expert_gives_768_channels_at_any_size(name: str, rows: int, columns: int) -> None:
    # 128 is no multiple of 14: DINOv2 pads it to 140, as it pads 800 to 812 (A17)
    maps = create_encoder(PAPER.experts[name])(torch.rand(2, 1, 128, 96))
    assert maps.last.shape == (2, 768, rows, columns)
    assert maps.early.shape[:1] == maps.middle.shape[:1] == (2,)
    assert expert_view(maps, torch.rand(2, 1, 128, 96)).pools.shape == (2, 3, 768)


@torch.inference_mode()
def test_the_papers_selector_is_a_resnet_50() -> None:
    maps = create_encoder(PAPER.selector)(torch.rand(1, 1, 126, 100))
    assert maps.last.shape == (1, 2048, 4, 4)


@pytest.mark.parametrize("name", ["clip", "dinov2", "convnext"])
@torch.inference_mode()
def test_the_levels_of_a_stand_in_are_as_its_preset_says(name: str) -> None:
    spec = PRESETS["compact"].experts[name]
    maps = create_encoder(spec)(torch.rand(1, 1, 128, 96))
    assert tuple(level.shape[1] for level in maps.levels) == spec.level_channels
    assert [level.shape[-2:] for level in maps.levels] == [(32, 24), (16, 12), (8, 6)]
    assert maps.last.shape == (1, spec.width, 8, 6)


@torch.inference_mode()
def test_the_selector_reads_the_input_at_half_its_size() -> None:
    selector = create_encoder(PRESETS["compact"].selector)
    whole = create_encoder(dataclasses.replace(selector.spec, reduction=1), selector.backbone)
    grey = torch.rand(1, 1, 128, 96)
    halved = torch.nn.functional.avg_pool2d(grey, 2)
    assert torch.equal(selector(grey).middle, whole(halved).middle)


@torch.inference_mode()
def test_an_encoder_does_not_learn_from_the_exam_it_reads() -> None:
    encoder = create_encoder(PRESETS["compact"].selector)
    first, second = torch.rand(1, 1, 96, 80), torch.rand(1, 1, 96, 80)
    alone = encoder(first).last
    together = encoder(torch.cat([first, second])).last[:1]
    assert torch.allclose(alone, together, atol=1e-4)


def test_umicon_of_the_paper_has_902912_parameters() -> None:
    umicon = UMiCon(PAPER.umicon, PAPER.experts)
    assert sum(parameter.numel() for parameter in umicon.parameters()) == 902_912


@torch.inference_mode()
def test_an_embedding_has_128_numbers_and_length_one() -> None:
    compact = PRESETS["compact"]
    umicon = UMiCon(UMiConSpec(pooling="mean+lesions"), compact.experts).eval()
    levels = (torch.rand(3, 24, 8, 6), torch.rand(3, 40, 4, 3), torch.rand(3, 112, 2, 2))
    view = ExpertView(torch.rand(3, 3, 112), levels, torch.ones(3, 4, 3))
    embedding = umicon(umicon.adapter("clip")(view))
    assert embedding.shape == (3, 128)
    assert torch.allclose(embedding.norm(dim=1), torch.ones(3), atol=1e-5)


def test_fusion_stacks_and_normalises_without_attention() -> None:
    fusion = Fusion(128)
    fused = fusion(torch.rand(2, 128), torch.rand(2, 128))
    assert fused.shape == (2, 256)
    assert sum(parameter.numel() for parameter in fusion.parameters()) == 512


@pytest.mark.parametrize("pooling", ["mean", "max", "gem", "mean+max"])
def test_pooling_does_not_see_the_background(pooling: str) -> None:
    grey = torch.zeros(1, 1, 8, 8)
    grey[..., :4] = 0.5
    features = torch.rand(1, 3, 4, 4)
    share = breast_share(grey, features)
    changed = features.clone()
    changed[..., 2:] += 5
    assert torch.allclose(pooled(features, share, pooling), pooled(changed, share, pooling))  # type: ignore[arg-type]
    assert torch.allclose(mean_and_spread(features, share), mean_and_spread(changed, share))


def _moe(*names: str, served: tuple[str, ...] = ()) -> VisualMoE:
    compact = PRESETS["compact"]
    lite = create_encoder(compact.selector)
    return VisualMoE(compact, dict.fromkeys(names, lite), served)


def test_density_routes_as_the_paper_does() -> None:
    moe = _moe("clip", "dinov2", "convnext")
    routes = [moe.route(category) for category in DensityCategory]
    assert [route.expert if route else "" for route in routes] == [
        "clip",
        "dinov2",
        "convnext",
        "convnext",
    ]
    assert routes[0]
    assert routes[0].label == "clip (stand-in tf_efficientnet_lite0)"


def test_an_untrained_expert_is_replaced_visibly() -> None:
    route = _moe("clip", "dinov2", "convnext", served=("convnext",)).route(DensityCategory.A)
    assert route
    assert route.expert == "convnext"
    assert "in place of the untrained clip" in route.label


def test_without_a_density_the_fallback_serves() -> None:
    route = _moe("convnext").route(None)
    assert route
    assert route.expert == "convnext"


def test_without_any_trained_expert_there_is_no_route() -> None:
    assert _moe("clip", served=("clip",)).route(DensityCategory.D) is None
