"""One row of a manifest: one view of one breast, where its file lies and what is known about it."""

from dataclasses import dataclass
from pathlib import Path

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality, Slot, ViewPosition
from mammovlm.training.datasets.labels import Assessment, FindingType, Split, Truth


class RowInvalid(ValueError):
    """Raised when a value of a row is not allowed; never holds the value itself.

    Parameters
    ----------
    column
        Name of the column in the file.
    expected
        What is allowed there.
    """

    def __init__(self, column: str, expected: str) -> None:
        super().__init__(f"column {column}: {expected}")
        self.column = column
        self.expected = expected


@dataclass(frozen=True)
class ManifestRow:
    """One view.

    Parameters
    ----------
    patient
        Same for all images of one woman, unique over data sets ("CBIS-DDSM P_00001").
    exam
        Same for all images of one exam, unique over data sets.
    laterality, view
        Which view.
    file
        Where the image lies.
    densities
        The BI-RADS composition, or two neighbours where the data set's own words leave it open;
        empty where nothing is known.
    birads
        Assessment of this breast (or of this view, where the data set assesses views).
    biopsy
        What the tissue was, where some was taken.
    outcome
        What is held to be true however it was found out: by biopsy, by follow-up or as the data
        set says without telling how. Never contradicts ``biopsy``.
    finding_types
        Kinds of finding in this view or breast; empty where it is said that there are none, None
        where nothing is said.
    report
        The radiologist's report, in full or in part.
    split
        None before patients were split.

    Raises
    ------
    RowInvalid
        Where patient or exam is blank, densities are no neighbours, or biopsy and outcome differ.
    """

    patient: str
    exam: str
    laterality: Laterality
    view: ViewPosition
    file: Path
    densities: frozenset[DensityCategory] = frozenset()
    birads: Assessment | None = None
    biopsy: Truth | None = None
    outcome: Truth | None = None
    finding_types: frozenset[FindingType] | None = None
    report: str = ""
    split: Split | None = None

    def __post_init__(self) -> None:
        for column, name in (("patient_id", self.patient), ("exam_id", self.exam)):
            if not name.strip():
                raise RowInvalid(column, "must not be empty")
        if self.file == Path():
            raise RowInvalid("file_path", "must not be empty")
        order = sorted(self.densities)
        if len(order) > 1 and "".join(order) not in "ABCD":
            raise RowInvalid("density", "only neighbours can be given together, such as B|C")
        if len(order) > 2:
            raise RowInvalid("density", "at most two can be given together")
        if self.biopsy is not None and self.outcome not in (None, self.biopsy):
            raise RowInvalid("outcome", "must not contradict the biopsy")

    @property
    def slot(self) -> Slot:
        """Side and view."""
        return Slot(self.laterality, self.view)

    @property
    def density(self) -> DensityCategory | None:
        """The BI-RADS composition, where exactly one is named."""
        return next(iter(self.densities)) if len(self.densities) == 1 else None
