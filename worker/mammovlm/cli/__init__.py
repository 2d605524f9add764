"""The command line ``mammovlm``: one file per command, read only when that command is called."""

import importlib

import click
from pydantic import ValidationError

from mammovlm import __version__
from mammovlm.settings import complaints

_COMMANDS = {
    "analyze": ("analyze", "Analyse files or folders, without Orthanc and queue."),
    "show": ("show", "Show a report for a person."),
    "send": ("send", "Send DICOM files by C-STORE, as a modality does."),
    "status": ("service", "Show what runs and the state of the studies."),
    "rerun": ("service", "Ask for a study to be analysed again."),
    "ask": ("ask", "Ask questions about a study's result."),
    "up": ("stack", "Start Orthanc, RabbitMQ and a worker in the background."),
    "down": ("stack", "Stop them."),
    "demo": ("demo", "Send a real exam and print the report that comes back."),
    "doctor": ("doctor", "Look at a whole installation and say what to mend."),
    "prepare": ("prepare", "Convert the weights once, ahead of the first analysis."),
    "certificates": ("certificates", "Make certificates for tests of the production set-up."),
    "passwords": ("passwords", "Make the passwords of a production system."),
    "manifest": ("manifest", "Make a manifest of a local data set, or check one."),
    "evaluate": ("evaluate", "Measure the weights on labelled exams, or on phantoms."),
    "bench": ("bench", "Measure the whole path; prints ratios and medians."),
    "bench-model": ("bench_model", "Measure the model on this device; writes a dated page."),
}
"""Command to its file in this package and to its line in the overview."""


class CommandsByFile(click.Group):
    """Commands that are imported when they are called: some need torch, which takes seconds."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands, in the order in which a person meets them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None when there is no such command."""
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"mammovlm.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; wrong settings end it with their names, not with a traceback."""
        try:
            return super().invoke(ctx)
        except ValidationError as error:
            if error.title not in {"Settings", "StackSettings"}:
                raise
            raise click.ClickException("\n".join(complaints(error))) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(cls=CommandsByFile, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mammovlm")
def main() -> None:
    """Read mammography studies and write structured reports.

    Every setting is an environment variable MAMMOVLM_...; nothing leaves this machine.
    """
