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

from mammovlm.explanation.check import refusal_of, split
from mammovlm.explanation.facts import Claim, Facts, Topic
from mammovlm.explanation.grammar import grammar_for
from mammovlm.explanation.patient_text import likely_texts, template_text
from mammovlm.explanation.prompt import prompt_for
from mammovlm.explanation.readability import grade_of
from mammovlm.findings import DensityCategory
from mammovlm.model.write_request import Write, WriteRequest
from mammovlm.study import HANGING_ORDER
from mammovlm.training.contradictions import contradictions
from mammovlm.training.explanation_pairs import Exam, facts_from, pair_for
from mammovlm.words.sentences import Sentences


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
    grade, highest_grade
        Flesch-Kincaid grade of those that passed: mean and highest; None where none passed.
    contradicting
        Share of all texts with a sentence that says what the facts do not, found by plain words.
    reached
        Such sentences in what a reader gets: the text, or the template where it did not pass.
    seconds, words_per_second
        Median per text.
    """

    texts: int
    passed: float
    refused: dict[str, int]
    different: int
    grade: float | None
    highest_grade: float | None
    contradicting: float
    reached: int
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


@dataclass(frozen=True)
class _Said:
    """One generated text: what it should say, what it says, and why it may not be shown."""

    facts: Facts
    text: str
    refused: str
    seconds: float

    def shown(self, sentences: Sentences) -> str:
        return template_text(self.facts, sentences) if self.refused else self.text


def measure_wordings(
    write: Write,
    exams: Sequence[Exam],
    sentences: Sentences,
    texts: int,
    *,
    seed: int = 0,
    told: Callable[[int], None] = lambda _: None,
) -> WordingMeasures:
    """Generate texts on held-out exams, with missing views and untrained heads among them.

    Parameters
    ----------
    write
        The language model.
    exams
        Kept back.
    sentences
        The language.
    texts
        How many.
    seed
        Of exams and what is missing of them.
    told
        Told after each text how many there are.
    """
    draw = random.Random(seed)
    said = list[_Said]()
    for number in range(texts):
        said.append(_said(write, draw.choice(exams), sentences, draw))
        told(number + 1)
    passed = [each.text for each in said if not each.refused]
    grades = [grade_of(text, sentences.language) for text in passed]
    return WordingMeasures(
        texts=texts,
        passed=len(passed) / texts,
        refused=dict(Counter(each.refused for each in said if each.refused)),
        different=len(set(passed)),
        grade=mean(grades) if grades else None,
        highest_grade=max(grades, default=None),
        contradicting=mean(bool(contradictions(each.text, each.facts)) for each in said),
        reached=sum(len(contradictions(each.shown(sentences), each.facts)) for each in said),
        seconds=median(each.seconds for each in said),
        words_per_second=median(len(each.text.split()) / each.seconds for each in said),
    )


def _said(write: Write, exam: Exam, sentences: Sentences, draw: random.Random) -> _Said:
    pair = pair_for(exam, "S3b", sentences, draw)
    likely = likely_texts(pair.facts, sentences)
    start = perf_counter()
    said = write(
        WriteRequest(prompt_for(pair.facts, sentences), pair.embeddings, pair.slots, likely)
    )
    seconds = perf_counter() - start
    text = " ".join(said.split())
    refusal = refusal_of(text, pair.facts, sentences)
    return _Said(pair.facts, text, str(refusal.reason) if refusal else "", seconds)


def measure_swap(
    write: Write,
    exams: Sequence[Exam],
    sentences: Sentences,
    pairs: int,
    *,
    seed: int = 0,
    told: Callable[[int], None] = lambda _: None,
) -> SwapMeasures:
    """Exchange the embeddings of women of different density, and nothing else.

    Raises
    ------
    ValueError
        Where all exams are of one density.
    """
    if len({exam.density for exam in exams}) < 2:
        raise ValueError("all exams are of one density: there is nothing to exchange")
    draw = random.Random(seed)
    own, changed, moved = list[bool](), list[bool](), list[bool]()
    for number in range(pairs):
        one = draw.choice(exams)
        other = draw.choice([exam for exam in exams if exam.density is not one.density])
        facts = facts_from(one, HANGING_ORDER)
        hidden = prompt_for(facts, sentences, seen_only=True)
        said = [
            _density(write(WriteRequest(hidden, exam.embeddings, HANGING_ORDER)), sentences)
            for exam in (one, other)
        ]
        own += [said[0] is one.density, said[1] is other.density]
        changed.append(said[0] is not said[1])
        moved.append(_moves(write, facts, one, other, sentences))
        told(number + 1)
    return SwapMeasures(pairs, mean(own), mean(changed), mean(moved))


def _moves(write: Write, facts: Facts, one: Exam, other: Exam, sentences: Sentences) -> bool:
    prompt, likely = prompt_for(facts, sentences), likely_texts(facts, sentences)
    told = [
        claims_in(write(WriteRequest(prompt, exam.embeddings, HANGING_ORDER, likely)), sentences)
        for exam in (one, other)
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
