"""``mammovlm prepare``: convert and check the weights once, ahead of the first analysis."""

import click
from rich.console import Console
from rich.table import Table

from mammovlm.errors import WeightsUnusable
from mammovlm.model import MammoVLM
from mammovlm.settings import Settings

_console = Console()


@click.command()
def prepare() -> None:
    """Convert the packaged weights, check every hash, and show the parts of the model.

    Nothing is downloaded: the weights come with the project and its packages, or, for the preset
    `paper`, lie in the folder that MAMMOVLM_WEIGHTS_DIR names.
    """
    settings = Settings()
    try:
        with _console.status(f"preparing the weights of the preset {settings.preset}"):
            model = MammoVLM.load(settings)
    except WeightsUnusable as failure:
        raise click.ClickException(str(failure)) from failure
    table = Table("part", "architecture", "weights", "trained on", title=settings.preset)
    for part in model.algorithm.parts:
        weights = f"sha256 {part.weights_sha256[:12]}…" if part.weights_sha256 else "none"
        table.add_row(part.name, part.architecture, weights, part.trained_on)
    _console.print(table)
