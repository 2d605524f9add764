"""What the model found, in the words of BI-RADS; every number comes from a trained head."""

from dataclasses import dataclass
from enum import StrEnum

from mammovlm.study import Laterality, LeftOut, Slot


class DensityCategory(StrEnum):
    """Breast composition, ACR BI-RADS 5th edition, in rising density."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


@dataclass(frozen=True)
class Density:
    """Density probabilities of one view, one breast or the whole study.

    Parameters
    ----------
    probabilities
        Of A, B, C and D; each 0..1, together 1.
    """

    probabilities: tuple[float, float, float, float]

    @property
    def category(self) -> DensityCategory:
        """The most probable category (the denser one of two equals)."""
        best = max(range(4), key=lambda index: (self.probabilities[index], index))
        return tuple(DensityCategory)[best]

    @property
    def probability(self) -> float:
        """Probability of `category`, 0..1."""
        return max(self.probabilities)


@dataclass(frozen=True)
class Likelihood:
    """A likelihood with its interval.

    Parameters
    ----------
    value, low, high
        0..1, ``low <= value <= high``; the bounds are the 2.5 and 97.5 percentiles over heads
        refitted on resampled patients.
    calibrated
        True where a calibration fitted on validation patients was applied.
    """

    value: float
    low: float
    high: float
    calibrated: bool


class RegionKind(StrEnum):
    """What a marked region looks like; "benign" is any finding of BI-RADS 2."""

    MASS = "mass"
    CALCIFICATIONS = "calcifications"
    ASYMMETRY = "asymmetry"
    ARCHITECTURAL_DISTORTION = "architectural distortion"
    BENIGN = "benign"


@dataclass(frozen=True)
class Region:
    """Where the model's own evidence for a finding lies in one view: an upright ellipse.

    Parameters
    ----------
    row, column
        Of the middle, in pixels of the stored image; 0, 0 is the upper left corner of its first
        pixel, as in PS3.3 C.18.6.1.2.
    row_radius, column_radius
        Half of the height and of the width, in the same pixels; the ellipse stays in the image.
    evidence
        Uncalibrated score 0..1 of the lesion finder that a finding of BI-RADS 3 or higher lies
        there; the place is where the 3/4 likelihood rests.
    suspicion
        Uncalibrated score 0..1 that such a finding is one of BI-RADS 4 or higher.
    kind
        What it looks most like.
    """

    row: float
    column: float
    row_radius: float
    column_radius: float
    evidence: float
    suspicion: float
    kind: RegionKind


@dataclass(frozen=True)
class ViewFindings:
    """What was found in one view, and which expert looked at it.

    Parameters
    ----------
    slot, sop_instance_uid
        Which view, and the image it came from.
    density
        None where the density selector has no trained weights.
    expert
        Name of the encoder that saw the view, such as "convnext" or, for a stand-in,
        "convnext (stand-in tf_efficientnet_lite0)".
    suspicion
        Likelihood of BI-RADS 4 against 3 from this view alone, 0..1; None without trained head.
    regions
        Where the evidence for it lies, the most evident first.
    was_searched
        Whether the model looks for regions at all; without it, no region says nothing.
    """

    slot: Slot
    sop_instance_uid: str
    density: Density | None
    expert: str
    suspicion: float | None
    regions: tuple[Region, ...] = ()
    was_searched: bool = False


@dataclass(frozen=True)
class BreastFindings:
    """What was found in one breast: the mean over its views (four-systems A15).

    Parameters
    ----------
    laterality
        Side.
    density
        None without a trained selector.
    presence
        Likelihood that something is there to assess (BI-RADS 3 or higher against 1 and 2).
    suspicion
        Likelihood of BI-RADS 4 or higher against 3, given that something is there.
    """

    laterality: Laterality
    density: Density | None
    presence: Likelihood | None
    suspicion: Likelihood | None


@dataclass(frozen=True)
class ModelPart:
    """One part of the model with its own weights.

    Parameters
    ----------
    name
        "density selector", "expert convnext", "UMiCon", "language model", ...
    architecture
        Such as "tf_efficientnet_lite0".
    weights_sha256
        Hash of the weights file, lower-case hexadecimal; None where the part has no weights.
    trained_on
        In words, as the report prints it: "phantoms", "ImageNet", ...
    """

    name: str
    architecture: str
    weights_sha256: str | None
    trained_on: str


@dataclass(frozen=True)
class Algorithm:
    """Identity of the algorithm, as TID 4019 and the Contributing Equipment Sequence name it.

    Parameters
    ----------
    name, manufacturer, version
        (111001, DCM), (122405, DCM) and (111003, DCM).
    preset
        "compact" or "paper".
    device_uid
        (121012, DCM); changes whenever the weights or the code version change.
    parts
        Every part, trained or not.
    training_note
        One sentence on what the numbers rest on, printed in every report
        ("The 3/4 likelihood was trained on simulated images (phantoms) only. ...").
    """

    name: str
    manufacturer: str
    version: str
    preset: str
    device_uid: str
    parts: tuple[ModelPart, ...]
    training_note: str


@dataclass(frozen=True)
class Findings:
    """All of what the model says about one study, before any words are made of it.

    Parameters
    ----------
    study_instance_uid
        (0020,000D).
    views, breasts
        In hanging order; right breast before left.
    density
        Of the whole study: that of the denser breast.
    missing
        Standard slots without a view.
    left_out
        Images not analysed.
    not_available
        Names of heads without trained weights, such as "presence"; they give no number.
    algorithm
        Who says so.
    """

    study_instance_uid: str
    views: tuple[ViewFindings, ...]
    breasts: tuple[BreastFindings, ...]
    density: Density | None
    missing: tuple[Slot, ...]
    left_out: tuple[LeftOut, ...]
    not_available: tuple[str, ...]
    algorithm: Algorithm

    @property
    def is_partial(self) -> bool:
        """True where a standard view is missing or a head could not answer."""
        return bool(self.missing or self.not_available)


class ExplanationOrigin(StrEnum):
    """Who worded the explanation."""

    LANGUAGE_MODEL = "language-model"
    TEMPLATE = "template"


@dataclass(frozen=True)
class Explanation:
    """The words that go with the findings; drafts until a person releases them.

    Parameters
    ----------
    summary
        For the radiologist, from templates only.
    patient_text
        For the patient: the generated or template wording, then, in American English, the
        federal density sentences (21 CFR 900.12(c)(2)) as constants.
    origin
        Who worded the first part of ``patient_text``.
    reading_grade
        Flesch-Kincaid grade of the first part of ``patient_text``; None in a language that the
        formula was not made for.
    refused_because
        Why the language model's wording was thrown away; empty where it was used or not asked.
    language
        RFC 5646 tag, such as "en-US".
    characters_per_sentence
        Mean length of the sentences of ``patient_text`` in a language without a reading grade.
    """

    summary: str
    patient_text: str
    origin: ExplanationOrigin
    reading_grade: float | None
    refused_because: str
    language: str
    characters_per_sentence: float | None = None
