"""The connection to archive and plugin: who we are, whom we trust, how long we wait."""

import requests

from mammovlm.settings import Settings

_CONNECT_TIMEOUT_S = 10.0
_MENDED_BY_TIME = {401, 403, 407, 408, 425, 429}
"""Refusals that a person or time mends, without what was asked being at fault."""


def session_of(settings: Settings) -> requests.Session:
    """Connect as the settings say; the environment's proxies and certificates are not used."""
    session = requests.Session()
    session.trust_env = False  # REQUESTS_CA_BUNDLE would beat the setting
    session.headers["Accept-Encoding"] = "identity"  # gzip of pixels costs twenty times its gain
    if settings.dicomweb_ca_bundle is not None:
        session.verify = str(settings.dicomweb_ca_bundle)
    if settings.dicomweb_user:
        session.auth = (settings.dicomweb_user, settings.dicomweb_password.get_secret_value())
    return session


def timeouts(timeout_s: float) -> tuple[float, float]:
    """Give the longest wait for a connection, and between two bytes of an answer, in seconds."""
    return min(timeout_s, _CONNECT_TIMEOUT_S), timeout_s


def may_pass(status: int) -> bool:
    """Tell an HTTP status that may be another one later from a refusal for good."""
    is_missing = status == requests.codes.not_implemented
    return status in _MENDED_BY_TIME or (status >= 500 and not is_missing)
