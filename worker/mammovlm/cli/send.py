"""``mammovlm send``: send files by C-STORE as a modality does."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mammovlm.cli.dicom_tls import dicom_tls, dicom_tls_options
from mammovlm.cli.sending import DicomFile, Receiver, SendingFailed, Sent, find_files
from mammovlm.cli.sending import send as send_files

_console = Console()
_FAILURES_SHOWN = 20


def _ae_title(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Check an application entity title (PS3.5, 6.2: AE)."""
    printable = value.isascii() and value.isprintable() and "\\" not in value
    if not (value.strip() and len(value) <= 16 and printable):
        raise click.BadParameter("an AE title has 1 to 16 ASCII characters and no backslash")
    return value


def send_with_progress(files: Sequence[DicomFile], receiver: Receiver) -> Sent:
    """Send files and show a progress bar.

    Raises
    ------
    SendingFailed
        When the receiver cannot be reached or refuses the association.
    """
    columns = (TextColumn("C-STORE"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_console) as progress:
        task = progress.add_task("send", total=len(files))
        return send_files(files, receiver, lambda _: progress.advance(task))


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the archive listens.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=4242,
    envvar="MAMMOVLM_DICOM_PORT",
    show_default=True,
    show_envvar=True,
    help="Its DICOM port.",
)
@click.option(
    "--aet", default="ORTHANC", callback=_ae_title, show_default=True, help="Its AE title."
)
@click.option(
    "--calling-aet", default="MODALITY", callback=_ae_title, show_default=True, help="Ours."
)
@dicom_tls_options
def send(
    *,
    path: Path,
    host: str,
    port: int,
    aet: str,
    calling_aet: str,
    dicom_ca: Path | None,
    dicom_certificate: Path | None,
    dicom_key: Path | None,
) -> None:
    """Send every DICOM file in PATH, at any depth, by C-STORE, unencrypted or over TLS.

    Files are sent as they are, in the transfer syntax in which they are stored. The exit code is
    0 when all were stored, 1 when one was not, 2 when PATH holds no DICOM file.
    """
    tls = dicom_tls(dicom_ca, dicom_certificate, dicom_key)
    found = find_files(path)
    if not found.dicom:
        _console.print(f"No DICOM file in {path} ({found.others} other files).", highlight=False)
        sys.exit(2)
    try:
        receiver = Receiver(host, port, aet, calling_aet, tls=tls)
        sent = send_with_progress(found.dicom, receiver)
    except SendingFailed as failure:
        raise click.ClickException(str(failure)) from failure
    _console.print(
        f"{sent.stored} of {len(found.dicom)} stored; {found.others} files were no DICOM.",
        highlight=False,
    )
    for file, reason in sent.failures[:_FAILURES_SHOWN]:
        _console.print(f"  {file}: {reason}", highlight=False, markup=False)
    if len(sent.failures) > _FAILURES_SHOWN:
        _console.print(f"  and {len(sent.failures) - _FAILURES_SHOWN} more")
    sys.exit(1 if sent.failures else 0)
