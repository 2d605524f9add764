"""The manifest: a CSV file with one row a view, written and read strictly.

The first columns and ``split_group`` are named as Mirai names them (four-systems 5.1), the label
columns follow; Mirai's two columns of follow-up years are left out, since no import knows them.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality, ViewPosition
from mammovlm.training.datasets.consistency import contradictions
from mammovlm.training.datasets.labels import Assessment, FindingType, Split, Truth
from mammovlm.training.datasets.rows import ManifestRow, RowInvalid

COLUMNS = (
    "patient_id",
    "exam_id",
    "laterality",
    "view",
    "file_path",
    "density",
    "birads",
    "biopsy",
    "outcome",
    "finding_types",
    "report",
    "split_group",
)
NO_FINDING = "none"
"""In ``finding_types``: it is said that there is no finding. Empty: nothing is said."""
_BETWEEN = "|"
_MOST_SHOWN = 20
_Word = TypeVar("_Word", bound=StrEnum)


class ManifestInvalid(ValueError):
    """Raised when a manifest is not as it must be.

    Parameters
    ----------
    problems
        One sentence each, naming line and column but no value.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        shown = list(problems[:_MOST_SHOWN])
        if len(problems) > len(shown):
            shown.append(f"... and {len(problems) - len(shown)} more")
        super().__init__("\n".join(shown))
        self.problems = tuple(problems)


def write_manifest(path: Path, rows: Sequence[ManifestRow]) -> None:
    """Write a manifest; files below its folder are written relative to it.

    Raises
    ------
    ManifestInvalid
        Where the rows contradict each other, above all a patient in two splits.
    """
    problems = [f"row {index + 1}, {problem}" for index, problem in contradictions(rows)]
    if problems:
        raise ManifestInvalid(problems)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    with unfinished.open("w", newline="", encoding="utf-8") as table:
        writer = csv.writer(table)
        writer.writerow(COLUMNS)
        writer.writerows(_cells(row, path.parent) for row in rows)
    unfinished.replace(path)


def read_manifest(path: Path) -> tuple[ManifestRow, ...]:
    """Read a manifest; relative files are taken from its folder.

    Raises
    ------
    FileNotFoundError
        Where there is none.
    ManifestInvalid
        With every wrong line and column: columns that are missing or unknown, values that are
        not allowed, files named twice, an exam of two patients, a patient in two splits.
    """
    rows: list[ManifestRow] = []
    lines: list[int] = []
    problems: list[str] = []
    try:
        for line, cells in _lines(path):
            try:
                rows.append(_row(cells, path.parent))
                lines.append(line)
            except RowInvalid as error:
                problems.append(f"line {line}, {error}")
    except (UnicodeDecodeError, csv.Error) as error:
        raise ManifestInvalid(["the file is no CSV in UTF-8"]) from error
    problems += [f"line {lines[index]}, {problem}" for index, problem in contradictions(rows)]
    if problems:
        raise ManifestInvalid(problems)
    return tuple(rows)


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    with path.open(newline="", encoding="utf-8-sig") as table:
        reader = csv.reader(table, strict=True)
        header = next(reader, [])
        if sorted(header) != sorted(COLUMNS):
            raise ManifestInvalid([f"line 1: the columns must be {', '.join(COLUMNS)}"])
        before = reader.line_num
        for cells in reader:
            if cells and len(cells) != len(header):
                problem = f"line {before + 1}: {len(cells)} values for {len(header)} columns"
                raise ManifestInvalid([problem])
            if cells:
                yield before + 1, dict(zip(header, cells, strict=True))
            before = reader.line_num


def _cells(row: ManifestRow, folder: Path) -> tuple[str, ...]:
    return (
        row.patient,
        row.exam,
        row.laterality,
        row.view,
        _path_cell(row.file, folder),
        _BETWEEN.join(sorted(row.densities)),
        row.birads or "",
        row.biopsy or "",
        row.outcome or "",
        _findings_cell(row.finding_types),
        row.report,
        row.split or "",
    )


def _path_cell(file: Path, folder: Path) -> str:
    absolute, beside = Path.cwd() / file, Path.cwd() / folder
    below = absolute.is_relative_to(beside)
    return (absolute.relative_to(beside) if below else absolute).as_posix()


def _findings_cell(findings: frozenset[FindingType] | None) -> str:
    if findings is None:
        return ""
    return _BETWEEN.join(sorted(findings)) or NO_FINDING


def _row(cells: Mapping[str, str], folder: Path) -> ManifestRow:
    if not cells["file_path"].strip():
        raise RowInvalid("file_path", "must not be empty")
    return ManifestRow(
        patient=cells["patient_id"],
        exam=cells["exam_id"],
        laterality=_word(Laterality, cells, "laterality"),
        view=_word(ViewPosition, cells, "view"),
        file=folder / cells["file_path"],
        densities=_words(DensityCategory, cells["density"], "density"),
        birads=_word_or_none(Assessment, cells, "birads"),
        biopsy=_word_or_none(Truth, cells, "biopsy"),
        outcome=_word_or_none(Truth, cells, "outcome"),
        finding_types=_findings(cells["finding_types"]),
        report=cells["report"],
        split=_word_or_none(Split, cells, "split_group"),
    )


def _word(words: type[_Word], cells: Mapping[str, str], column: str) -> _Word:
    try:
        return words(cells[column])
    except ValueError:
        raise RowInvalid(column, f"must be one of {', '.join(words)}") from None


def _word_or_none(words: type[_Word], cells: Mapping[str, str], column: str) -> _Word | None:
    try:
        return words(cells[column]) if cells[column] else None
    except ValueError:
        raise RowInvalid(column, f"must be empty or one of {', '.join(words)}") from None


def _words(words: type[_Word], cell: str, column: str) -> frozenset[_Word]:
    try:
        return frozenset(words(each) for each in cell.split(_BETWEEN)) if cell else frozenset()
    except ValueError:
        expected = f"must be empty or some of {', '.join(words)}, with {_BETWEEN} between them"
        raise RowInvalid(column, expected) from None


def _findings(cell: str) -> frozenset[FindingType] | None:
    if not cell:
        return None
    return frozenset() if cell == NO_FINDING else _words(FindingType, cell, "finding_types")
