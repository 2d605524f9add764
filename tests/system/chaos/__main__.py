"""The command ``make chaos``: a campaign, its progress and its report."""

import math
import sys
import tempfile
import time
from pathlib import Path

import click

from system.chaos.campaign import run_campaign
from system.chaos.faults import FAULTS, possible_faults
from system.chaos.installation import installation
from system.chaos.report import lines


@click.command()
@click.option("--studies", default=300, show_default=True, help="How many studies to send.")
@click.option("--seed", type=int, help="Of studies, faults and moments; default: drawn anew.")
@click.option("--minutes", type=float, default=math.inf, help="Begin no study after that.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for data and logs.")
def main(studies: int, seed: int | None, minutes: float, keep: Path | None) -> None:
    """Send studies while programs are killed, cut off and starved; count what became of them."""
    seed = int(time.time()) % 1_000_000 if seed is None else seed
    begun = time.monotonic()
    folder = keep or Path(tempfile.mkdtemp(prefix="mammovlm-chaos-"))
    click.echo(f"seed {seed} (the same again: --seed {seed}); logs in {folder}")
    with installation(folder) as site:
        missing = set(FAULTS) - set(possible_faults(site))
        if missing:
            click.echo(f"not possible on this machine: {', '.join(sorted(missing))}")
        outcome = run_campaign(
            site,
            studies=studies,
            seed=seed,
            minutes=minutes,
            notify=lambda text: click.echo(f"{time.monotonic() - begun:6.0f} s  {text}"),
        )
        click.echo("\n".join(lines(outcome)))
    sys.exit(bool(outcome.first.complaints or outcome.again.complaints))


if __name__ == "__main__":
    main()
