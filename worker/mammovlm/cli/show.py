"""``mammovlm show``: a result for a person to read."""

from pathlib import Path

import click
import pydicom
from pydicom.errors import InvalidDicomError

from mammovlm.results import readable_object


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def show(file: Path) -> None:
    """Show a result of ours as text: structured report, summary (PDF) or CAD SR, a DICOM file."""
    try:
        click.echo(readable_object(pydicom.dcmread(file)))
    except InvalidDicomError as failure:
        raise click.ClickException(f"{file} is no DICOM file.") from failure
    except ValueError as failure:
        raise click.ClickException(f"{file}: {failure}") from failure
