"""What the model said of labelled exams, as numbers that can be kept and read again."""

from dataclasses import dataclass

from mammovlm.study import Laterality

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
    """

    laterality: Laterality
    density: Shares | None
    presence: float | None
    suspicion: float | None


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
    """

    density: Shares | None
    breasts: tuple[BreastScores, ...]
    expert: str
    complete: bool
    vendor: str
    age_band: str
    seconds: float


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
