"""What the tuned language model is worth on women kept back: check, speed, and whether it looks.

Measures of issue-level interest: share of wordings that pass the parse-back check at first try,
reading grade, tokens per second, and the swap test: another woman's embeddings, nothing else
changed, must change what is said where the prompt withholds it (four-systems F6), and must not
where the prompt gives it.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean, median
from time import perf_counter

import numpy as np
import numpy.typing as npt

from mammovlm.explanation.check import refusal_of, split
from mammovlm.explanation.facts import Claim, Facts, Topic
from mammovlm.explanation.grammar import grammar_for
from mammovlm.explanation.prompt import prompt_for
from mammovlm.explanation.readability import grade_of
from mammovlm.findings import DensityCategory
from mammovlm.study import HANGING_ORDER, Slot
from mammovlm.training.explanation_pairs import Exam, facts_from, pair_for
from mammovlm.words.sentences import Sentences

Write = Callable[[str, npt.NDArray[np.float32], Sequence[Slot]], str]


@dataclass(frozen=True)
class WordingMeasures:
    """Results over generated texts.

    Parameters
    ----------
    texts
        Generated with a report's prompt on held-out women.
    passed
        Share that passes the check at first try, 0..1.
    refused
        Count by reason.
    different
        Different texts among those that passed.
    grade
        Mean Flesch-Kincaid grade of those that passed.
    seconds, words_per_second
        Median per text.
    """

    texts: int
    passed: float
    refused: dict[str, int]
    different: int
    grade: float
    seconds: float
    words_per_second: float


@dataclass(frozen=True)
class SwapMeasures:
    """Results of exchanging the embeddings of two women of different density.

    Parameters
    ----------
    pairs
        Pairs of women.
    own_density
        Prompt withholds: share of texts that state the density of the woman whose embeddings were
        given; chance is about a quarter.
    changed
        Prompt withholds: share of pairs whose stated density changes with the embeddings.
    moved
        Prompt gives the facts: share of texts whose claims change with the embeddings; should be 0.
    """

    pairs: int
    own_density: float
    changed: float
    moved: float


def measure_wordings(
    write: Write, exams: Sequence[Exam], sentences: Sentences, texts: int, seed: int = 0
) -> WordingMeasures:
    """Generate texts on held-out exams, with missing views and untrained heads among them."""
    draw = random.Random(seed)
    refused: Counter[str] = Counter()
    passed, seconds, speeds = list[str](), list[float](), list[float]()
    for _ in range(texts):
        pair = pair_for(draw.choice(exams), "S3b", sentences, draw)
        prompt = prompt_for(pair.facts, sentences)
        start = perf_counter()
        text = write(prompt, pair.embeddings, pair.slots)
        seconds.append(perf_counter() - start)
        speeds.append(len(text.split()) / seconds[-1])
        refusal = refusal_of(" ".join(text.split()), pair.facts, sentences)
        if refusal is None:
            passed.append(text)
        else:
            refused[str(refusal.reason)] += 1
    grades = [grade_of(text, sentences.language) for text in passed]
    return WordingMeasures(
        texts=texts,
        passed=len(passed) / texts,
        refused=dict(refused),
        different=len(set(passed)),
        grade=mean(grades) if grades else float("nan"),
        seconds=median(seconds),
        words_per_second=median(speeds),
    )


def measure_swap(
    write: Write, exams: Sequence[Exam], sentences: Sentences, pairs: int, seed: int = 0
) -> SwapMeasures:
    """Exchange the embeddings of women of different density, and nothing else."""
    draw = random.Random(seed)
    own, changed, moved = list[bool](), list[bool](), list[bool]()
    for _ in range(pairs):
        one = draw.choice(exams)
        other = draw.choice([exam for exam in exams if exam.density is not one.density])
        facts = facts_from(one, HANGING_ORDER)
        hidden = prompt_for(facts, sentences, seen_only=True)
        said = [
            _density(write(hidden, exam.embeddings, HANGING_ORDER), sentences)
            for exam in (one, other)
        ]
        own += [said[0] is one.density, said[1] is other.density]
        changed.append(said[0] is not said[1])
        moved.append(_moves(write, facts, one, other, sentences))
    return SwapMeasures(pairs, mean(own), mean(changed), mean(moved))


def _moves(write: Write, facts: Facts, one: Exam, other: Exam, sentences: Sentences) -> bool:
    prompt = prompt_for(facts, sentences)
    told = [
        claims_in(write(prompt, exam.embeddings, HANGING_ORDER), sentences) for exam in (one, other)
    ]
    return told[0] != told[1]


def claims_in(text: str, sentences: Sentences) -> frozenset[Claim]:
    """Give the claims of every sentence that is understood."""
    grammar = grammar_for(sentences)
    told = (grammar.claims(sentence) for sentence in split(" ".join(text.split()), sentences))
    return frozenset(claim for claims in told if claims for claim in claims)


def _density(text: str, sentences: Sentences) -> DensityCategory | None:
    for claim in claims_in(text, sentences):
        if claim.topic is Topic.DENSITY and isinstance(claim.value, DensityCategory):
            return claim.value
    return None
