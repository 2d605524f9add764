# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who sends a request: the user of HTTP basic authentication."""

import base64
import binascii
from collections.abc import Mapping


def basic_user(headers: Mapping[str, str]) -> str:
    """Give the user that a request names, "" where it names none.

    Parameters
    ----------
    headers
        By name in lower case. Orthanc has checked the password where it asks for one; where it
        does not (`asks_for_passwords`), anybody can write anything here.
    """
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def asks_for_passwords(configuration: Mapping[str, object]) -> bool:
    """Say whether this Orthanc asks for a password: AuthenticationEnabled, or its default.

    Orthanc's default is to ask exactly where other machines are let in (RemoteAccessAllowed).
    """
    lets_in_others = configuration.get("RemoteAccessAllowed", False)
    return bool(configuration.get("AuthenticationEnabled", lets_in_others))
