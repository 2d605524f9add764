"""MammoVLM as a whole: a study in, findings of trained heads only, the same every time."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mammovlm.errors import WeightsUnusable
from mammovlm.findings import DensityCategory
from mammovlm.model import MammoVLM, ModelOutput
from mammovlm.model.parts import COMPACT_WEIGHTS
from mammovlm.model.write_request import WriteRequest
from mammovlm.settings import Settings
from mammovlm.study import HANGING_ORDER, Laterality, LeftOut, LeftOutReason
from simulated_studies import simulated_study


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(cache_dir=tmp_path_factory.mktemp("cache"), threads=1)


@pytest.fixture(scope="module")
def model(settings: Settings) -> MammoVLM:
    return MammoVLM.load(settings)


@pytest.fixture(scope="module")
def output(model: MammoVLM) -> ModelOutput:
    return model.assess(simulated_study())


def _untrained(tmp_path: Path, **settings: object) -> MammoVLM:
    (tmp_path / "card.json").write_text(json.dumps({"parts": {}}))
    return MammoVLM.load(Settings(weights_dir=tmp_path, **settings))  # type: ignore[arg-type]


def test_every_head_of_the_shipped_weights_answers(output: ModelOutput) -> None:
    findings = output.findings
    assert findings.not_available == ()
    assert findings.density
    assert len(findings.views) == 4
    assert [breast.laterality for breast in findings.breasts] == [Laterality.RIGHT, Laterality.LEFT]
    for breast in findings.breasts:
        for likelihood in (breast.presence, breast.suspicion):
            assert likelihood
            assert 0 <= likelihood.low <= likelihood.value <= likelihood.high <= 1


def test_views_keep_their_order_and_their_images(output: ModelOutput) -> None:
    study = simulated_study()
    assert [view.slot for view in output.findings.views] == list(HANGING_ORDER)
    assert [view.sop_instance_uid for view in output.findings.views] == [
        view.source.sop_instance_uid for view in study.views
    ]


def test_embeddings_are_rows_of_length_one(output: ModelOutput) -> None:
    assert output.embeddings.shape == (4, 128)
    assert output.embeddings.dtype == np.float32
    assert np.allclose(np.linalg.norm(output.embeddings, axis=1), 1, atol=1e-4)


def test_the_same_study_gives_the_same_numbers(model: MammoVLM, output: ModelOutput) -> None:
    again = model.assess(simulated_study())
    assert again.findings == output.findings
    assert np.array_equal(again.embeddings, output.embeddings)


def test_all_views_of_a_study_go_to_one_expert(output: ModelOutput) -> None:
    experts = {view.expert for view in output.findings.views}
    assert len(experts) == 1
    assert "stand-in" in experts.pop()


def test_a_partial_study_is_assessed_and_names_what_is_missing(model: MammoVLM) -> None:
    left_out = (LeftOut("1.2.3", LeftOutReason.TOMOSYNTHESIS),)
    findings = model.assess(simulated_study(HANGING_ORDER[1:2], left_out=left_out)).findings
    assert [breast.laterality for breast in findings.breasts] == [Laterality.LEFT]
    assert len(findings.missing) == 3
    assert findings.left_out == left_out
    assert findings.is_partial


def test_a_breast_in_two_partial_views_is_one_breast(model: MammoVLM) -> None:
    slots = (HANGING_ORDER[0], HANGING_ORDER[0], HANGING_ORDER[2])
    findings = model.assess(simulated_study(slots)).findings
    assert len(findings.views) == 3
    assert len(findings.breasts) == 1


def test_regions_are_looked_for_and_lie_in_their_images(output: ModelOutput) -> None:
    for found, view in zip(output.findings.views, simulated_study().views, strict=True):
        assert found.was_searched
        for region in found.regions:
            rows, columns = view.pixels.shape
            assert 0 <= region.row - region.row_radius < region.row + region.row_radius <= rows
            assert region.column - region.column_radius >= 0
            assert region.column + region.column_radius <= columns
            assert 0 <= region.suspicion <= 1
            assert 0.5 < region.evidence <= 1


def test_an_expert_looks_at_every_view_once(model: MammoVLM) -> None:
    looks: list[int] = []
    hooks = [
        model._parts.moe.expert(name).register_forward_hook(lambda *_: looks.append(1))
        for name in ("clip", "dinov2", "convnext")
    ]
    model.assess(simulated_study())
    for hook in hooks:
        hook.remove()
    assert len(looks) == 4


def test_the_vendor_changes_nothing(model: MammoVLM, output: ModelOutput) -> None:
    study = simulated_study()
    views = tuple(
        replace(view, metadata=dict(view.metadata) | {"manufacturer": "Another", "model": "X"})
        for view in study.views
    )
    assert model.assess(replace(study, views=views)).findings == output.findings


def test_every_part_is_named_with_its_hash(model: MammoVLM) -> None:
    hashes = {part.name: part.weights_sha256 for part in model.algorithm.parts}
    trained = [name for name in hashes if not name.startswith("language model")]
    assert len(trained) >= 8
    for name in trained:
        assert len(hashes[name] or "") == 64
    assert model.algorithm.device_uid.startswith("2.25.")
    assert len(model.algorithm.device_uid) <= 64


def test_the_note_says_what_the_numbers_rest_on(model: MammoVLM) -> None:
    note = model.algorithm.training_note
    assert "phantoms" in note
    assert "not for clinical use" in note


def test_shipped_weights_are_small_and_no_pickles() -> None:
    files = list(COMPACT_WEIGHTS.iterdir())
    assert {path.suffix for path in files} <= {".safetensors", ".json", ".md"}
    own = [path for path in files if "language" not in path.name]
    assert sum(path.stat().st_size for path in own) <= 25 * 2**20


def test_untrained_heads_give_no_number_and_are_listed(tmp_path: Path) -> None:
    output = _untrained(tmp_path).assess(simulated_study())
    assert output.findings.not_available == ("density", "presence", "suspicion")
    assert output.findings.density is None
    assert all(breast.suspicion is None for breast in output.findings.breasts)
    assert all(view.suspicion is None and view.density is None for view in output.findings.views)
    assert not output.embeddings.any()
    assert not any(view.was_searched or view.regions for view in output.findings.views)


def test_other_weights_are_another_device(tmp_path: Path, model: MammoVLM) -> None:
    assert _untrained(tmp_path).algorithm.device_uid != model.algorithm.device_uid


def test_an_untrained_model_stays_silent(tmp_path: Path) -> None:
    model = _untrained(tmp_path)
    request = WriteRequest("Density C.", np.zeros((4, 128), np.float32), HANGING_ORDER)
    assert model.write(request) == ""


def test_the_paper_preset_without_weights_says_what_to_do() -> None:
    with pytest.raises(WeightsUnusable, match="MAMMOVLM_WEIGHTS_DIR"):
        MammoVLM.load(Settings(preset="paper"))


def test_a_weights_folder_without_card_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnusable, match=r"card\.json"):
        MammoVLM.load(Settings(weights_dir=tmp_path))


def test_densities_are_of_the_four_categories(output: ModelOutput) -> None:
    for view in output.findings.views:
        assert view.density
        assert view.density.category in DensityCategory
        assert sum(view.density.probabilities) == pytest.approx(1)
