"""``mammovlm status`` and ``mammovlm rerun``: ask the plugin's REST interface."""

from collections.abc import Mapping
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table

from mammovlm.cli.intake_client import (
    IntakeClient,
    IntakeUnavailable,
    StudyList,
    StudyStatus,
    StudyUnknown,
)
from mammovlm.stack import Program, ProgramState, StackSettings
from mammovlm.stack import status as stack_status

_console = Console()
_COLOURS = {
    "done": "green",
    "partial": "yellow",
    "rejected": "red",
    "failed": "bold red",
    "RUNNING": "green",
    "FATAL": "bold red",
    "BACKOFF": "red",
}

orthanc_option = click.option(
    "--orthanc",
    envvar="MAMMOVLM_ORTHANC_URL",
    default=lambda: StackSettings().http_url,
    show_envvar=True,
    show_default="the local stack's",
    help="Orthanc's address.",
)


@click.command()
@click.argument("study", required=False)
@orthanc_option
def status(study: str | None, orthanc: str) -> None:
    """Show what runs and the state of the 1000 studies that changed last, or more of one.

    STUDY is a Study Instance UID. The exit code is 0 when the plugin answered.
    """
    try:
        if study:
            _console.print(_one(IntakeClient(orthanc).study(study)))
            return
        if orthanc == StackSettings().http_url:
            _console.print(_programs(stack_status(StackSettings())))
        _console.print(_studies(IntakeClient(orthanc).studies()))
    except (IntakeUnavailable, StudyUnknown) as failure:
        raise click.ClickException(str(failure)) from failure


@click.command()
@click.argument("study")
@click.option("--urgent", is_flag=True, help="Ahead of the studies that are not urgent.")
@orthanc_option
def rerun(study: str, urgent: bool, orthanc: str) -> None:
    """Ask for STUDY, a Study Instance UID, to be analysed again.

    Nothing is replaced: another report is a new series that names the one before it. The same
    images and the same weights give the very same report.
    """
    try:
        now = IntakeClient(orthanc).rerun(study, urgent=urgent)
    except (IntakeUnavailable, StudyUnknown) as failure:
        raise click.ClickException(str(failure)) from failure
    _console.print(f"Run {now.run} of {study} is {now.state}.", highlight=False)


def coloured(state: str) -> str:
    """Mark a state with its colour."""
    colour = _COLOURS.get(state, "cyan")
    return f"[{colour}]{state}[/{colour}]"


def _programs(stack: Mapping[str, tuple[Program, ProgramState | None]]) -> Table:
    table = Table("program", "state", "pid", "up for", "address", title="Local stack")
    for name, (program, now) in stack.items():
        table.add_row(
            name,
            coloured(now.state if now else "not up"),
            str(now.pid) if now and now.pid else "",
            _duration(now.since) if now and now.since else "",
            program.address,
        )
    return table


def _duration(since: datetime) -> str:
    return str(datetime.now(UTC).replace(microsecond=0) - since)


def title_of(listed: StudyList) -> str:
    """Say how many studies a list holds, and what is not in it."""
    shown = len(listed.studies)
    count = f"{shown} of {listed.total}" if listed.total > shown else str(shown)
    more = "" if listed.is_list_complete else ", and Orthanc is still being looked through"
    return f"Studies, last changed first: {count}{more}"


def _studies(listed: StudyList) -> Table:
    table = Table(title=title_of(listed))
    table.add_column("study", overflow="fold")
    for heading in ("state", "run", "since (UTC)", "reason"):
        table.add_column(heading)
    for study in listed.studies:
        table.add_row(
            study.study_instance_uid,
            coloured(study.state),
            str(study.run),
            study.since,
            study.reason,
        )
    return table


def _one(study: StudyStatus) -> Table:
    table = Table("", "", show_header=False)
    table.add_row("study", study.study_instance_uid)
    table.add_row("state", coloured(study.state))
    rows = {
        "run": str(study.run),
        "since": study.since,
        "reason": " ".join(filter(None, (study.reason, study.text))),
        "missing": ", ".join(study.missing),
        "report": (study.report or {}).get("sop_instance_uid", ""),
        "algorithm": " ".join(
            (study.algorithm or {}).get(k, "") for k in ("name", "version", "preset")
        ),
        "timings": ", ".join(f"{stage} {s:.2f} s" for stage, s in study.timings_s.items()),
    }
    for name, value in rows.items():
        if value.strip():
            table.add_row(name, value)
    for image in study.left_out:
        table.add_row("left out", f"{image['sop_instance_uid']}: {image['reason']}")
    return table
