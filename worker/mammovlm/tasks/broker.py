"""How a worker reaches the broker: address, password, certificates for TLS, and pauses."""

import random
import ssl
from typing import Any
from urllib.parse import quote, urlsplit

from mammovlm.settings import Settings


def pauses(longest_s: float) -> dict[str, float]:
    """Draw pauses with back-off and jitter: no two processes come back at the same moments.

    kombu's own pauses have no jitter, so start, step and maximum are drawn by chance instead.

    Parameters
    ----------
    longest_s
        No pause is longer, in seconds.
    """
    return {
        "interval_start": longest_s * random.uniform(0.02, 0.1),
        "interval_step": longest_s * random.uniform(0.1, 0.3),
        "interval_max": longest_s * random.uniform(0.5, 1.0),
    }


def publishing() -> dict[str, float]:
    """Give kombu's policy for an event that the broker does not take: bounded, then an error.

    The job then ends without a confirmation, and the broker delivers it again.
    """
    return {"max_retries": 10, **pauses(5.0)}


def broker_options(settings: Settings) -> dict[str, Any]:
    """Give Celery's settings for the connection to the broker."""
    url = _with_password(
        settings.broker_url.get_secret_value(), settings.broker_password.get_secret_value()
    )
    if urlsplit(url).scheme != "amqps":
        return {"broker_url": url}
    return {"broker_url": url, "broker_use_ssl": _tls(settings)}


def _with_password(url: str, password: str) -> str:
    parts = urlsplit(url)
    if not password or not parts.username or parts.password is not None:
        return url
    user, _, place = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}").geturl()


def _tls(settings: Settings) -> dict[str, Any]:
    files = {
        "ca_certs": settings.broker_ca_bundle,
        "certfile": settings.broker_certificate,
        "keyfile": settings.broker_key,
    }
    return {
        "cert_reqs": ssl.CERT_REQUIRED,
        "tls_minimum_version": ssl.TLSVersion.TLSv1_2,
        # None makes kombu fill in the host of the URL; without this key the certificate's name
        # would not be compared at all.
        "server_hostname": None,
        **{name: str(path) for name, path in files.items() if path is not None},
    }
