"""What the model said of labelled exams, as numbers that can be kept and read again."""

from collections.abc import Mapping
from dataclasses import dataclass

from mammovlm.explanation.facts import ScoreRange
from mammovlm.study import Laterality, Slot

Shares = tuple[float, float, float, float]


@dataclass(frozen=True)
class BreastScores:
    """What the model said of one breast; None where a head has no trained weights.

    Parameters
    ----------
    laterality
        Side, as the header has it.
    density
        Probabilities of A, B, C and D.
    presence, suspicion
        Likelihoods 0..1.
    words
        The range in which a report's text says that the score lies.
    """

    laterality: Laterality
    density: Shares | None
    presence: float | None
    suspicion: float | None
    words: ScoreRange | None = None


@dataclass(frozen=True)
class Branches:
    """What the networks gave before fusion; scores can be put together anew from it.

    Parameters
    ----------
    slots
        Of the views, row by row.
    routed
        The expert that the density picked.
    images
        UMiCon's embeddings by expert, (views, 128) each, see `mammovlm.training.packed_rows`; the
        routed expert's at least.
    texts
        The text branch's by what was read, one of `TEXTS`; those with a report only where there
        is one.
    """

    slots: tuple[Slot, ...]
    routed: str
    images: Mapping[str, str]
    texts: Mapping[str, str]


METADATA, NOTHING = "metadata", "nothing"
METADATA_AND_REPORT, REPORT = "metadata + report", "report"
TEXTS = (METADATA, NOTHING, METADATA_AND_REPORT, REPORT)


@dataclass(frozen=True)
class SoughtLesion:
    """A lesion of BI-RADS 3 or higher that one view shows.

    Parameters
    ----------
    kind
        In the words of BI-RADS.
    assessment
        Its own category, 3..5.
    is_marked
        Whether the middle of a drawn region touches it.
    """

    kind: str
    assessment: int
    is_marked: bool


@dataclass(frozen=True)
class ViewPointing:
    """Where the evidence of one view lies, beside where its lesions of BI-RADS 3 or higher do.

    Parameters
    ----------
    slot
        Which view.
    lesions
        Those that it shows, most suspicious first; none in most views.
    is_hit
        Whether the most evident cell touches one of them.
    chance
        The share of the breast in which a cell does, 0..1.
    regions
        How many are drawn.
    astray
        How many of these have their middle in none of the lesions.
    """

    slot: Slot
    lesions: tuple[SoughtLesion, ...]
    is_hit: bool
    chance: float
    regions: int
    astray: int


@dataclass(frozen=True)
class StudyScores:
    """What the model said of one study.

    Parameters
    ----------
    density
        Of the denser breast.
    breasts
        Right before left.
    expert
        Which encoder saw it.
    complete
        Whether all four standard views were there.
    vendor
        Whose look; empty where the header does not say.
    age_band
        Such as "50-59"; empty where the header does not say.
    seconds
        Reading and model.
    branches
        None where UMiCon or heads are untrained.
    zero_shot
        The language model's own score for malignancy, 0..1; None where it is untuned.
    pointing
        Of every view in which something looked for lesions; None where it is not known where they
        lie, or where an earlier version, which did not ask, assessed the study.
    """

    density: Shares | None
    breasts: tuple[BreastScores, ...]
    expert: str
    complete: bool
    vendor: str
    age_band: str
    seconds: float
    branches: Branches | None
    zero_shot: float | None
    pointing: tuple[ViewPointing, ...] | None = None


@dataclass(frozen=True)
class ExamOutcome:
    """What became of one exam.

    Parameters
    ----------
    key
        Of the exam.
    device_uid
        Of the algorithm: other weights are another device.
    studies
        One for each DICOM study among its files: a worker gets each of them alone.
    refusals
        Why there is none: a `RejectionReason`, "file-missing", "not-dicom" or "internal-error".
    """

    key: str
    device_uid: str
    studies: tuple[StudyScores, ...] = ()
    refusals: tuple[str, ...] = ()


def age_band(years: str) -> str:
    """Give the ten years that an age lies in; empty for none."""
    if not years.isdecimal():
        return ""
    decade = min(max(int(years) // 10 * 10, 30), 80)
    return {30: "under 40", 80: "80 and over"}.get(decade, f"{decade}-{decade + 9}")
