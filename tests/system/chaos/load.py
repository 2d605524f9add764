"""The command ``make load``: a backlog of queued studies, memory, throughput, urgency."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import click

from system.chaos.backlog import Load, run_load
from system.chaos.installation import installation


@click.command()
@click.option("--studies", default=1000, show_default=True, help="How many studies to queue.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for data and logs.")
@click.option("--analyses", default=200, show_default=True, help="How many one worker, then two.")
def main(studies: int, analyses: int, keep: Path | None) -> None:
    """Queue studies without a worker, then let one worker analyse some, then two."""
    begun = time.monotonic()
    folder = keep or Path(tempfile.mkdtemp(prefix="mammovlm-load-"))
    click.echo(f"logs in {folder}")
    with installation(folder, MAMMOVLM_DEADLINE_S="1", MAMMOVLM_THREADS="1") as site:
        load = run_load(
            site,
            studies=studies,
            analyses=min(analyses, studies // 2 - 2),
            notify=lambda text: click.echo(f"{time.monotonic() - begun:6.0f} s  {text}"),
        )
    click.echo("\n".join(lines(load)))


def lines(load: Load) -> Iterator[str]:
    """Write what was measured."""
    yield f"{load.queued} studies queued in {load.queued_in_s:.0f} s; {load.analysed} analysed"
    tenth = max(1, len(load.sending_s) // 10)
    yield (
        f"C-STORE of one study: median {median(load.sending_s[:tenth]):.2f} s for the first tenth, "
        f"{median(load.sending_s[-tenth:]):.2f} s for the last, longest {max(load.sending_s):.1f} s"
    )
    one, two = load.studies_per_minute
    yield f"one worker {one:.1f} studies a minute, two {two:.1f}: {two / one:.2f} times"
    yield f"an urgent study was overtaken by {load.overtaken_by} others"
    yield "phase         studies  Orthanc MB  broker MB  workers MB"
    for at in load.memory:
        yield (
            f"{at.phase:12s}  {at.studies:7d}  {at.orthanc:10.0f}  {at.broker:9.0f}  "
            f"{at.workers:10.0f}"
        )


if __name__ == "__main__":
    main()
