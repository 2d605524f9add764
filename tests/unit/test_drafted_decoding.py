"""Drafts make the answer come sooner and change no token of it."""

from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mammovlm.explanation import facts_of
from mammovlm.explanation.check import refusal_of
from mammovlm.explanation.patient_text import LIKELY_TEXTS, likely_texts
from mammovlm.model.drafted_decoding import DRAFT_TOKENS, Drafts, decode
from mammovlm.words import LANGUAGES
from random_findings import random_findings
from tiny_language_models import tiny_model

LONGEST = 40
TOKENS = st.integers(0, 103)
NONE = Drafts([])


@cache
def model(kind: str) -> Any:
    return tiny_model(kind).train(False)


def prompt(seed: int) -> Tensor:
    return torch.randn(1, 7, 32, generator=torch.Generator().manual_seed(seed))


def greedy(kind: str, inputs: Tensor, end: int) -> list[int]:
    """Decode by the library's own loop."""
    answer: list[int] = (
        model(kind)
        .generate(
            inputs_embeds=inputs,
            attention_mask=torch.ones(inputs.shape[:2], dtype=torch.long),
            max_new_tokens=LONGEST,
            do_sample=False,
            eos_token_id=end,
            pad_token_id=end,
        )[0]
        .tolist()
    )
    return answer[: answer.index(end)] if end in answer else answer


def drafted(kind: str, inputs: Tensor, drafts: Drafts, end: int) -> list[int]:
    return decode(model(kind), inputs, drafts, end=end, longest=LONGEST, seconds=60.0)


@pytest.mark.parametrize("kind", ["llama", "glm"])
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    end=TOKENS,
    texts=st.lists(st.lists(TOKENS, max_size=50), max_size=4),
    cuts=st.lists(st.integers(0, LONGEST), max_size=3),
)
def test_the_answer_is_that_of_plain_greedy_decoding_whatever_the_drafts(
    kind: str, seed: int, end: int, texts: list[list[int]], cuts: list[int]
) -> None:
    inputs = prompt(seed)
    plain = greedy(kind, inputs, end)
    half_right = [[*plain[:cut], (end + 1) % 104, *plain[cut:], end] for cut in cuts]
    assert drafted(kind, inputs, Drafts([*texts, *half_right]), end) == plain


def test_a_right_draft_saves_most_of_the_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, passes = prompt(3), [0]
    plain = drafted("llama", inputs, NONE, end=-1)
    forward = model("llama").forward

    def counted(*given: object, **named: object) -> object:
        passes[0] += 1
        return forward(*given, **named)

    monkeypatch.setattr(model("llama"), "forward", counted)
    assert drafted("llama", inputs, NONE, end=-1) == plain
    without, passes[0] = passes[0], 0
    assert drafted("llama", inputs, Drafts([plain]), end=-1) == plain
    assert passes[0] < without / 2


def test_a_decoding_that_takes_too_long_is_cut_off() -> None:
    answer = decode(model("llama"), prompt(1), NONE, end=-1, longest=LONGEST, seconds=0.0)
    assert len(answer) == 1


def test_the_longest_known_run_decides_how_a_text_goes_on() -> None:
    drafts = Drafts([[1, 2, 3, 4], [9, 2, 5, 6]])
    assert drafts.after([1, 2]) == [3, 4]
    assert drafts.after([9, 2]) == [5, 6]
    assert drafts.after([7, 2]) == [3, 4]
    assert drafts.after([7]) == []
    assert drafts.after([]) == []
    assert len(Drafts([range(50)]).after([3])) == DRAFT_TOKENS


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_the_likely_texts_say_the_facts_in_many_ways(seed: int) -> None:
    sentences, facts = LANGUAGES["en-US"], facts_of(random_findings(seed))
    texts = likely_texts(facts, sentences)
    assert len(texts) == LIKELY_TEXTS
    assert len(set(texts)) > LIKELY_TEXTS / 2
    assert all(refusal_of(text, facts, sentences) is None for text in texts)
    assert texts == likely_texts(facts, sentences)
