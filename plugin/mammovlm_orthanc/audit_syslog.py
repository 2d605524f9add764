# SPDX-License-Identifier: AGPL-3.0-or-later
"""Audit messages to a syslog server, as in PS3.15 A.6 and IHE ATNA.

RFC 5424 over UDP (RFC 5426) or TLS (RFC 5425).
"""

import logging
import os
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from logging.handlers import SocketHandler, SysLogHandler
from pathlib import Path
from urllib.parse import urlsplit

from mammovlm_orthanc import clock

MESSAGE_ID = "DICOM+RFC3881"
_PRIORITY = 10 * 8 + 5
"""Facility 10 (security), severity 5 (notice)."""
_TIMEOUT_S = 5.0
_PORTS = {"udp": 514, "tls": 6514}


@dataclass(frozen=True)
class SyslogTarget:
    """Where to.

    Parameters
    ----------
    scheme
        "udp" or "tls".
    host, port
        Of the server.
    ca, certificate, key
        For TLS: whom to trust (None: the system's), and what we show (None: nothing).
    """

    scheme: str
    host: str
    port: int
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def syslog_target(
    url: str, ca: Path | None = None, certificate: Path | None = None, key: Path | None = None
) -> SyslogTarget:
    """Read ``udp://host:port`` or ``tls://host:port``.

    Raises
    ------
    ValueError
        If it is neither.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/"):
        raise ValueError("no syslog address")
    port = parts.port or _PORTS[parts.scheme]
    return SyslogTarget(parts.scheme, parts.hostname, port, ca, certificate, key)


def syslog_handler(target: SyslogTarget, lost: Callable[[], None]) -> logging.Handler:
    """Make the handler; ``lost`` is called for every record that could not be sent."""
    handler = _TlsHandler(target, lost) if target.scheme == "tls" else _UdpHandler(target, lost)
    handler.setFormatter(Rfc5424Formatter())
    return handler


class Rfc5424Formatter(logging.Formatter):
    """Everything of RFC 5424 after the priority."""

    def format(self, record: logging.LogRecord) -> str:
        """Write VERSION, header, no structured data, and the message with its byte order mark."""
        at = clock.iso(record.created)
        header = f"1 {at} {socket.gethostname()} MammoVLM {os.getpid()} {MESSAGE_ID}"
        return f"{header} - \N{ZERO WIDTH NO-BREAK SPACE}{record.getMessage()}"


class _UdpHandler(SysLogHandler):
    append_nul = False

    def __init__(self, target: SyslogTarget, lost: Callable[[], None]) -> None:
        super().__init__((target.host, target.port), facility=SysLogHandler.LOG_AUTHPRIV)
        self._lost = lost

    def mapPriority(self, levelName: str) -> str:  # noqa: N802, N803  logging's names
        return "notice"

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        self._lost()


class _TlsHandler(SocketHandler):
    def __init__(self, target: SyslogTarget, lost: Callable[[], None]) -> None:
        super().__init__(target.host, target.port)
        self._target = target
        self._lost = lost
        self._context = ssl.create_default_context(cafile=target.ca)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        if target.certificate:
            self._context.load_cert_chain(target.certificate, target.key)

    def makeSocket(self, timeout: float = _TIMEOUT_S) -> ssl.SSLSocket:  # noqa: N802
        plain = socket.create_connection((self._target.host, self._target.port), timeout)
        return self._context.wrap_socket(plain, server_hostname=self._target.host)

    def makePickle(self, record: logging.LogRecord) -> bytes:  # noqa: N802
        """Frame a message with its length (RFC 5425 4.3); nothing is pickled here."""
        message = f"<{_PRIORITY}>{self.format(record)}".encode()
        return f"{len(message)} ".encode() + message

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        if self.sock is None:  # not connected, or lost while it was sent
            self._lost()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        self._lost()
