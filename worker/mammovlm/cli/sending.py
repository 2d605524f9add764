"""A modality's side of C-STORE (PS3.4 Annex B): find DICOM files and send them as they are.

Files travel byte for byte, in the transfer syntax in which they are stored.
"""

import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pydicom.uid import UID, MediaStorageDirectoryStorage
from pynetdicom import AE, _config
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.status import code_to_category

from mammovlm.cli.dicom_tls import DicomTls
from mammovlm.errors import MammoVLMError

_CONTEXTS_OF_AN_ASSOCIATION = 128  # PS3.8, 9.3.2.2: identifiers are the odd numbers below 256

# Send a file's bytes as they are instead of reading and encoding the data set anew.
_config.STORE_SEND_CHUNKED_DATASET = True
# What went wrong is told once, by us and in full; pynetdicom would print it line by line.
logging.getLogger("pynetdicom").addHandler(logging.NullHandler())


class SendingFailed(MammoVLMError):
    """Raised when the receiver cannot be reached or does not accept us."""


@dataclass(frozen=True)
class DicomFile:
    """A file that can be sent, by its file meta information (PS3.10, 7.1)."""

    path: Path
    sop_class: UID
    transfer_syntax: UID


@dataclass(frozen=True)
class FoundFiles:
    """What a folder holds: DICOM files in the order of their paths, and how many others."""

    dicom: tuple[DicomFile, ...]
    others: int


@dataclass(frozen=True)
class Receiver:
    """The storage provider, and the name by which we call ourselves.

    Parameters
    ----------
    host, port
        Where it listens.
    ae_title
        Its AE title, at most 16 characters.
    calling_ae_title
        Ours.
    answer_timeout_s
        How long to wait for the answer to one image.
    tls
        Certificates for DICOM over TLS; None sends unencrypted.
    """

    host: str
    port: int
    ae_title: str
    calling_ae_title: str
    answer_timeout_s: float = 60.0
    tls: DicomTls | None = None


@dataclass(frozen=True)
class Sent:
    """What became of the files.

    Parameters
    ----------
    stored
        How many the receiver has taken.
    failures
        File and reason of each that it has not.
    """

    stored: int
    failures: tuple[tuple[Path, str], ...]


def find_files(path: Path) -> FoundFiles:
    """Find the DICOM files in a folder at any depth, or take the one file."""
    candidates = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    read = [_read(candidate) for candidate in candidates]
    dicom = tuple(file for file in read if file is not None)
    return FoundFiles(dicom, others=len(read) - len(dicom))


def _read(path: Path) -> DicomFile | None:
    try:
        meta = read_file_meta_info(path)
        file = DicomFile(path, meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID)
    except (InvalidDicomError, AttributeError, EOFError, OSError, ValueError):
        return None
    # A DICOMDIR lists the files of a medium; it is no object that can be stored.
    return None if file.sop_class == MediaStorageDirectoryStorage else file


def send(
    files: Sequence[DicomFile],
    receiver: Receiver,
    each: Callable[[DicomFile], None] = lambda _: None,
) -> Sent:
    """Send files; a file that is refused does not keep back the others.

    Parameters
    ----------
    files
        What to send. More kinds (SOP class with transfer syntax) than one association may carry
        are sent over several.
    receiver
        Where to.
    each
        Called after each file, for progress.

    Raises
    ------
    SendingFailed
        When the receiver cannot be reached or refuses the association.
    """
    kinds = sorted({(file.sop_class, file.transfer_syntax) for file in files})
    stored, failures = 0, list[tuple[Path, str]]()
    for start in range(0, len(kinds), _CONTEXTS_OF_AN_ASSOCIATION):
        some = kinds[start : start + _CONTEXTS_OF_AN_ASSOCIATION]
        association = _associate(receiver, [build_context(*kind) for kind in some])
        try:
            for file in (f for f in files if (f.sop_class, f.transfer_syntax) in some):
                refusal = _store(association, file)
                failures += [(file.path, refusal)] if refusal else []
                stored += not refusal
                each(file)
        finally:
            if association.is_established:
                association.release()
    return Sent(stored, tuple(failures))


def _associate(receiver: Receiver, contexts: list[PresentationContext]) -> Association:
    place = f"{receiver.host}:{receiver.port}"
    try:
        socket.getaddrinfo(receiver.host, receiver.port)
    except OSError as error:
        raise SendingFailed(f"The host {receiver.host} is not known ({error.strerror}).") from error
    application = AE(ae_title=receiver.calling_ae_title)
    application.connection_timeout = 10
    application.dimse_timeout = receiver.answer_timeout_s
    application.requested_contexts = contexts
    association = application.associate(
        receiver.host, receiver.port, ae_title=receiver.ae_title, tls_args=_encryption(receiver)
    )
    if association.is_established or association.rejected_contexts:
        return association  # where no context is accepted, each file is told so
    if association.is_rejected:
        answer = association.acceptor.primitive
        raise SendingFailed(
            f"{place} refuses the association: {answer.reason_str if answer else 'no reason'} "
            f"(called AE title {receiver.ae_title}, calling {receiver.calling_ae_title})."
        )
    if receiver.tls:
        raise SendingFailed(
            f"Nothing at {place} answers DICOM over TLS, or one does not trust the other's "
            "certificate: `mammovlm doctor` with the same options says which."
        )
    raise SendingFailed(f"Nothing at {place} answers DICOM. Is Orthanc up? (`make status`)")


def _encryption(receiver: Receiver) -> tuple[ssl.SSLContext, str] | None:
    if receiver.tls is None:
        return None
    try:
        return receiver.tls.context(), receiver.host
    except OSError as error:
        raise SendingFailed(
            f"The certificates cannot be used ({type(error).__name__}): PEM files are needed, and "
            "a key that belongs to its certificate."
        ) from error


def _store(association: Association, file: DicomFile) -> str:
    """Send one file; return why it was not stored, or nothing."""
    kind = (file.sop_class, file.transfer_syntax)
    if kind in {(c.abstract_syntax, c.transfer_syntax[0]) for c in association.rejected_contexts}:
        return f"not accepted: {file.sop_class.name} in {file.transfer_syntax.name}"
    if not association.is_established:
        return "the association was lost before it could be sent"
    try:
        answer = association.send_c_store(file.path)
    except (ValueError, RuntimeError, AttributeError, OSError) as error:
        return str(error)
    if "Status" not in answer:
        return "no answer; the association was lost"
    category = code_to_category(answer.Status)
    if category in {"Success", "Warning"}:  # with a warning it is stored (PS3.4, B.2.3)
        return ""
    return f"{category} status 0x{answer.Status:04X} {answer.get('ErrorComment', '')}".strip()
