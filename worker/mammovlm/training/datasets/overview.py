"""What a manifest holds: how many of each label in each split, and which files are missing."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mammovlm.training.datasets.imported import Progress, silent, tracked
from mammovlm.training.datasets.labels import Split
from mammovlm.training.datasets.rows import ManifestRow

UNKNOWN = "not given"


def _finding_words(row: ManifestRow) -> Sequence[str]:
    if row.finding_types is None:
        return [UNKNOWN]
    return sorted(row.finding_types) or ["none"]


_LABELS: Mapping[str, Callable[[ManifestRow], Iterable[str]]] = {
    "view": lambda row: [str(row.slot)],
    "density": lambda row: ["|".join(sorted(row.densities)) or UNKNOWN],
    "birads": lambda row: [row.birads or UNKNOWN],
    "biopsy": lambda row: [row.biopsy or UNKNOWN],
    "outcome": lambda row: [row.outcome or UNKNOWN],
    "finding_types": _finding_words,
    "report": lambda row: ["given" if row.report else UNKNOWN],
}


@dataclass(frozen=True)
class SplitOverview:
    """One split.

    Parameters
    ----------
    split
        None for rows that were not split yet.
    patients, exams, views
        How many.
    labels
        Views by label and column; a view with two kinds of finding counts in both.
    """

    split: Split | None
    patients: int
    exams: int
    views: int
    labels: Mapping[str, Mapping[str, int]]


def overview(rows: Sequence[ManifestRow]) -> tuple[SplitOverview, ...]:
    """Count every split that has rows; train, dev, test, then rows without a split."""
    by_split = {split: [r for r in rows if r.split == split] for split in (*Split, None)}
    return tuple(_count(split, its) for split, its in by_split.items() if its)


def missing_files(rows: Sequence[ManifestRow], progress: Progress = silent) -> tuple[Path, ...]:
    """List the files that are not where the manifest says."""
    files = tracked((row.file for row in rows), progress, len(rows))
    return tuple(file for file in files if not file.is_file())


def _count(split: Split | None, rows: Sequence[ManifestRow]) -> SplitOverview:
    labels = {
        column: dict(sorted(Counter(v for row in rows for v in values(row)).items()))
        for column, values in _LABELS.items()
    }
    patients, exams = {row.patient for row in rows}, {row.exam for row in rows}
    return SplitOverview(split, len(patients), len(exams), len(rows), labels)
