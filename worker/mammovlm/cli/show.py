"""``mammovlm show``: a structured report for a person to read."""

from pathlib import Path

import click
import pydicom
from pydicom.errors import InvalidDicomError

from mammovlm.results import readable_report


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def show(file: Path) -> None:
    """Show a report of ours, a DICOM file, as text."""
    try:
        click.echo(readable_report(pydicom.dcmread(file)))
    except InvalidDicomError as failure:
        raise click.ClickException(f"{file} is no DICOM file.") from failure
    except ValueError as failure:
        raise click.ClickException(f"{file}: {failure}") from failure
