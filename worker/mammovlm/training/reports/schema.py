"""One schema of what is said of a mammogram: every report is made from it and read back into it."""

from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Final

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality
from mammovlm.training.datasets.labels import Assessment, highest_assessment
from mammovlm.training.reports.lexicon import (
    Certainty,
    Depth,
    Distribution,
    FindingType,
    Margin,
    MassDensity,
    Morphology,
    Quadrant,
    Shape,
    Source,
)

LARGEST_MM: Final = 300
"""Longest size that is believed: a breast is no larger."""

ONLY_OF: Final = MappingProxyType(
    {
        "shape": FindingType.MASS,
        "margin": FindingType.MASS,
        "density": FindingType.MASS,
        "morphology": FindingType.CALCIFICATIONS,
        "distribution": FindingType.CALCIFICATIONS,
    }
)
"""Descriptors and the only type that they describe."""

_HOURS_OF_LEFT: Final = MappingProxyType(
    {
        Quadrant.UPPER_OUTER: frozenset({12, 1, 2, 3}),
        Quadrant.LOWER_OUTER: frozenset({3, 4, 5, 6}),
        Quadrant.LOWER_INNER: frozenset({6, 7, 8, 9}),
        Quadrant.UPPER_INNER: frozenset({9, 10, 11, 12}),
    }
)


def hours_of(quadrant: Quadrant, side: Laterality) -> frozenset[int]:
    """Give the clock positions of a quadrant, seen from the front; none for other places.

    The hours between two quadrants belong to both.
    """
    left = _HOURS_OF_LEFT.get(quadrant, frozenset())
    return left if side is Laterality.LEFT else frozenset((12 - hour) or 12 for hour in left)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding; None means "not stated".

    Parameters
    ----------
    type
        What it is.
    shape, margin, density
        Of a mass.
    morphology, distribution
        Of calcifications.
    quadrant, depth
        Where.
    clock
        Clock position 1..12, seen from the front.
    size_mm
        Longest diameter in whole millimetres, 1..300.
    assessment
        BI-RADS category of this finding alone.
    certainty
        How sure the source is.
    source
        Who says so.

    Raises
    ------
    ValueError
        If a descriptor belongs to another type, or a number is out of range.
    """

    type: FindingType
    shape: Shape | None = None
    margin: Margin | None = None
    density: MassDensity | None = None
    morphology: Morphology | None = None
    distribution: Distribution | None = None
    quadrant: Quadrant | None = None
    clock: int | None = None
    depth: Depth | None = None
    size_mm: int | None = None
    assessment: Assessment | None = None
    certainty: Certainty = Certainty.DEFINITE
    source: Source = Source.LABEL

    def __post_init__(self) -> None:
        for name, owner in ONLY_OF.items():
            if getattr(self, name) is not None and self.type is not owner:
                raise ValueError(f"{name} describes {owner}, not {self.type}")
        if self.clock is not None and not 1 <= self.clock <= 12:
            raise ValueError(f"clock position {self.clock} is none of 1..12")
        if self.size_mm is not None and not 1 <= self.size_mm <= LARGEST_MM:
            raise ValueError(f"size of {self.size_mm} mm is none of 1..{LARGEST_MM}")


@dataclass(frozen=True, kw_only=True)
class BreastDescription:
    """What is said of one breast.

    Parameters
    ----------
    laterality
        Side.
    findings
        In the order in which they are told; empty where nothing was found.
    assessment
        BI-RADS category of the breast, None where not stated.

    Raises
    ------
    ValueError
        If a finding's clock position does not lie in its quadrant.
    """

    laterality: Laterality
    findings: tuple[Finding, ...] = ()
    assessment: Assessment | None = None

    def __post_init__(self) -> None:
        for finding in self.findings:
            if finding.clock is None or finding.quadrant is None:
                continue
            if finding.clock not in hours_of(finding.quadrant, self.laterality):
                raise ValueError(
                    f"{finding.clock} o'clock is not {finding.quadrant} in {self.laterality}"
                )


@dataclass(frozen=True, kw_only=True)
class StudyFindings:
    """What is said of one exam.

    Parameters
    ----------
    density
        BI-RADS breast composition of the denser breast, None where not stated.
    breasts
        One or two, right breast before left.

    Raises
    ------
    ValueError
        If no breast is there, or one is there twice or out of order.
    """

    density: DensityCategory | None
    breasts: tuple[BreastDescription, ...]

    def __post_init__(self) -> None:
        sides = [breast.laterality for breast in self.breasts]
        if sides not in ([Laterality.RIGHT], [Laterality.LEFT], list(Laterality)):
            raise ValueError(f"breasts {sides} are not right before left, one each")

    @property
    def assessment(self) -> Assessment | None:
        """The more abnormal category of the breasts; None where none is stated."""
        stated = [breast.assessment for breast in self.breasts if breast.assessment]
        return highest_assessment(stated)


def without_assessments(study: StudyFindings) -> StudyFindings:
    """Give what is there to see, without any BI-RADS category."""

    def described(breast: BreastDescription) -> BreastDescription:
        findings = tuple(replace(finding, assessment=None) for finding in breast.findings)
        return replace(breast, findings=findings, assessment=None)

    return replace(study, breasts=tuple(described(breast) for breast in study.breasts))


FINDING_FIELDS: Final = tuple(field.name for field in fields(Finding))
