"""C-ECHO to Orthanc (PS3.4 Annex A), as a modality sends it: plain, or over TLS."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]  # made at run time

from mammovlm.cli.checkup.certificates import certificate, pair
from mammovlm.cli.checkup.finding import Finding, Grade, fine, mend
from mammovlm.cli.dicom_tls import DicomTls

_WAIT_S = 10


@dataclass(frozen=True)
class Caller:
    """Who verifies: an AE title, and certificates where the association is over TLS."""

    ae_title: str
    tls: DicomTls | None = None


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
    if caller.tls:
        papers = [*_papers(caller.tls)]
        yield from papers
        if any(finding.grade is Grade.TO_MEND for finding in papers):
            return
        handshake = _handshake(called, caller.tls)
        yield handshake
        if handshake.grade is Grade.TO_MEND:
            return
    yield _echo(called, caller)


def _papers(tls: DicomTls) -> Iterator[Finding]:
    yield certificate("DICOM authority", tls.ca)
    if tls.certificate and tls.key:
        yield certificate("DICOM certificate", tls.certificate)
        yield pair(tls.certificate, tls.key, "DICOM key")


def _handshake(called: Called, tls: DicomTls) -> Finding:
    try:
        with (
            socket.create_connection((called.host, called.port), _WAIT_S) as plain,
            tls.context().wrap_socket(plain, server_hostname=called.host) as encrypted,
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
    encryption = (caller.tls.context(), called.host) if caller.tls else None
    return entity.associate(called.host, called.port, ae_title=called.ae_title, tls_args=encryption)


def _refusal(association: Association) -> str:
    answer = association.acceptor.primitive if association.is_rejected else None
    return f"refuses the association: {answer.reason_str}" if answer else "takes no association"


def _what_to_do(caller: Caller) -> str:
    listed = (
        f"Is {caller.ae_title} among Orthanc's DicomModalities, with AllowEcho and this machine's "
        "address?"
    )
    if caller.tls is None:
        return f"{listed} Over TLS give --dicom-ca, --dicom-certificate and --dicom-key."
    return f"{listed} Does Orthanc trust the authority of --dicom-certificate?"
