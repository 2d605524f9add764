"""Which expert serves which density is measured, not assumed, and weights tell it."""

import json
from pathlib import Path

import pytest
import torch

from mammovlm.errors import WeightsUnusable
from mammovlm.findings import DensityCategory
from mammovlm.model.identity import algorithm_identity
from mammovlm.model.parts import COMPACT_WEIGHTS, load_parts
from mammovlm.model.presets import PRESETS
from mammovlm.model.weights import CARD_NAME, WeightsFolder
from mammovlm.settings import Settings
from mammovlm.training.phantom_exams import ExamTruth
from mammovlm.training.route_choice import choose_routes
from mammovlm.training.routed_views import RoutedViews
from mammovlm.training.written_weights import TrainedPart, write_weights

PRESET = PRESETS["compact"]
EXAMS = 200
BEST = {0: "dinov2", 1: "convnext", 2: "clip", 3: "convnext"}


def _truths(categories: list[int], suspicious: torch.Tensor) -> list[ExamTruth]:
    return [
        ExamTruth(exam, (0, category), (1, 1), (int(right), int(left)), {})
        for exam, (category, (right, left)) in enumerate(zip(categories, suspicious, strict=True))
    ]


def _views(expert: str, categories: list[int], suspicious: torch.Tensor) -> RoutedViews:
    """Let an expert see suspicion where it is the best, and noise elsewhere.

    Of the densities CLIP's expert sees A alone, and the others none.
    """
    generator = torch.Generator().manual_seed(len(expert))
    summaries = torch.randn(EXAMS, 4, 12, generator=generator)
    pools = torch.randn(EXAMS, 4, 3, 1, generator=generator)
    for exam, category in enumerate(categories):
        if BEST[category] == expert:
            summaries[exam, :, 0] += 3.0 * suspicious[exam].clamp_min(0).repeat(2)
        if expert == "clip" and category == 0:
            pools[exam] += 4.0
    return RoutedViews(pools, summaries, torch.zeros(EXAMS, 4, 2))


def test_each_density_goes_to_the_expert_that_ranks_it_best() -> None:
    categories = [exam % 4 for exam in range(EXAMS)]
    suspicious = torch.randint(-1, 2, (EXAMS, 2), generator=torch.Generator().manual_seed(1))
    views = {name: _views(name, categories, suspicious) for name in PRESET.experts}
    chosen = choose_routes(views, categories, _truths(categories, suspicious), PRESET)
    told = {list(DensityCategory).index(category): r.expert for category, r in chosen.items()}
    assert told == BEST
    for route in chosen.values():
        best = route.auc[route.expert]
        assert best.low <= best.value <= best.high
        assert best.value == max(auc.value for auc in route.auc.values())
        assert 0 < route.positive < route.breasts


def test_the_papers_own_measure_stands_beside_and_chooses_nothing() -> None:
    categories, nobody = [exam % 4 for exam in range(EXAMS)], torch.full((EXAMS, 2), -1)
    views = {name: _views(name, categories, nobody) for name in PRESET.experts}
    chosen = choose_routes(views, categories, _truths(categories, nobody), PRESET)
    assert {category: route.expert for category, route in chosen.items()} == dict(PRESET.routes)
    fat = chosen[DensityCategory.A].recognised
    assert fat["clip"].value > 0.99
    assert all(fat[name].high < 0.8 for name in ("dinov2", "convnext"))
    assert all(set(route.recognised) == set(PRESET.experts) for route in chosen.values())


def test_a_density_that_few_women_have_is_not_measured() -> None:
    categories, nobody = [1] * (EXAMS - 4) + [0, 0, 2, 3], torch.full((EXAMS, 2), -1)
    views = {name: _views(name, categories, nobody) for name in PRESET.experts}
    chosen = choose_routes(views, categories, _truths(categories, nobody), PRESET)
    assert all(route.recognised == {} for route in chosen.values())


def test_a_density_with_too_few_breasts_keeps_the_papers_expert() -> None:
    categories = [1] * (EXAMS - 4) + [0, 0, 2, 3]
    suspicious = torch.randint(-1, 2, (EXAMS, 2), generator=torch.Generator().manual_seed(1))
    views = {name: _views(name, categories, suspicious) for name in PRESET.experts}
    chosen = choose_routes(views, categories, _truths(categories, suspicious), PRESET)
    assert chosen[DensityCategory.B].expert == "convnext"
    for category in (DensityCategory.A, DensityCategory.C, DensityCategory.D):
        assert chosen[category].expert == PRESET.routes[category]
        assert not chosen[category].auc


@pytest.fixture
def rerouted(tmp_path: Path) -> Path:
    """Link the shipped weights into a folder whose card routes every density to DINOv2's expert."""
    card = json.loads((COMPACT_WEIGHTS / CARD_NAME).read_text(encoding="utf-8"))
    for part in card["parts"].values():
        (tmp_path / part["file"]).symlink_to(COMPACT_WEIGHTS / part["file"])
    card["parts"]["umicon"]["routes"] = {str(each): "dinov2" for each in DensityCategory}
    (tmp_path / CARD_NAME).write_text(json.dumps(card), encoding="utf-8")
    return tmp_path


def test_weights_tell_the_routes_and_other_routes_are_another_device(rerouted: Path) -> None:
    parts, shipped = load_parts(Settings(weights_dir=rerouted)), load_parts(Settings())
    for category in DensityCategory:
        route = parts.moe.route(category)
        assert route is not None
        assert route.expert == "dinov2"
    assert algorithm_identity(parts).device_uid != algorithm_identity(shipped).device_uid


@pytest.mark.parametrize(
    "routes",
    [{"A": "clip"}, {"A": "clip", "B": "clip", "C": "clip", "D": "resnet"}],
    ids=["a density is missing", "an unknown expert"],
)
def test_routes_that_lead_nowhere_are_refused(rerouted: Path, routes: dict[str, str]) -> None:
    card = json.loads((rerouted / CARD_NAME).read_text(encoding="utf-8"))
    card["parts"]["umicon"]["routes"] = routes
    (rerouted / CARD_NAME).write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(WeightsUnusable, match="route each density to one of clip, dinov2"):
        load_parts(Settings(weights_dir=rerouted))


def test_routes_are_written_into_the_card(tmp_path: Path) -> None:
    routes = dict.fromkeys(DensityCategory, "clip")
    part = TrainedPart({"a": torch.ones(1)}, "phantoms", ("clip",), routes)
    write_weights(tmp_path, {"umicon": part})
    assert WeightsFolder(tmp_path).card.parts["umicon"].routes == routes
