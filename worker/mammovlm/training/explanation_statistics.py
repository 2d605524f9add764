"""Reading grade and contradictions of the patient texts, over every set of facts there can be.

A patient text knows few facts, so all of them can be tried: every set of views, every density,
every combination of score ranges.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from statistics import mean

from mammovlm.explanation.check import refusal_of
from mammovlm.explanation.facts import SIDES, BreastScore, Facts, ScoreRange
from mammovlm.explanation.patient_text import template_text
from mammovlm.explanation.readability import readability_of
from mammovlm.findings import DensityCategory
from mammovlm.study import HANGING_ORDER, Slot
from mammovlm.words.sentences import Sentences


@dataclass(frozen=True)
class TextStatistics:
    """Measures over many patient texts, without the federal sentences.

    Parameters
    ----------
    texts, different
        How many, and how many of them differ.
    mean_grade, highest_grade
        Flesch-Kincaid.
    lowest_ease
        Flesch reading ease.
    mean_smog, mean_fog
        Companions of the grade.
    longest_sentence
        Words.
    refused
        Texts that the check refuses, by reason; nothing is expected here.
    """

    texts: int
    different: int
    mean_grade: float
    highest_grade: float
    lowest_ease: float
    mean_smog: float
    mean_fog: float
    longest_sentence: int
    refused: dict[str, int]


def every_facts() -> Iterator[Facts]:
    """Give every set of facts that a study can have: 840."""
    for count in range(1, len(HANGING_ORDER) + 1):
        for slots in combinations(HANGING_ORDER, count):
            yield from _facts_of_views(slots)


def _facts_of_views(slots: Sequence[Slot]) -> Iterator[Facts]:
    sides = [side for side in SIDES if any(slot.laterality is side for slot in slots)]
    missing = tuple(slot for slot in HANGING_ORDER if slot not in slots)
    for density in (None, *DensityCategory):
        for scores in product((None, *ScoreRange), repeat=len(sides)):
            pairs = zip(sides, scores, strict=True)
            breasts = tuple(BreastScore(side, score) for side, score in pairs)
            yield Facts(breasts, missing, density)


def template_statistics(sentences: Sentences) -> TextStatistics:
    """Measure the template text of every set of facts."""
    told = [(template_text(facts, sentences), facts) for facts in every_facts()]
    measured = [readability_of(text, sentences.language) for text, _ in told]
    refusals = (refusal_of(text, facts, sentences) for text, facts in told)
    refused = Counter(str(refusal.reason) for refusal in refusals if refusal)
    return TextStatistics(
        texts=len(told),
        different=len({text for text, _ in told}),
        mean_grade=mean(one.grade for one in measured),
        highest_grade=max(one.grade for one in measured),
        lowest_ease=min(one.ease for one in measured),
        mean_smog=mean(one.smog for one in measured),
        mean_fog=mean(one.fog for one in measured),
        longest_sentence=max(one.longest_sentence for one in measured),
        refused=dict(refused),
    )
