# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checks and converts the values of settings; each refusal names the setting and what is allowed.

A value is never repeated in a refusal: it may hold a password.
"""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from mammovlm_orthanc.audit_syslog import syslog_target

_YEAR_S = 365 * 86400


class SettingRefused(ValueError):
    """Raised at start when a setting has a value that makes no sense; names the setting."""


def version(ours: int) -> Callable[[str, object], int]:
    """Take our version of the settings only."""

    def read(name: str, value: object) -> int:
        if str(value) != str(ours):
            raise SettingRefused(
                f"MammoVLM.{name} must be {ours}: these settings were written for another version "
                "of MammoVLM. docs/settings.md says what they are called now."
            )
        return ours

    return read


def seconds(name: str, value: object) -> float:
    """Read a time above zero and of at most a year."""
    try:
        read = float(str(value))
    except ValueError:
        read = -1.0
    if not 0 < read <= _YEAR_S:
        raise SettingRefused(
            f"MammoVLM.{name} must be a number of seconds above 0 and at most {_YEAR_S} (a year)."
        )
    return read


def switch(name: str, value: object) -> bool:
    """Read true or false."""
    word = str(value).strip().lower()
    if word not in {"true", "false"}:
        raise SettingRefused(f"MammoVLM.{name} must be true or false.")
    return word == "true"


def one_of(*words: str) -> Callable[[str, object], str]:
    """Take one of some words."""

    def read(name: str, value: object) -> str:
        if value not in words:
            raise SettingRefused(f"MammoVLM.{name} must be {' or '.join(words)}.")
        return str(value)

    return read


def path(name: str, value: object) -> Path | None:
    """Read the path of a file; None where it is empty."""
    if not isinstance(value, str):
        raise SettingRefused(f"MammoVLM.{name} must be the path of a file.")
    return Path(value) if value else None


def broker_url(name: str, value: object) -> str:
    """Read the address of RabbitMQ."""
    url = str(value)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"amqp", "amqps"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        usable = False
    if not usable:
        raise SettingRefused(
            f"MammoVLM.{name} must look like amqp://user:password@host:5672// (or amqps://)."
        )
    return url


def syslog_url(name: str, value: object) -> str:
    """Read the address of a syslog server; "" for none."""
    url = str(value)
    if url:
        try:
            syslog_target(url)
        except ValueError:
            raise SettingRefused(
                f"MammoVLM.{name} must look like udp://host:514 or tls://host:6514, or be empty."
            ) from None
    return url
