"""DICOM over TLS (PS3.15 Annex B) for commands that act as a modality: options and certificates."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class DicomTls:
    """Whom to trust, and who we are.

    Parameters
    ----------
    ca
        Authorities to trust (PEM).
    certificate, key
        Ours (PEM); None where the other asks for none.
    """

    ca: Path
    certificate: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Give the context of a connection; the other's certificate must bear the name we call.

        Raises
        ------
        OSError
            If a file cannot be read, or is no PEM file that belongs to the others.
        """
        context = ssl.create_default_context(cafile=self.ca)
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key)
        return context


def dicom_tls_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the three options that `dicom_tls` reads."""
    for option in (
        click.option("--dicom-key", type=_file, help="Private key of that certificate."),
        click.option(
            "--dicom-certificate", type=_file, help="A modality's certificate, for DICOM TLS."
        ),
        click.option("--dicom-ca", type=_file, help="Authority to trust; switches DICOM TLS on."),
    ):
        command = option(command)
    return command


def dicom_tls(ca: Path | None, certificate: Path | None, key: Path | None) -> DicomTls | None:
    """Put the options together; None where the association is to be without TLS.

    Raises
    ------
    click.UsageError
        If one is missing to make sense of another.
    """
    if (certificate is None) != (key is None):
        raise click.UsageError("--dicom-certificate and --dicom-key belong together: give both.")
    if certificate and ca is None:
        raise click.UsageError("--dicom-certificate needs --dicom-ca: whom to trust over TLS.")
    return DicomTls(ca, certificate, key) if ca else None
