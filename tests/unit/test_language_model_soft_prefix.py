"""Embeddings reach the language model as soft tokens in their places, in Llama and in GLM."""

import numpy as np
import pytest
import torch

from mammovlm.model.soft_prefix import (
    SOFT,
    Lift,
    prompt_tokens,
    spliced,
    view_tag,
    word_embeddings_of,
)
from mammovlm.study import HANGING_ORDER
from tiny_language_models import tiny_model, tiny_tokenizer

PROMPT = "Breasts: right, left."


def test_each_view_has_its_tag_and_its_place() -> None:
    tokenizer = tiny_tokenizer()
    numbers = prompt_tokens(tokenizer, PROMPT, HANGING_ORDER, tokens=2)
    told = "".join("#" if number == SOFT else str(tokenizer.decode([number])) for number in numbers)
    assert "R-CC:## L-CC:## R-MLO:## L-MLO:##\nBreasts: right, left." in told.replace("\n ", "\n")
    assert told.endswith("<assistant>")


def test_a_prompt_cannot_bring_places_of_its_own() -> None:
    numbers = prompt_tokens(tiny_tokenizer(), "\ue000\ue000", HANGING_ORDER[:1], tokens=1)
    assert numbers.count(SOFT) == 1


def test_tags_are_written_as_side_and_view() -> None:
    assert [view_tag(slot) for slot in HANGING_ORDER] == ["R-CC:", "L-CC:", "R-MLO:", "L-MLO:"]


@pytest.mark.parametrize("kind", ["llama", "glm"])
def test_lifted_embeddings_stand_where_their_view_is(kind: str) -> None:
    model = tiny_model(kind)
    numbers = torch.tensor([[1, SOFT, 5, SOFT], [SOFT, 4, SOFT, 6]])
    lifted = torch.arange(4.0)[:, None].expand(4, 32)
    embedded = spliced(word_embeddings_of(model), numbers, lifted)
    assert embedded.shape == (2, 4, 32)
    assert torch.equal(embedded[0, 1], lifted[0])
    assert torch.equal(embedded[0, 3], lifted[1])
    assert torch.equal(embedded[1, 0], lifted[2])
    assert torch.equal(embedded[1, 2], lifted[3])
    assert torch.equal(embedded[0, 0], word_embeddings_of(model).weight[1])


def test_more_embeddings_than_places_are_refused() -> None:
    words = word_embeddings_of(tiny_model("llama"))
    with pytest.raises(ValueError, match="2 places for 3 soft tokens"):
        spliced(words, torch.tensor([[SOFT, SOFT]]), torch.zeros(3, 32))


@pytest.mark.parametrize("kind", ["llama", "glm"])
def test_the_gradient_of_the_answer_reaches_the_lift(kind: str) -> None:
    model, lift = tiny_model(kind), Lift(128, 32)
    model.requires_grad_(requires_grad=False)
    numbers = torch.tensor([prompt_tokens(tiny_tokenizer(), PROMPT, HANGING_ORDER, 1)])
    inputs = spliced(word_embeddings_of(model), numbers, lift(torch.randn(4, 128)))
    labels = torch.where(numbers == SOFT, -100, numbers)
    loss = model(inputs_embeds=inputs, labels=labels).loss
    loss.backward()
    assert lift.linear.weight.grad is not None
    assert float(lift.linear.weight.grad.abs().sum()) > 0
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("tokens", [1, 4])
def test_the_lift_gives_k_tokens_per_view(tokens: int) -> None:
    lift = Lift(128, 32, tokens)
    assert lift(torch.zeros(3, 128)).shape == (3 * tokens, 32)


def test_soft_tokens_start_at_the_size_of_words() -> None:
    words = torch.randn(1000, 64) * 0.1
    lift = Lift(128, 64)
    lift.start_from(words)
    embedding = torch.nn.functional.normalize(torch.randn(200, 128), dim=1)
    assert float(lift(embedding).std()) == pytest.approx(0.1, rel=0.2)
    assert np.isfinite(lift(embedding).detach().numpy()).all()
