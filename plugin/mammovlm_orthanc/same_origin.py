# SPDX-License-Identifier: AGPL-3.0-or-later
"""Changes come from our own page or from a program, never from another site in a browser (CSRF).

Every current browser says with each POST where it comes from (``Origin``, Fetch metadata), and no
site can send a header of its own making to another one without being asked first, which Orthanc
refuses. Programs that are no browsers send none of this and are let through: whoever can reach
Orthanc's port with a program can do everything anyway.
"""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from mammovlm_orthanc.rest_messages import Refused

OWN_HEADER = "x-mammovlm-page"
_TOLD_BY_BROWSERS = ("origin", "sec-fetch-site", "referer", "cookie")


def refuse_foreign(headers: Mapping[str, str]) -> None:
    """Let a change pass only if no other site made the browser send it.

    Parameters
    ----------
    headers
        Of the request, by name in lower case.

    Raises
    ------
    Refused
        With 403.
    """
    from_browser = any(name in headers for name in _TOLD_BY_BROWSERS)
    is_ours = (
        _is_same_host(headers)
        and headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}
        and (not from_browser or OWN_HEADER in headers)
    )
    if not is_ours:
        raise Refused(HTTPStatus.FORBIDDEN, "foreign")


def _is_same_host(headers: Mapping[str, str]) -> bool:
    if "origin" not in headers:
        return True
    try:
        host = urlsplit(headers["origin"]).netloc
    except ValueError:
        return False
    return bool(host) and host.lower() == headers.get("host", "").lower()
