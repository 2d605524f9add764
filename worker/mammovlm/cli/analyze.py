"""``mammovlm analyze``: every study in a folder, without queue and Orthanc."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from mammovlm.archive import FolderArchive, FoundStudies, find_studies
from mammovlm.errors import (
    ArchiveUnavailable,
    FontMissing,
    ResultInvalid,
    StudyRejected,
    WeightsUnusable,
)
from mammovlm.job import AnalysisJob
from mammovlm.model import MammoVLM
from mammovlm.pipeline import analyse
from mammovlm.results import page_fonts, result_document
from mammovlm.results.refusal_document import NoResult, refusal_document
from mammovlm.settings import Settings

_console = Console()
_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
)


@dataclass(frozen=True)
class _Outcome:
    study_instance_uid: str
    document: dict[str, Any]

    @property
    def analysed(self) -> bool:
        return self.document["status"] in {"done", "partial"}


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the results go: <StudyInstanceUID>.sr.dcm, .json, .pdf.dcm and .cad.dcm.",
)
def analyze(path: Path, out: Path) -> None:
    """Analyse every study in PATH, at any depth.

    A study that cannot be analysed gets a .json that says why; the others go on. The exit code is
    0 when all were analysed, 1 when one was not, 2 when PATH holds no DICOM study.
    """
    found = _find(path)
    if not found.studies:
        _console.print(f"No DICOM study in {path} ({len(found.others)} other files).")
        sys.exit(2)
    outcomes = _analyse_all(found, out)
    _console.print(_summary(outcomes))
    _console.print(f"Reports are in {out}.", highlight=False)
    if found.others:
        _console.print(f"{len(found.others)} files were no DICOM and were passed over:")
        for file in found.others[:10]:
            _console.print(f"  {file}", highlight=False, markup=False)
    sys.exit(0 if all(outcome.analysed for outcome in outcomes) else 1)


def _find(path: Path) -> FoundStudies:
    with _console.status(f"looking for studies in {path}"):
        return find_studies(path)


def _analyse_all(found: FoundStudies, out: Path) -> list[_Outcome]:
    settings = Settings()
    try:
        with _console.status("loading the model"):
            model = MammoVLM.load(settings)
        if settings.pdf_report:
            page_fonts(settings.language, settings.pdf_font)
    except (WeightsUnusable, FontMissing) as failure:
        raise click.ClickException(str(failure)) from failure
    out.mkdir(parents=True, exist_ok=True)
    outcomes = []
    with Progress(*_COLUMNS, console=_console) as progress:
        task = progress.add_task("studies", total=len(found.studies))
        for uid, files in found.studies.items():
            outcomes.append(_analyse_one(uid, files, out, model, settings))
            progress.advance(task)
    return outcomes


def _analyse_one(
    uid: str, files: Sequence[Path], out: Path, model: MammoVLM, settings: Settings
) -> _Outcome:
    archive = FolderArchive(files, out)
    try:
        analysis = analyse(AnalysisJob(uid), archive, model, settings)
        document = result_document(
            analysis.study,
            analysis.findings,
            analysis.explanation,
            analysis.report,
            objects=analysis.objects,
            timings_s=analysis.timings_s,
        )
    except StudyRejected as rejected:
        why = NoResult(uid, "rejected", rejected.reason.value, str(rejected))
        document = refusal_document(why)
    except (ArchiveUnavailable, ResultInvalid) as fault:
        document = refusal_document(NoResult(uid, "failed", type(fault).__name__, str(fault)))
    (out / f"{uid}.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return _Outcome(uid, document)


def _summary(outcomes: Sequence[_Outcome]) -> Table:
    table = Table(
        Column("study", overflow="fold"),
        *("status", "density", "4 against 3: right", "left", "seconds"),
    )
    for outcome in outcomes:
        document = outcome.document
        if not outcome.analysed:
            table.add_row(outcome.study_instance_uid, f"[red]{document['status']}[/red]")
            table.add_row("", document["text"])
            continue
        density, sides = document["density"], {b["laterality"]: b for b in document["breasts"]}
        table.add_row(
            outcome.study_instance_uid,
            document["status"],
            density["category"] if density else "not available",
            *(_percent(sides.get(side)) for side in "RL"),
            f"{sum(document['timings_s'].values()):.1f}",
        )
    return table


def _percent(breast: dict[str, Any] | None) -> str:
    if breast is None or breast["suspicion"] is None:
        return "–"
    suspicion = breast["suspicion"]
    return f"{suspicion['value']:.0%} ({suspicion['low']:.0%}–{suspicion['high']:.0%})"
