"""What may be said to a patient: the few facts that words are made of, and nothing else."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mammovlm.findings import BreastFindings, DensityCategory, Findings, Likelihood
from mammovlm.study import HANGING_ORDER, Laterality, Slot, ViewPosition

SIDES: tuple[Laterality, Laterality] = (Laterality.RIGHT, Laterality.LEFT)
"""Both sides in the order in which radiologists name them."""


class ScoreRange(StrEnum):
    """Where a score lies, in words instead of a number; no probability reaches the patient."""

    LOWER = "lower"
    MIDDLE = "middle"
    HIGHER = "higher"


@dataclass(frozen=True)
class BreastScore:
    """The range of one breast's score.

    Parameters
    ----------
    laterality
        Side.
    score
        None where no trained head gave a number.
    """

    laterality: Laterality
    score: ScoreRange | None


@dataclass(frozen=True)
class Facts:
    """Everything a patient text says, and must say.

    Parameters
    ----------
    breasts
        The breasts that were analysed, right before left; at least one.
    missing
        Standard views that were not there, in hanging order; with `breasts` consistent: a breast
        without both of its views is not among `breasts`.
    density
        Category of the whole study; None without a trained selector.
    """

    breasts: tuple[BreastScore, ...]
    missing: tuple[Slot, ...]
    density: DensityCategory | None

    @property
    def sides(self) -> tuple[Laterality, ...]:
        """The sides that were analysed."""
        return tuple(breast.laterality for breast in self.breasts)

    @property
    def has_score(self) -> bool:
        """True where at least one breast has a score, so that its meaning must be told."""
        return any(breast.score is not None for breast in self.breasts)


class Topic(StrEnum):
    """What a sentence is about; the order is the order of a text."""

    LOOKED = "looked"
    MISSING = "missing"
    COMPLETE = "complete"
    DENSITY = "density"
    DENSITY_MEANING = "density meaning"
    SCORE = "score"
    MEANING = "meaning"
    NEXT = "next"
    WRITER = "writer"
    UNCHECKED = "unchecked"
    LIMIT = "limit"
    READER = "reader"
    FOR_A_DOCTOR = "for a doctor"
    NO_ANSWER = "no answer"
    CAN_SAY = "can say"


REPORT_TOPICS: Final = frozenset(
    (
        Topic.LOOKED,
        Topic.MISSING,
        Topic.DENSITY,
        Topic.SCORE,
        Topic.MEANING,
        Topic.LIMIT,
        Topic.READER,
    )
)
"""What the patient's text in a report speaks of; the others are for answers to questions."""


@dataclass(frozen=True)
class Claim:
    """The smallest thing that a text states. Two texts say the same if their claims are equal.

    Parameters
    ----------
    topic
        What it is about.
    side
        Which breast, where the claim is about one.
    value
        Density category, score range or missing view; None where there is none ("no score").
    """

    topic: Topic
    side: Laterality | None = None
    value: DensityCategory | ScoreRange | ViewPosition | None = None


_ALWAYS_TRUE: Final = frozenset(
    (
        Topic.DENSITY_MEANING,
        Topic.NEXT,
        Topic.WRITER,
        Topic.UNCHECKED,
        Topic.LIMIT,
        Topic.READER,
        Topic.FOR_A_DOCTOR,
        Topic.NO_ANSWER,
        Topic.CAN_SAY,
    )
)
"""Topics whose sentence states the same whatever the facts are."""


def claims_of(facts: Facts, topics: Collection[Topic] = REPORT_TOPICS) -> frozenset[Claim]:
    """Every claim that a text on these facts and topics must make; it may make no other."""
    claims = (
        *(Claim(Topic.LOOKED, breast.laterality) for breast in facts.breasts),
        *(Claim(Topic.MISSING, slot.laterality, slot.position) for slot in facts.missing),
        *(() if facts.missing else (Claim(Topic.COMPLETE),)),
        Claim(Topic.DENSITY, None, facts.density),
        *(Claim(Topic.SCORE, breast.laterality, breast.score) for breast in facts.breasts),
        *((Claim(Topic.MEANING),) if facts.has_score else ()),
        *(Claim(topic) for topic in _ALWAYS_TRUE),
    )
    return frozenset(claim for claim in claims if claim.topic in topics)


def facts_of(findings: Findings, suspicion_threshold: float = 0.5) -> Facts:
    """Take the facts for the patient out of the findings.

    Parameters
    ----------
    findings
        Of one study, with at least one analysed view.
    suspicion_threshold
        0..1; a score is called higher or lower only if its whole interval lies on that side.

    Returns
    -------
    Facts
    """
    return Facts(
        breasts=tuple(
            BreastScore(breast.laterality, score_range(breast, suspicion_threshold))
            for breast in _right_first(findings.breasts)
        ),
        missing=tuple(slot for slot in HANGING_ORDER if slot in findings.missing),
        density=findings.density.category if findings.density else None,
    )


def score_range(breast: BreastFindings, threshold: float) -> ScoreRange | None:
    """Put one breast's score into words.

    The 3/4 likelihood holds only *given that something is there to assess*; so a breast that
    surely shows nothing to assess is in the lower range, and "higher" needs both to be sure.

    Parameters
    ----------
    breast
        Findings of one breast.
    threshold
        0..1, between the categories 3 and 4.

    Returns
    -------
    ScoreRange or None
        None without a trained 3/4 head.
    """
    if breast.suspicion is None:
        return None
    suspicion = _range(breast.suspicion, threshold)
    if breast.presence is None:
        return suspicion
    presence = _range(breast.presence, 0.5)
    if ScoreRange.LOWER in (presence, suspicion):
        return ScoreRange.LOWER
    return suspicion if presence is ScoreRange.HIGHER else ScoreRange.MIDDLE


def _range(likelihood: Likelihood, threshold: float) -> ScoreRange:
    if likelihood.low > threshold:
        return ScoreRange.HIGHER
    return ScoreRange.LOWER if likelihood.high < threshold else ScoreRange.MIDDLE


def _right_first(breasts: Iterable[BreastFindings]) -> list[BreastFindings]:
    return sorted(breasts, key=lambda breast: SIDES.index(breast.laterality))
