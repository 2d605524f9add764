"""What is known of each exam that the model is measured on: labels by breast."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality
from mammovlm.training.datasets.labels import (
    Assessment,
    FindingType,
    Truth,
    highest_assessment,
    worst_truth,
)
from mammovlm.training.datasets.rows import ManifestRow


@dataclass(frozen=True)
class BreastLabels:
    """What is known of one breast; each question that its labels do not answer is None.

    Parameters
    ----------
    densities
        As in `ManifestRow`: one composition, two where it is left open, none where unknown.
    birads, biopsy, outcome
        As in `ManifestRow`.
    finding_types
        Kinds of finding; empty where none is known.
    """

    densities: frozenset[DensityCategory] = frozenset()
    birads: Assessment | None = None
    biopsy: Truth | None = None
    outcome: Truth | None = None
    finding_types: frozenset[FindingType] = frozenset()

    @property
    def density(self) -> DensityCategory | None:
        """The composition, where exactly one is named."""
        return next(iter(self.densities)) if len(self.densities) == 1 else None

    @property
    def present(self) -> int | None:
        """1 for BI-RADS 3 and higher, 0 for 1 and 2; 0 answers nothing (four-systems B3)."""
        if self.birads is None or self.birads.is_incomplete:
            return None
        return int(self.birads.category >= 3)

    @property
    def suspicious(self) -> int | None:
        """The 3-versus-4 label corrected by biopsy (paper 3.2.4).

        Only asked of BI-RADS 3 and higher: what the biopsy said where there was one, else whether
        the category was 4 or higher.
        """
        if not self.present or self.birads is None:
            return None
        if self.biopsy is not None:
            return int(self.biopsy is Truth.MALIGNANT)
        return int(self.birads.category >= 4)

    @property
    def malignant(self) -> int | None:
        """1 or 0 by biopsy, else by outcome."""
        truth = self.biopsy or self.outcome
        return None if truth is None else int(truth is Truth.MALIGNANT)


@dataclass(frozen=True)
class LabelledExam:
    """One exam to measure on.

    Parameters
    ----------
    key
        Names the exam and what it is made of, so that a later run knows it again.
    number, patient
        Running numbers, from 1; they stand in the results in place of names.
    breasts
        What is known, by side.
    files
        Where its images lie; none where the exam is drawn when it is needed.
    reports
        What a radiologist wrote of each breast, without category and verdict (four-systems A10);
        only to compare with, never shown to the model as the worker runs it.
    """

    key: str
    number: int
    patient: int
    breasts: Mapping[Laterality, BreastLabels]
    files: tuple[Path, ...] = ()
    reports: Mapping[Laterality, str] = field(default_factory=dict)


def labels_of_breast(rows: Iterable[ManifestRow]) -> BreastLabels:
    """Put together what the rows of one breast's views say: the worst of each."""
    told = tuple(rows)
    return BreastLabels(
        densities=frozenset().union(*(row.densities for row in told)),
        birads=highest_assessment(row.birads for row in told if row.birads is not None),
        biopsy=worst_truth(row.biopsy for row in told if row.biopsy is not None),
        outcome=worst_truth(row.outcome for row in told if row.outcome is not None),
        finding_types=frozenset().union(*(row.finding_types or frozenset() for row in told)),
    )


def study_density(breasts: Sequence[BreastLabels]) -> DensityCategory | None:
    """Give the denser breast's composition; None unless it is known of every breast."""
    known = [labels.density for labels in breasts]
    found = [density for density in known if density is not None]
    return max(found) if found and len(found) == len(known) else None


def study_malignant(breasts: Sequence[BreastLabels]) -> int | None:
    """Give 1 where a breast is malignant, 0 where all are known not to be (four-systems A15)."""
    known = [labels.malignant for labels in breasts]
    if 1 in known:
        return 1
    return 0 if known and None not in known else None
