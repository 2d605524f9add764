"""What an import gives: rows, and what was passed over with the reason."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from mammovlm.training.datasets.labels import Split
from mammovlm.training.datasets.rows import ManifestRow

Progress = Callable[[int, int | None], None]
"""Called with how many were done of how many; None where that is not known yet."""
Importer = Callable[[Path, Progress], "Imported"]
_Each = TypeVar("_Each")
_Value = TypeVar("_Value")


class Reason(StrEnum):
    """Why a view of a data set is not in the manifest, where no image was opened."""

    FILE_MISSING = "file-missing"
    SEVERAL_FILES = "several-files-fit"
    VIEW_NOT_STANDARD = "view-not-standard"
    LATERALITY_UNKNOWN = "laterality-unknown"
    SPOT_OR_MAGNIFICATION = "spot-or-magnification"
    NOT_2D = "not-2d"
    MALE = "male"
    LABEL_UNKNOWN = "label-unknown"
    NOT_IN_TABLE = "not-in-table"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class PassedOver:
    """Something of a data set that is not in the manifest.

    Parameters
    ----------
    name
        Path below the data set's folder, or the table's own name of the view.
    reason
        A `Reason`, or a `mammovlm.study.LeftOutReason` where the image was opened.
    detail
        More, such as the column.
    """

    name: str
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Imported:
    """Rows of one data set, and what was passed over.

    Parameters
    ----------
    rows
        Split TEST where the publisher says so, otherwise None.
    passed_over
        With reasons.
    """

    rows: tuple[ManifestRow, ...]
    passed_over: tuple[PassedOver, ...]

    @property
    def has_published_test(self) -> bool:
        """True where the publisher named the test patients."""
        return any(row.split is Split.TEST for row in self.rows)

    @property
    def without_split(self) -> tuple[ManifestRow, ...]:
        """The rows without what the publisher says about splits."""
        return tuple(replace(row, split=None) for row in self.rows)

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many were passed over for each reason, most frequent first."""
        return dict(Counter(each.reason for each in self.passed_over).most_common())


class DataSetUnreadable(ValueError):
    """Raised when a folder does not hold the data set in its publisher's layout."""


class ViewRefused(Exception):
    """Raised inside an import by a view that cannot be a row; `collect` notes it.

    Parameters
    ----------
    reason
        See `PassedOver`.
    detail
        See `PassedOver`.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


def known(meanings: Mapping[str, _Value], value: str, column: str) -> _Value:
    """Look up what a value of a publisher's table means.

    Raises
    ------
    ViewRefused
        LABEL_UNKNOWN where the publisher's documentation does not name the value.
    """
    try:
        return meanings[value]
    except KeyError:
        raise ViewRefused(Reason.LABEL_UNKNOWN, f"{column} {value!r}") from None


def existing(file: Path) -> Path:
    """Give the file back where it is there.

    Raises
    ------
    ViewRefused
        FILE_MISSING where it is not.
    """
    if not file.is_file():
        raise ViewRefused(Reason.FILE_MISSING, file.name)
    return file


def collect(
    views: Iterable[tuple[str, _Each]],
    read: Callable[[_Each], ManifestRow],
    progress: Progress,
    total: int | None = None,
) -> Imported:
    """Read views one by one; what is refused is noted under the view's name."""
    rows, passed = [], []
    for name, view in tracked(views, progress, total):
        try:
            rows.append(read(view))
        except ViewRefused as refusal:
            passed.append(PassedOver(name, refusal.reason, refusal.detail))
    return Imported(tuple(rows), tuple(passed))


def silent(_done: int, _total: int | None) -> None:
    """Show no progress."""


def tracked(
    items: Iterable[_Each], progress: Progress, total: int | None = None
) -> Iterator[_Each]:
    """Go through items and tell how many were done."""
    for done, item in enumerate(items, start=1):
        yield item
        progress(done, total)
