"""``mammovlm up`` and ``mammovlm down``: the local stack."""

from collections.abc import Callable

import click
from rich.console import Console

from mammovlm.stack import PROGRAMS, StackFailed, StackSettings
from mammovlm.stack import down as stop_stack
from mammovlm.stack import up as start_stack

_console = Console()


def _steps(console: Console) -> Callable[[str], None]:
    return lambda step: console.print(f"[dim]stack:[/dim] {step}", highlight=False)


@click.command()
@click.option(
    "--only",
    type=click.Choice(list(PROGRAMS)),
    multiple=True,
    help="Start only this program; may be given several times.",
)
def up(only: tuple[str, ...]) -> None:
    """Start Orthanc, RabbitMQ and a worker in the background and wait until they work."""
    settings = StackSettings()
    names = [name for name in PROGRAMS if not only or name in only]
    try:
        started = start_stack(settings, _steps(_console), names)
    except StackFailed as failure:
        raise click.ClickException(str(failure)) from failure
    _console.print("The stack is up." if started else "The stack was up already.")
    _console.print(f"  worklist      {settings.http_url}/mammovlm/", highlight=False)
    viewer = f"{settings.http_url}/ohif/" if settings.has_ohif else "not set up; see `make setup`"
    _console.print(f"  OHIF viewer   {viewer}", highlight=False)
    _console.print(f"  Orthanc       {settings.http_url}", highlight=False)
    _console.print(
        f"  DICOM         AE title ORTHANC, port {settings.dicom_port} "
        "(from this machine only, unless MAMMOVLM_ACCEPT_REMOTE_DICOM=true)",
        highlight=False,
    )
    _console.print(f"  data, logs    {settings.var}", highlight=False)
    _console.print("  stop with     make down", highlight=False)


@click.command()
def down() -> None:
    """Stop the local stack; a worker first ends the study it is at."""
    try:
        stopped = stop_stack(StackSettings(), _steps(_console))
    except StackFailed as failure:
        raise click.ClickException(str(failure)) from failure
    _console.print("The stack is down." if stopped else "The stack was not up.")
