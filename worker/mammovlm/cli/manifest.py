"""``mammovlm manifest``: make a manifest of a local data set, and check one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from mammovlm.training.datasets import (
    IMPORTERS,
    DataSetUnreadable,
    Imported,
    ManifestInvalid,
    ManifestRow,
    Shares,
    SplitOverview,
    missing_files,
    overview,
    read_manifest,
    split_by_patient,
    write_manifest,
)
from mammovlm.training.datasets.imported import Progress as ProgressCall

_console = Console()
_SHOWN = 10


@click.group()
def manifest() -> None:
    """Make a manifest (CSV, one row a view) of a data set that lies on this machine, or check one.

    Nothing is downloaded. A manifest names patients as the data set does: treat it like the images.
    """


@manifest.command(name="import")
@click.argument("source", type=click.Choice(tuple(IMPORTERS)))
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The manifest."
)
@click.option(
    "--seed", default=0, show_default=True, help="Of the split: same seed, same patients."
)
@click.option(
    "--own-split",
    is_flag=True,
    help="Split all patients anew, also where the publisher names the test patients.",
)
def import_command(source: str, folder: Path, out: Path, seed: int, own_split: bool) -> None:
    """Import the data set SOURCE from FOLDER, a local copy in its publisher's layout.

    Patients are split into train, dev and test (70, 15, 15 %); where the publisher names the test
    patients, these stay and the others are split into train and dev (85, 15 %).
    """
    try:
        with _progress(f"importing {source}") as told:
            imported = IMPORTERS[source](folder, told)
        _show_passed_over(imported)
        if not imported.rows:
            raise click.ClickException(f"no view of {source} was found in {folder}")
        rows = _split(imported, seed, own_split)
        write_manifest(out, rows)
    except (DataSetUnreadable, ManifestInvalid) as failure:
        raise click.ClickException(str(failure)) from failure
    _show(overview(rows))
    _console.print(f"{len(rows)} views are in {out}.", highlight=False, markup=False)


@manifest.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Check the manifest FILE: every value, one split a patient, and that every image is there.

    The exit code is 0 where all is well and 1 otherwise.
    """
    try:
        rows = read_manifest(file)
    except ManifestInvalid as failure:
        raise click.ClickException(f"{file}:\n{failure}") from failure
    _show(overview(rows))
    with _progress("looking for the files") as told:
        missing = missing_files(rows, told)
    for path in missing[:_SHOWN]:
        _console.print(f"  missing: {path}", highlight=False, markup=False, soft_wrap=True)
    if missing:
        raise click.ClickException(f"{len(missing)} of {len(rows)} files are missing")
    _console.print(f"All {len(rows)} files are there; no patient is in two splits.")


def _split(imported: Imported, seed: int, own_split: bool) -> tuple[ManifestRow, ...]:
    if imported.has_published_test and not own_split:
        return split_by_patient(imported.rows, seed, Shares(train=0.85, dev=0.15, test=0.0))
    return split_by_patient(imported.without_split, seed)


@contextmanager
def _progress(text: str) -> Iterator[ProgressCall]:
    columns = (SpinnerColumn(), TextColumn(text), MofNCompleteColumn(), TimeElapsedColumn())
    hidden = not _console.is_terminal
    with Progress(*columns, console=_console, transient=True, disable=hidden) as shown:
        task = shown.add_task(text, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


def _show_passed_over(imported: Imported) -> None:
    if not imported.passed_over:
        return
    table = Table("passed over because", "how many", "such as")
    for reason, count in imported.reasons.items():
        first = next(each for each in imported.passed_over if each.reason == reason)
        table.add_row(reason, str(count), f"{first.name} {first.detail}".strip())
    _console.print(table)


def _show(splits: tuple[SplitOverview, ...]) -> None:
    table = Table("", *(each.split or "no split" for each in splits))
    for count in ("patients", "exams", "views"):
        table.add_row(count, *(str(getattr(each, count)) for each in splits))
    for column in splits[0].labels if splits else ():
        table.add_section()
        for label in sorted({name for each in splits for name in each.labels[column]}):
            counts = (str(each.labels[column].get(label, 0)) for each in splits)
            table.add_row(f"{column}: {label}", *counts)
    _console.print(table)
