"""Reading the publishers' tables: CSV with any of their quirks, and Excel."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import openpyxl

from mammovlm.training.datasets.imported import DataSetUnreadable

Cells = Mapping[str, str]
"""One row: value by column name, both without blanks around them."""


def csv_rows(path: Path, needed: Sequence[str], delimiter: str = ",") -> Iterator[Cells]:
    """Read a CSV table with a header line.

    Raises
    ------
    DataSetUnreadable
        Where it is missing, no CSV in UTF-8 or lacks a needed column.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as table:
            reader = csv.reader(table, delimiter=delimiter)
            header = [name.strip() for name in next(reader, [])]
            _check(path, header, needed)
            for cells in reader:
                if any(cells):
                    yield _named(header, cells)
    except FileNotFoundError as error:
        raise DataSetUnreadable(f"{path} is missing") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataSetUnreadable(f"{path} is no CSV in UTF-8") from error


def excel_rows(path: Path, needed: Sequence[str]) -> Iterator[Cells]:
    """Read the first sheet of an Excel workbook whose first row is the header.

    Raises
    ------
    DataSetUnreadable
        Where it is no workbook or lacks a needed column.
    """
    try:
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever the broken archive leads to
        raise DataSetUnreadable(f"{path} is no Excel workbook (.xlsx)") from error
    try:
        rows = workbook.worksheets[0].iter_rows(values_only=True)
        header = [_text(cell) for cell in next(rows, ())]
        _check(path, header, needed)
        for row in rows:
            cells = [_text(cell) for cell in row]
            if any(cells):
                yield _named(header, cells)
    finally:
        workbook.close()


def whole(value: str) -> str:
    """Write a number that a table holds as a float, such as "2.0", as the whole number it is."""
    return value[:-2] if value.endswith(".0") and value[:-2].isdigit() else value


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _check(path: Path, header: Sequence[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in header]
    if missing:
        raise DataSetUnreadable(f"{path} has no column {', '.join(missing)}")


def _named(header: Sequence[str], cells: Sequence[str]) -> Cells:
    padded = [*cells, *[""] * (len(header) - len(cells))]
    return {name: cell.strip() for name, cell in zip(header, padded, strict=False)}
