"""Counts over many synthetic reports: how varied they are, and whether they keep their promises."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mammovlm.explanation.readability import grade_of
from mammovlm.training.phantoms.case import CaseMix
from mammovlm.training.reports.from_phantom import drawn_breasts, findings_of
from mammovlm.training.reports.label_words import label_words
from mammovlm.training.reports.parse import parse
from mammovlm.training.reports.render import Renderer, carried, render
from mammovlm.training.reports.schema import StudyFindings
from mammovlm.training.reports.scrub import scrub


@dataclass(frozen=True)
class CorpusStatistics:
    """What many texts of one renderer are like.

    Parameters
    ----------
    texts, distinct
        Counts.
    words
        Mean per text.
    vocabulary
        Different words, numbers not counted.
    read_back
        Texts whose parse is what they carry.
    with_label_words, scrubbed_with_label_words
        Texts that hold a category, verdict or management word, before and after `scrub`.
    scrubbed_words
        Mean per scrubbed text.
    reading_grade
        Mean Flesch-Kincaid grade.
    types, categories, densities
        How often each is told: findings, breasts, studies.
    """

    texts: int
    distinct: int
    words: float
    vocabulary: int
    read_back: int
    with_label_words: int
    scrubbed_with_label_words: int
    scrubbed_words: float
    reading_grade: float
    types: dict[str, int]
    categories: dict[str, int]
    densities: dict[str, int]


def synthetic_studies(
    count: int, *, seed: int = 0, mix: CaseMix = CaseMix.BALANCED
) -> Iterator[StudyFindings]:
    """Describe imagined women, one a seed."""
    for woman in range(seed, seed + count):
        yield findings_of(drawn_breasts(woman, mix))


def corpus_statistics(
    renderer: Renderer, *, count: int = 1000, seed: int = 0, mix: CaseMix = CaseMix.BALANCED
) -> CorpusStatistics:
    """Write and measure synthetic reports.

    Parameters
    ----------
    renderer
        For whom.
    count
        Number of women.
    seed
        Of the first woman and of her wording.
    mix
        How often densities and categories are drawn.
    """
    studies = list(synthetic_studies(count, seed=seed, mix=mix))
    texts = [render(study, renderer, number) for number, study in enumerate(studies, seed)]
    scrubbed = [scrub(text) for text in texts]
    breasts = [breast for study in studies for breast in study.breasts]
    return CorpusStatistics(
        texts=count,
        distinct=len(set(texts)),
        words=_mean(len(text.split()) for text in texts),
        vocabulary=len(
            {w.strip(".,:;()").lower() for t in texts for w in t.split() if w.isalpha()}
        ),
        read_back=sum(
            parse(text, renderer) == carried(study, renderer)
            for text, study in zip(texts, studies, strict=True)
        ),
        with_label_words=sum(bool(label_words(text)) for text in texts),
        scrubbed_with_label_words=sum(bool(label_words(text)) for text in scrubbed),
        scrubbed_words=_mean(len(text.split()) for text in scrubbed),
        reading_grade=_mean(grade_of(text, "en-US") for text in texts),
        types=_counted(finding.type for breast in breasts for finding in breast.findings),
        categories=_counted(str(breast.assessment) for breast in breasts),
        densities=_counted(str(study.density) for study in studies),
    )


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0


def _counted(values: Iterable[str]) -> dict[str, int]:
    return {str(value): count for value, count in sorted(Counter(values).items())}
