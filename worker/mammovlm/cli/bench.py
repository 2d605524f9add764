"""``mammovlm bench``: measure the whole path on this machine."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from mammovlm.cli.measuring import Measures, measure
from mammovlm.stack import StackFailed

_console = Console()


@click.command()
@click.option("--rounds", default=7, show_default=True, help="Pairs for the C-STORE throughput.")
@click.option("--studies", default=5, show_default=True, help="Studies for the other figures.")
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path), help="Write the figures there as well."
)
def bench(rounds: int, studies: int, json_path: Path | None) -> None:
    """Measure throughput, latency, stages and memory with a stack of its own.

    Absolute times hold for this machine and what else it does; the throughput is a ratio of pairs.
    """
    try:
        with _console.status("measuring") as shown:
            measures = measure(rounds, studies, shown.update)
    except StackFailed as failure:
        raise click.ClickException(str(failure)) from failure
    _console.print(_table(measures))
    if json_path:
        json_path.write_text(json.dumps(asdict(measures), indent=2) + "\n")


def _table(measures: Measures) -> Table:
    title = f"Median of {measures.studies} studies (CBIS-DDSM, four views), {measures.cores} cores"
    table = Table("measure", "value", "aim", title=title)
    low, high = measures.throughput_range
    table.add_row(
        "C-STORE throughput, with ÷ without plugin",
        f"{measures.throughput_ratio:.2f} ({low:.2f}–{high:.2f})",
        "≥ 0.95",
    )
    table.add_row("quiet time over → job queued", f"{measures.queued_after_quiet:.2f} s", "≤ 1 s")
    for stage, seconds in measures.stages.items():
        table.add_row(f"  {stage}", f"{seconds:.2f} s", "")
    table.add_row("everything around the model", f"{measures.around_the_model:.2f} s", "≤ 1.5 s")
    table.add_row("job queued → report stored", f"{measures.analysis:.2f} s", "≤ 10 s")
    table.add_row(
        "last image stored → report stored (with the quiet time)",
        f"{measures.from_last_image:.2f} s",
        "",
    )
    table.add_row("memory of the worker", f"{measures.worker_memory_mib:.0f} MiB", "≤ 2048 MiB")
    return table
