# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every setting of the plugin: the section ``MammoVLM`` of Orthanc's configuration, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

DEFAULT_BROKER_URL = "amqp://guest:guest@127.0.0.1:5672//"


class SettingRefused(ValueError):
    """Raised at start when a setting has a value that makes no sense; names the setting."""


@dataclass(frozen=True)
class Settings:
    """What a site may change.

    Parameters
    ----------
    enabled
        False: images are stored as ever, but nothing is decided or sent (the off switch).
    broker_url
        RabbitMQ, ``amqp://`` or ``amqps://``. Never logged.
    quiet_s
        Seconds without a new image after which four filled slots count as complete, > 0.
    deadline_s
        Seconds after the first image at which a study is analysed with what is there, > 0.
    stuck_s
        Seconds after which a job that is queued or running is sent again, > 0.
    sweep_s
        Seconds between two looks for stuck jobs, > 0.
    accept_synthesized_2d
        Whether a 2D image computed from tomosynthesis may fill a slot where no acquired one does.
    """

    enabled: bool = True
    broker_url: str = DEFAULT_BROKER_URL
    quiet_s: float = 5.0
    deadline_s: float = 600.0
    stuck_s: float = 6 * 3600.0
    sweep_s: float = 60.0
    accept_synthesized_2d: bool = True

    @classmethod
    def from_configuration(cls, configuration: Mapping[str, object]) -> "Settings":
        """Read the section ``MammoVLM`` of Orthanc's configuration.

        Parameters
        ----------
        configuration
            The whole configuration. Numbers may be given as text, because Orthanc puts
            environment variables in as text.

        Raises
        ------
        SettingRefused
            With the name of the setting and what is allowed.
        """
        section = configuration.get("MammoVLM", {})
        if not isinstance(section, Mapping):
            raise SettingRefused('The setting "MammoVLM" must be a group of settings: {...}.')
        _refuse_unknown_names(section)
        return cls(
            enabled=_switch(section, "Enabled", cls.enabled),
            broker_url=_broker_url(section),
            quiet_s=_seconds(section, "QuietSeconds", cls.quiet_s),
            deadline_s=_seconds(section, "DeadlineSeconds", cls.deadline_s),
            stuck_s=_seconds(section, "StuckSeconds", cls.stuck_s),
            sweep_s=_seconds(section, "SweepSeconds", cls.sweep_s),
            accept_synthesized_2d=_switch(
                section, "AcceptSynthesized2D", cls.accept_synthesized_2d
            ),
        )


_NAMES = frozenset(
    {
        "AcceptRemoteDicom",  # read by loopback_only.lua, listed here so that it is no typing error
        "AcceptSynthesized2D",
        "BrokerUrl",
        "DeadlineSeconds",
        "Enabled",
        "QuietSeconds",
        "StuckSeconds",
        "SweepSeconds",
    }
)


def _refuse_unknown_names(section: Mapping[str, object]) -> None:
    unknown = sorted(set(section) - _NAMES)
    if unknown:
        raise SettingRefused(
            f"Unknown setting MammoVLM.{unknown[0]}. Known are: {', '.join(sorted(_NAMES))}."
        )


def _seconds(section: Mapping[str, object], name: str, default: float) -> float:
    value = section.get(name, default)
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 365 * 86400:
        raise SettingRefused(f"MammoVLM.{name} must be a number of seconds above 0.")
    return seconds


def _switch(section: Mapping[str, object], name: str, default: bool) -> bool:
    word = str(section.get(name, default)).strip().lower()
    if word not in {"true", "false"}:
        raise SettingRefused(f"MammoVLM.{name} must be true or false.")
    return word == "true"


def _broker_url(section: Mapping[str, object]) -> str:
    url = str(section.get("BrokerUrl", DEFAULT_BROKER_URL))
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"amqp", "amqps"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        usable = False
    if not usable:
        # The value itself may hold a password and is not repeated.
        raise SettingRefused(
            "MammoVLM.BrokerUrl must look like amqp://user:password@host:5672// (or amqps://)."
        )
    return url
