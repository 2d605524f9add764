# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every setting of the plugin: the section ``MammoVLM`` of Orthanc's configuration, read once.

`SETTINGS` is the one list of them: what is read, what is refused and what docs/settings.md says all
follow from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mammovlm_orthanc import setting_values as values
from mammovlm_orthanc.languages import DEFAULT, LANGUAGES
from mammovlm_orthanc.route_target import check_route
from mammovlm_orthanc.setting_values import SettingRefused

__all__ = ["DEFAULT_BROKER_URL", "SETTINGS", "VERSION", "Setting", "SettingRefused", "Settings"]

DEFAULT_BROKER_URL = "amqp://guest:guest@127.0.0.1:5672//"
VERSION = 1
"""Of the settings' layout; a configuration that says another one is refused."""


@dataclass(frozen=True)
class Settings:
    """What a site may change; `SETTINGS` says what each one means."""

    settings_version: int = VERSION
    enabled: bool = True
    broker_url: str = DEFAULT_BROKER_URL
    broker_password_file: Path | None = None
    broker_ca: Path | None = None
    broker_certificate: Path | None = None
    broker_key: Path | None = None
    declare_queues: bool = True
    quiet_s: float = 5.0
    deadline_s: float = 600.0
    stuck_s: float = 6 * 3600.0
    sweep_s: float = 60.0
    accept_synthesized_2d: bool = True
    accept_remote_dicom: bool = False
    language: str = DEFAULT
    log_format: str = "plain"
    audit_file: Path | None = None
    audit_syslog: str = ""
    audit_syslog_ca: Path | None = None
    audit_syslog_certificate: Path | None = None
    audit_syslog_key: Path | None = None
    route_to: str = ""

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
        read = {
            setting.attribute: setting.read(setting.name, section[setting.name])
            for setting in SETTINGS
            if setting.name in section
        }
        check_route(read.get("route_to", ""), configuration)
        return cls(**read)


@dataclass(frozen=True)
class Setting:
    """One setting.

    Parameters
    ----------
    name
        In the section ``MammoVLM``.
    attribute
        Of `Settings`, where its default is.
    read
        Checks and converts a value (name, value).
    variable
        The environment variable that ``orthanc/orthanc.json`` takes it from.
    meaning
        For docs/settings.md.
    """

    name: str
    attribute: str
    read: Callable[[str, object], Any]
    variable: str
    meaning: str


SETTINGS = (
    Setting(
        "SettingsVersion",
        "settings_version",
        values.version(VERSION),
        "MAMMOVLM_SETTINGS_VERSION",
        "Layout of these settings; Orthanc does not start with those of another version.",
    ),
    Setting(
        "Enabled",
        "enabled",
        values.switch,
        "MAMMOVLM_ENABLED",
        "false: images are stored as ever, but nothing is decided or sent (the off switch); what "
        "workers tell of jobs that they have is still kept. Images that came meanwhile are taken "
        "in after it is switched on.",
    ),
    Setting(
        "BrokerUrl",
        "broker_url",
        values.broker_url,
        "MAMMOVLM_BROKER_URL",
        "RabbitMQ, `amqp://` or `amqps://`. Holds a password: never logged.",
    ),
    Setting(
        "BrokerPasswordFile",
        "broker_password_file",
        values.path,
        "MAMMOVLM_BROKER_PASSWORD_FILE",
        "File with the password for the user of BrokerUrl, where that names none; empty: none.",
    ),
    Setting(
        "BrokerCa",
        "broker_ca",
        values.path,
        "MAMMOVLM_BROKER_CA",
        "Certificates to trust for `amqps://`; empty: the system's.",
    ),
    Setting(
        "BrokerCertificate",
        "broker_certificate",
        values.path,
        "MAMMOVLM_BROKER_CERTIFICATE",
        "Our own certificate for `amqps://`; empty: none.",
    ),
    Setting(
        "BrokerKey",
        "broker_key",
        values.path,
        "MAMMOVLM_BROKER_KEY",
        "Key of that certificate.",
    ),
    Setting(
        "DeclareQueues",
        "declare_queues",
        values.switch,
        "MAMMOVLM_DECLARE_QUEUES",
        "false: the broker's administrator has made the queues, and the plugin only uses them.",
    ),
    Setting(
        "QuietSeconds",
        "quiet_s",
        values.seconds,
        "MAMMOVLM_QUIET_S",
        "Without a new image for so long, a study with its four standard views is complete.",
    ),
    Setting(
        "DeadlineSeconds",
        "deadline_s",
        values.seconds,
        "MAMMOVLM_DEADLINE_S",
        "So long after its first image, a study is analysed with what is there.",
    ),
    Setting(
        "StuckSeconds",
        "stuck_s",
        values.seconds,
        "MAMMOVLM_STUCK_S",
        "A job that runs for longer, or that no queue holds after so long, is sent again.",
    ),
    Setting(
        "SweepSeconds",
        "sweep_s",
        values.seconds,
        "MAMMOVLM_SWEEP_S",
        "Time between two looks for such jobs.",
    ),
    Setting(
        "AcceptSynthesized2D",
        "accept_synthesized_2d",
        values.switch,
        "MAMMOVLM_ACCEPT_SYNTHESIZED_2D",
        "Whether a 2D image computed from tomosynthesis may fill a slot that has no acquired one.",
    ),
    Setting(
        "AcceptRemoteDicom",
        "accept_remote_dicom",
        values.switch,
        "MAMMOVLM_ACCEPT_REMOTE_DICOM",
        "Whether images may come by C-STORE from other machines (read by `loopback_only.lua`).",
    ),
    Setting(
        "Language",
        "language",
        values.one_of(*LANGUAGES),
        "MAMMOVLM_LANGUAGE",
        f"Language of the page, of reasons and errors: {', '.join(LANGUAGES)}. A reader may choose "
        "another one on the page.",
    ),
    Setting(
        "LogFormat",
        "log_format",
        values.one_of("plain", "json"),
        "MAMMOVLM_LOG_FORMAT",
        "json: each message of the plugin in Orthanc's log is a JSON object with the study's UID "
        "and the job.",
    ),
    Setting(
        "AuditFile",
        "audit_file",
        values.path,
        "MAMMOVLM_AUDIT_FILE",
        "Where who asked what is recorded; empty: `mammovlm-audit.log` in Orthanc's "
        "StorageDirectory.",
    ),
    Setting(
        "AuditSyslog",
        "audit_syslog",
        values.syslog_url,
        "MAMMOVLM_AUDIT_SYSLOG",
        "`udp://host:514` or `tls://host:6514`: the same records to a syslog server; empty: none.",
    ),
    Setting(
        "AuditSyslogCa",
        "audit_syslog_ca",
        values.path,
        "MAMMOVLM_AUDIT_SYSLOG_CA",
        "Certificates to trust for `tls://`; empty: the system's.",
    ),
    Setting(
        "AuditSyslogCertificate",
        "audit_syslog_certificate",
        values.path,
        "MAMMOVLM_AUDIT_SYSLOG_CERTIFICATE",
        "Our own certificate for `tls://`; empty: none.",
    ),
    Setting(
        "AuditSyslogKey",
        "audit_syslog_key",
        values.path,
        "MAMMOVLM_AUDIT_SYSLOG_KEY",
        "Key of that certificate.",
    ),
    Setting(
        "RouteTo",
        "route_to",
        lambda _name, value: str(value),
        "MAMMOVLM_ROUTE_TO",
        "Name of the entry of Orthanc's DicomModalities to which every object of our results is "
        "sent on, by DICOM TLS; empty: none.",
    ),
)


def _refuse_unknown_names(section: Mapping[str, object]) -> None:
    names = {setting.name for setting in SETTINGS}
    unknown = sorted(set(section) - names)
    if unknown:
        raise SettingRefused(
            f"Unknown setting MammoVLM.{unknown[0]}. Known are: {', '.join(sorted(names))}."
        )
