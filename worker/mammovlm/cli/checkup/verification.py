"""C-ECHO to Orthanc (PS3.4 Annex A), as a modality sends it: plain, or over TLS."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]  # made at run time

from mammovlm.cli.checkup.certificates import certificate, pair
from mammovlm.cli.checkup.finding import Finding, Grade, fine, mend

_WAIT_S = 10


@dataclass(frozen=True)
class Caller:
    """Who verifies, and by which certificates.

    Parameters
    ----------
    ae_title
        Our AE title.
    ca
        Certificates to trust; with them the association is over TLS.
    certificate, key
        Who we are, over TLS.
    """

    ae_title: str
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def tls(self) -> ssl.SSLContext:
        """Give the context of a connection; the other's certificate must bear the name we call."""
        context = ssl.create_default_context(cafile=self.ca)
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key)
        return context


@dataclass(frozen=True)
class Called:
    """Where Orthanc listens for DICOM, and its AE title."""

    host: str
    port: int
    ae_title: str

    @classmethod
    def by(cls, url: str, system: dict[str, Any], place: str = "") -> "Called":
        """Take what Orthanc says of itself; `place` is HOST:PORT where that is another one."""
        host, _, port = place.rpartition(":")
        return cls(
            host.strip("[]") or urlsplit(url).hostname or "127.0.0.1",
            int(port or system.get("DicomPort", 4242)),
            str(system.get("DicomAet", "ORTHANC")),
        )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def verification(called: Called, caller: Caller) -> Iterator[Finding]:
    """Look at the certificates, the handshake and C-ECHO, as far as each lets us come."""
    if caller.ca is not None:
        papers = [*_papers(caller)]
        yield from papers
        if any(finding.grade is Grade.TO_MEND for finding in papers):
            return
        handshake = _handshake(called, caller)
        yield handshake
        if handshake.grade is Grade.TO_MEND:
            return
    yield _echo(called, caller)


def _papers(caller: Caller) -> Iterator[Finding]:
    if caller.ca:
        yield certificate("DICOM authority", caller.ca)
    if caller.certificate and caller.key:
        yield certificate("DICOM certificate", caller.certificate)
        yield pair(caller.certificate, caller.key, "DICOM key")


def _handshake(called: Called, caller: Caller) -> Finding:
    try:
        with (
            socket.create_connection((called.host, called.port), _WAIT_S) as plain,
            caller.tls().wrap_socket(plain, server_hostname=called.host) as encrypted,
        ):
            version = encrypted.version()
    except ssl.SSLCertVerificationError as error:
        do = "Compare --dicom-ca, and the name by which Orthanc is called, with its certificate."
        return mend("DICOM TLS", f"{called}: {error.verify_message}", do)
    except ssl.SSLError as error:
        do = "Is DicomTlsEnabled on there, and is the port right? See --dicom."
        return mend("DICOM TLS", f"{called}: TLS failed ({error.reason})", do)
    except OSError as error:
        do = "Start Orthanc, or say where it listens: --dicom HOST:PORT."
        return mend("DICOM TLS", f"{called} does not answer ({type(error).__name__})", do)
    return fine("DICOM TLS", f"{called} shows a certificate that we trust ({version})")


def _echo(called: Called, caller: Caller) -> Finding:
    association = _associate(called, caller)
    if not association.is_established:
        return mend("C-ECHO", f"{called} {_refusal(association)}", _what_to_do(caller))
    status = association.send_c_echo().get("Status", -1)
    association.release()
    if status != 0:
        return mend("C-ECHO", f"{called} answers 0x{status:04X}", "See Orthanc's log.")
    return fine("C-ECHO", f"{called} answers {caller.ae_title}")


def _associate(called: Called, caller: Caller) -> Association:
    entity = AE(caller.ae_title)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = _WAIT_S
    entity.connection_timeout = _WAIT_S
    entity.add_requested_context(Verification)
    encryption = (caller.tls(), called.host) if caller.ca else None
    return entity.associate(called.host, called.port, ae_title=called.ae_title, tls_args=encryption)


def _refusal(association: Association) -> str:
    answer = association.acceptor.primitive if association.is_rejected else None
    return f"refuses the association: {answer.reason_str}" if answer else "takes no association"


def _what_to_do(caller: Caller) -> str:
    listed = (
        f"Is {caller.ae_title} among Orthanc's DicomModalities, with AllowEcho and this machine's "
        "address?"
    )
    if caller.ca is None:
        return f"{listed} Over TLS give --dicom-ca, --dicom-certificate and --dicom-key."
    return f"{listed} Does Orthanc trust the authority of --dicom-certificate?"
