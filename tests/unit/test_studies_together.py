"""Several studies at once give what each gives alone: numbers, regions, embeddings and words."""

from collections.abc import Iterator
from dataclasses import asdict
from enum import Enum

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import pre_tokenizers

from mammovlm.explanation import BreastScore, Facts, ScoreRange, prompt_for
from mammovlm.explanation.facts import SIDES
from mammovlm.explanation.patient_text import likely_texts
from mammovlm.findings import DensityCategory
from mammovlm.model import MammoVLM, ModelOutput
from mammovlm.model.language_model import SoftPrefixLanguageModel
from mammovlm.model.model_input import ModelInput
from mammovlm.model.write_request import WriteRequest
from mammovlm.study import HANGING_ORDER, Laterality
from mammovlm.words import LANGUAGES
from tiny_models import tiny_parts, tiny_preset, tiny_study

ROUNDING = 1e-5
SLOTS = st.lists(st.sampled_from(HANGING_ORDER), min_size=1, max_size=4).map(tuple)
STUDIES = st.lists(st.builds(tiny_study, st.integers(0, 30), SLOTS), min_size=1, max_size=5)


@pytest.fixture(scope="module", params=["mean", "lesions"])
def models(request: pytest.FixtureRequest) -> tuple[MammoVLM, MammoVLM]:
    """Give one model twice: study by study, and with three images at a time."""
    parts = tiny_parts(request.param)
    return MammoVLM(parts), MammoVLM(parts, at_once=3)


def leaves(value: object) -> Iterator[object]:
    """Give every number and word of nested results, in order."""
    if isinstance(value, dict):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from leaves(each)
    else:
        yield value


def assert_same(one: ModelOutput, other: ModelOutput, within: float) -> None:
    told, expected = (list(leaves(asdict(each.findings))) for each in (one, other))
    assert len(told) == len(expected)
    for value, wanted in zip(told, expected, strict=True):
        if isinstance(value, float) and not isinstance(value, Enum):
            assert value == pytest.approx(wanted, abs=within, rel=within)
        else:
            assert value == wanted
    np.testing.assert_allclose(one.embeddings, other.embeddings, atol=within, rtol=0)
    assert len(one.evidence) == len(other.evidence)
    for map_, wanted_map in zip(one.evidence, other.evidence, strict=True):
        np.testing.assert_allclose(map_.logits, wanted_map.logits, atol=10 * within, rtol=within)


def test_the_studies_of_these_tests_are_seen_by_every_expert(
    models: tuple[MammoVLM, MammoVLM],
) -> None:
    outputs = models[0].assess_together([tiny_study(seed) for seed in range(31)])
    assert {output.findings.views[0].expert for output in outputs} == set(tiny_preset().experts)


@settings(max_examples=6, deadline=None)
@given(studies=STUDIES)
def test_study_by_study_nothing_changes_at_all(
    models: tuple[MammoVLM, MammoVLM], studies: list[ModelInput]
) -> None:
    model, _ = models
    together = model.assess_together(studies)
    for study, output in zip(studies, together, strict=True):
        (alone,) = model.assess_together([study])
        assert output.findings == alone.findings
        assert np.array_equal(output.embeddings, alone.embeddings)


@settings(max_examples=10, deadline=None)
@given(studies=STUDIES)
def test_images_of_several_studies_go_together_and_results_stay_the_same(
    models: tuple[MammoVLM, MammoVLM], studies: list[ModelInput]
) -> None:
    model, batching = models
    for study, output in zip(studies, batching.assess_together(studies), strict=True):
        (alone,) = model.assess_together([study])
        assert_same(output, alone, ROUNDING)


def test_regions_stay_where_they_are() -> None:
    parts = tiny_parts("lesions")
    assert parts.joint is not None
    for name in parts.preset.experts:
        finder = parts.joint.umicon.adapter(name).finder
        assert finder is not None
        assert finder.outward.bias is not None
        torch.nn.init.constant_(finder.outward.bias, 4)  # untrained, it would mark nothing
    studies = [tiny_study(seed, HANGING_ORDER[: 1 + seed % 4]) for seed in range(6)]
    together = MammoVLM(parts, at_once=5).assess_together(studies)
    for study, output in zip(studies, together, strict=True):
        assert any(view.regions for view in output.findings.views)
        assert_same(output, MammoVLM(parts).assess_together([study])[0], ROUNDING)


@settings(max_examples=4, deadline=None)
@given(
    asked=st.lists(
        st.tuples(st.sampled_from(["Breasts: right.", "Density C. Say it."]), SLOTS, st.integers()),
        min_size=1,
        max_size=4,
    )
)
def test_words_written_together_are_the_words_written_alone(
    models: tuple[MammoVLM, MammoVLM], asked: list[tuple[str, tuple[object, ...], int]]
) -> None:
    requests = [
        WriteRequest(prompt, _unit_rows(len(slots), seed), slots)  # type: ignore[arg-type]
        for prompt, slots, seed in asked
    ]
    model, _ = models
    together = model.write_together(requests)
    assert together == [model.write_together([request])[0] for request in requests]


def _unit_rows(count: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(abs(seed)).normal(size=(count, 128)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def test_warming_up_reaches_every_expert_and_the_language_model() -> None:
    parts = tiny_parts()
    reached: set[str] = set()
    for name, expert in parts.moe.experts.items():
        expert.register_forward_hook(lambda *_, name=name: reached.add(name))
    assert isinstance(parts.language_model, SoftPrefixLanguageModel)
    assert parts.language_model._base is not None
    causal_lm = parts.language_model._base.causal_lm
    causal_lm.register_forward_hook(lambda *_: reached.add("language model"))
    MammoVLM(parts).warm_up()
    assert reached == {*parts.moe.experts, "language model"}


def test_a_real_study_decodes_in_the_shape_that_was_warmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a GPU the first study finds cache, kernels and graph; here it is made to go their way."""
    monkeypatch.setattr(SoftPrefixLanguageModel, "_goes_alone", lambda *_: False)
    parts = tiny_parts()
    words = parts.language_model
    assert isinstance(words, SoftPrefixLanguageModel)
    assert words._base is not None
    assert words._together is not None
    by_word = pre_tokenizers.BertPreTokenizer()
    words._base.tokenizer.backend_tokenizer.pre_tokenizer = by_word
    MammoVLM(parts).warm_up()
    (warmed,) = words._together._steps.items()
    assert warmed[0].width > 1
    english = LANGUAGES["en-US"]
    for facts in (
        Facts((BreastScore(Laterality.RIGHT, None),), (), None),
        Facts(
            tuple(BreastScore(side, ScoreRange.HIGHER) for side in SIDES),
            HANGING_ORDER[1:3],
            DensityCategory.C,
        ),
    ):
        slots = HANGING_ORDER[: 2 * len(facts.breasts)]
        prompt, likely = prompt_for(facts, english), likely_texts(facts, english)
        words.write(WriteRequest(prompt, _unit_rows(len(slots), 1), slots, likely))
    assert list(words._together._steps.items()) == [warmed]


def test_a_device_that_computes_works() -> None:
    with torch.inference_mode():
        assert MammoVLM(tiny_parts()).works()
