"""Training answers are right by construction, and the same seed gives the same pairs."""

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from mammovlm.explanation import refusal_of
from mammovlm.explanation.facts import ScoreRange, Topic
from mammovlm.findings import DensityCategory
from mammovlm.model.soft_prefix import SOFT
from mammovlm.training.explanation_batches import IGNORED, batch_of
from mammovlm.training.explanation_pairs import Exam, pair_for, read_exams
from mammovlm.training.language_model_evaluation import claims_in
from mammovlm.words.english import ENGLISH
from surrogate_embeddings import write_surrogate
from tiny_language_models import tiny_tokenizer

SEEDS = st.integers(0, 2**32)
EXAM = Exam(
    np.eye(4, 128, dtype=np.float32), DensityCategory.C, (ScoreRange.LOWER, ScoreRange.HIGHER)
)


@given(SEEDS)
@settings(max_examples=200, deadline=None)
def test_every_answer_of_stage_s3b_passes_the_check(seed: int) -> None:
    pair = pair_for(EXAM, "S3b", ENGLISH, random.Random(seed))
    assert refusal_of(pair.answer, pair.facts, ENGLISH) is None
    assert len(pair.embeddings) == len(pair.slots) >= 1


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_a_caption_says_what_the_images_show_and_its_prompt_does_not(seed: int) -> None:
    pair = pair_for(EXAM, "S3a", ENGLISH, random.Random(seed))
    claims = claims_in(pair.answer, ENGLISH)
    assert {claim.topic for claim in claims} == {Topic.DENSITY, Topic.SCORE}
    assert DensityCategory.C in {claim.value for claim in claims}
    assert "dense" not in pair.prompt


def test_the_same_seed_gives_the_same_pair() -> None:
    one, two = (pair_for(EXAM, "S3b", ENGLISH, random.Random(4)) for _ in range(2))
    assert (one.prompt, one.answer, one.slots) == (two.prompt, two.answer, two.slots)


def test_answers_vary() -> None:
    answers = {pair_for(EXAM, "S3b", ENGLISH, random.Random(seed)).answer for seed in range(100)}
    assert len(answers) == 100


def test_only_the_answer_and_its_end_are_learned() -> None:
    tokenizer = tiny_tokenizer()
    pairs = [pair_for(EXAM, "S3b", ENGLISH, random.Random(seed)) for seed in range(6)]
    batch = batch_of(pairs, tokenizer, tokens=2)
    assert batch.numbers.shape == batch.labels.shape == batch.attention.shape
    assert int((batch.numbers == SOFT).sum()) == 2 * len(batch.embeddings)
    for pair, labels, numbers in zip(pairs, batch.labels, batch.numbers, strict=True):
        learned = labels[labels != IGNORED].tolist()
        answer = tokenizer(pair.answer, add_special_tokens=False)["input_ids"]
        assert learned == [*answer, tokenizer.eos_token_id]
        assert SOFT not in learned
        assert numbers[labels != IGNORED].tolist() == learned


def test_the_women_kept_back_are_apart(tmp_path: Path) -> None:
    write_surrogate(tmp_path / "embeddings.safetensors", exams=40)
    exams = read_exams(tmp_path / "embeddings.safetensors")
    assert (len(exams.training), len(exams.held_out)) == (30, 10)
    assert exams.trained_on == "surrogate embeddings of a test"


def test_a_file_of_other_shapes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "embeddings.safetensors"
    shapes = {"embeddings": (3, 2, 128), "density": (3,), "scores": (3, 2), "held_out": (3,)}
    save_file({name: np.zeros(shape, np.float32) for name, shape in shapes.items()}, path)
    with pytest.raises(ValueError, match="holds"):
        read_exams(path)
