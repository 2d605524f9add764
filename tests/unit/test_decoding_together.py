"""Several prompts decoded at once give each the tokens that it gets alone."""

from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mammovlm.model.decoding_step import DecodingStep
from mammovlm.model.decoding_together import TogetherDecoder, can_decode_together
from mammovlm.model.drafted_decoding import Drafts, decode
from tiny_language_models import tiny_model

KINDS = ["llama", "glm", "qwen2"]
LONGEST = 24
TOKENS = st.integers(0, 103)


@cache
def model(kind: str) -> Any:
    return tiny_model(kind).train(False)


@cache
def decoder(kind: str) -> TogetherDecoder:
    return TogetherDecoder(model(kind))


def prompt(seed: int) -> Tensor:
    """Embed a prompt of some length, of 1 to 80 tokens."""
    rng = torch.Generator().manual_seed(seed)
    length = int(torch.randint(1, 81, (), generator=rng))
    return torch.randn(1, length, 32, generator=rng)


def alone(kind: str, inputs: Tensor, end: int) -> list[int]:
    return decode(model(kind), inputs, Drafts([]), end=end, longest=LONGEST, seconds=60.0)


def together(
    kind: str, prompts: list[Tensor], drafts: list[Drafts], end: int, seconds: float = 60.0
) -> list[list[int]]:
    return decoder(kind).decode(prompts, drafts, end=end, longest=LONGEST, seconds=seconds)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=8, deadline=None)
@given(
    seeds=st.lists(st.integers(0, 1000), min_size=1, max_size=5),
    end=TOKENS,
    texts=st.lists(st.lists(TOKENS, max_size=30), max_size=3),
    cuts=st.lists(st.integers(0, LONGEST), max_size=3),
)
def test_each_prompt_gets_the_tokens_that_it_gets_alone_whatever_the_drafts(
    kind: str, seeds: list[int], end: int, texts: list[list[int]], cuts: list[int]
) -> None:
    prompts = [prompt(seed) for seed in seeds]
    plain = [alone(kind, each, end) for each in prompts]
    drafts = [
        Drafts([*texts, *([*one[:cut], (end + 1) % 104, *one[cut:], end] for cut in cuts)])
        for one in plain
    ]
    assert together(kind, prompts, drafts, end) == plain


@pytest.mark.parametrize("kind", KINDS)
def test_without_drafts_and_with_one_prompt_it_is_plain_greedy_decoding(kind: str) -> None:
    prompts = [prompt(5)]
    expected = [alone(kind, prompts[0], end=-1)]
    assert len(expected[0]) == LONGEST
    assert together(kind, prompts, [Drafts([])], end=-1) == expected


def test_a_cache_used_before_leaves_no_trace() -> None:
    prompts = [prompt(1), prompt(2)]
    first = together("llama", prompts, [Drafts([])] * 2, end=3)
    together("llama", [prompt(7) * 100, prompt(8)], [Drafts([])] * 2, end=3)
    assert together("llama", prompts, [Drafts([])] * 2, end=3) == first


def test_rows_that_follow_their_drafts_at_very_different_speeds_stay_right() -> None:
    prompts = [prompt(seed) for seed in range(4)]
    plain = [alone("glm", each, end=-1) for each in prompts]
    drafts = [Drafts([plain[0]]), Drafts([]), Drafts([plain[2][:9]]), Drafts([plain[0]])]
    assert together("glm", prompts, drafts, end=-1) == plain


def test_right_drafts_save_most_of_the_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    prompts, passes = [prompt(3), prompt(4)], [0]
    forward = model("llama").forward

    def counted(*given: object, **named: object) -> object:
        passes[0] += 1
        return forward(*given, **named)

    monkeypatch.setattr(model("llama"), "forward", counted)
    plain = together("llama", prompts, [Drafts([])] * 2, end=-1)
    without, passes[0] = passes[0], 0
    assert together("llama", prompts, [Drafts([one]) for one in plain], end=-1) == plain
    assert passes[0] < without / 2


def test_a_decoding_that_takes_too_long_is_cut_off() -> None:
    answers = together("llama", [prompt(1), prompt(2)], [Drafts([])] * 2, end=-1, seconds=0.0)
    assert [len(answer) for answer in answers] == [1, 1]


def test_where_no_graph_can_be_recorded_it_decodes_without_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A processor records no graph: the attempt fails as it would on a GPU that cannot."""
    recorded = TogetherDecoder(model("glm"))
    monkeypatch.setattr(TogetherDecoder, "_on_gpu", True)
    for seeds in ([1, 2], [1], [1, 2, 3]):  # each a shape of its own
        prompts = [prompt(seed) for seed in seeds]
        answers = recorded.decode(
            prompts, [Drafts([])] * len(seeds), end=-1, longest=LONGEST, seconds=60.0
        )
        assert answers == [alone("glm", each, end=-1) for each in prompts]
    assert len(recorded._steps) == 3
    assert [each.message.split("(")[0] for each in caplog.records] == [
        "decoding runs without a CUDA graph, more slowly "
    ]


def test_full_memory_gives_all_caches_back_and_the_next_prompts_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = TogetherDecoder(model("llama"))
    asked: dict[str, Any] = {"end": -1, "longest": LONGEST, "seconds": 60.0}
    expected = tried.decode([prompt(1)], [Drafts([])], **asked)
    with monkeypatch.context() as full:
        full.setattr(DecodingStep, "run", _full)
        with pytest.raises(torch.OutOfMemoryError):
            tried.decode([prompt(1), prompt(2)], [Drafts([])] * 2, **asked)
    assert not tried._steps
    assert tried.decode([prompt(1)], [Drafts([])], **asked) == expected


def _full(*_: object, **__: object) -> None:
    raise torch.OutOfMemoryError


def test_a_model_that_looks_back_only_so_far_is_decoded_alone() -> None:
    assert all(can_decode_together(model(kind)) for kind in KINDS)
    windowed = tiny_model("qwen2")
    windowed.config.layer_types = ["full_attention", "sliding_attention"]
    assert not can_decode_together(windowed)
