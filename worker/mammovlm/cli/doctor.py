"""``mammovlm doctor``: look at a whole installation and say what to mend."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click
from pydantic import ValidationError
from rich.console import Console

from mammovlm.cli.checkup import Finding, Grade, archive, installation, machine
from mammovlm.cli.checkup.broker import broker
from mammovlm.cli.checkup.certificates import certificates
from mammovlm.cli.checkup.finding import mend
from mammovlm.cli.checkup.verification import Called, Caller, verification
from mammovlm.cli.dicom_tls import dicom_tls, dicom_tls_options
from mammovlm.cli.service import orthanc_option
from mammovlm.settings import Settings, complaints
from mammovlm.stack import StackSettings

_console = Console(soft_wrap=True)
_SIGNS = {
    Grade.FINE: "[green]fine[/green]",
    Grade.WORTH_A_LOOK: "[yellow]look[/yellow]",
    Grade.TO_MEND: "[bold red]MEND[/bold red]",
}
_HERE = {"127.0.0.1", "localhost", "::1"}


@click.command()
@orthanc_option
@click.option("--aet", default="MAMMOVLM", show_default=True, help="AE title for the C-ECHO.")
@click.option("--dicom", default="", help="HOST:PORT for DICOM, if not as Orthanc says.")
@dicom_tls_options
@click.option("--no-echo", is_flag=True, help="Send no C-ECHO.")
@click.option("--no-weights", is_flag=True, help="Do not load the model (saves some seconds).")
def doctor(
    *,
    orthanc: str,
    aet: str,
    dicom: str,
    dicom_ca: Path | None,
    dicom_certificate: Path | None,
    dicom_key: Path | None,
    no_echo: bool,
    no_weights: bool,
) -> None:
    """Look at the whole installation and say what to mend.

    Programs, settings, certificates, broker, queues, Orthanc, plugin, DICOM, weights, fonts, disk,
    memory and clock. The exit code is 0 when nothing must be mended. No secret is printed.
    """
    tls = dicom_tls(dicom_ca, dicom_certificate, dicom_key)
    _require_place(dicom)
    caller = None if no_echo else Caller(aet, tls)
    try:
        settings, stack = Settings(), StackSettings()
    except ValidationError as error:
        grades = [_tell(finding) for finding in _refused(error)]
    else:
        found = _all(settings, stack, archive.Orthanc(orthanc, settings), dicom, caller)
        grades = [_tell(finding) for finding in found]
        if not no_weights:
            with _console.status("loading the model, which checks the hash of every file"):
                grades.append(_tell(installation.weights(settings)))
    to_mend = grades.count(Grade.TO_MEND)
    _console.print(f"{to_mend or 'Nothing'} to mend.", highlight=False)
    raise SystemExit(1 if to_mend else 0)


def _require_place(dicom: str) -> None:
    host, _, port = dicom.rpartition(":")
    if dicom and not (host and port.isdecimal()):
        raise click.UsageError("--dicom must be HOST:PORT, such as mammovlm.example:2762.")


def _all(
    settings: Settings,
    stack: StackSettings,
    asked: archive.Orthanc,
    dicom: str,
    caller: Caller | None,
) -> Iterator[Finding]:
    system = asked.system()
    is_up = not isinstance(system, Finding)
    is_here = urlsplit(asked.url).hostname in _HERE
    if is_here:
        yield from installation.programs()
    yield from installation.environment()
    yield from certificates(settings)
    yield from broker(settings)
    if isinstance(system, Finding):
        yield system
        if is_here:
            yield from machine.ports(stack)
    else:
        yield from asked.findings(system)
        if caller:
            yield from verification(Called.by(asked.url, system, dicom), caller)
    yield installation.fonts(settings)
    yield from machine.disks(settings, stack)
    yield machine.memory(stack, is_up=is_up)


def _refused(error: ValidationError) -> Iterator[Finding]:
    for complaint in complaints(error):
        yield mend("settings", complaint, "See docs/settings.md.")


def _tell(finding: Finding) -> Grade:
    _console.print(f"{_SIGNS[finding.grade]}  {finding.subject}: ", end="", highlight=False)
    _console.print(finding.seen, markup=False, highlight=False)
    if finding.do:
        _console.print(f"      {finding.do}", markup=False, highlight=False)
    return finding.grade
