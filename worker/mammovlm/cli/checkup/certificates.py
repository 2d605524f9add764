"""Certificates and keys that the settings name: there, in date, belonging together."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from mammovlm.cli.checkup.finding import Finding, fine, look, mend
from mammovlm.settings import Settings

_SOON = timedelta(days=30)


def certificates(settings: Settings) -> Iterator[Finding]:
    """Look at every certificate and key of the worker's settings."""
    for name in ("dicomweb_ca_bundle", "broker_ca_bundle", "broker_certificate"):
        path: Path | None = getattr(settings, name)
        if path is not None:
            yield certificate(f"MAMMOVLM_{name.upper()}", path)
    if settings.broker_certificate and settings.broker_key:
        yield pair(settings.broker_certificate, settings.broker_key)


def certificate(subject: str, path: Path) -> Finding:
    """Read a file of certificates and look at the first to end."""
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        return mend(subject, f"{path}: {type(error).__name__}", "Correct the path or the rights.")
    except ValueError:
        return mend(subject, f"{path} holds no certificate in PEM", "Convert it to PEM.")
    ends = min(item.not_valid_after_utc for item in found)
    left = ends - datetime.now(UTC)
    seen = f"{path.name}: valid until {ends:%Y-%m-%d}"
    if left < timedelta():
        return mend(subject, seen, "It has ended: have it renewed.")
    return look(subject, seen, "Have it renewed.") if left < _SOON else fine(subject, seen)


def pair(certificate_path: Path, key: Path, subject: str = "broker's key") -> Finding:
    """Look whether certificate and key belong together, and who may read the key."""
    try:
        ssl.create_default_context().load_cert_chain(certificate_path, key)
        mode = key.stat().st_mode
    except (OSError, ssl.SSLError) as error:
        do = "Both must be PEM files that belong together and that we can read."
        return mend(subject, f"{key.name}: {type(error).__name__}", do)
    if mode & 0o007:
        return mend(subject, f"{key.name} is readable by all", f"chmod o= {key}")
    return fine(subject, f"{key.name} belongs to the certificate")
