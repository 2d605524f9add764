"""Writes docs/settings.md: every setting of worker, local stack, plugin and production."""

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "worker"), str(ROOT / "plugin")]

from pydantic import SecretStr  # noqa: E402  after the path
from pydantic.fields import FieldInfo  # noqa: E402

from mammovlm.settings import Settings  # noqa: E402
from mammovlm.stack import StackSettings  # noqa: E402
from mammovlm_orthanc import settings as plugin  # noqa: E402

_HOME = str(Path.home())

BEGIN = """# Settings

Written by `make docs` from the code; a test keeps both equal. A setting that makes no sense stops
the program at its start, with the setting's name and what is allowed. `mammovlm doctor` names
variables that nobody reads. Settings have a version, now {version}: those of another one are
refused.

Secrets are never logged. Variables are those of the program's environment; a worker also reads each
of its settings from a file of that name in small letters (`mammovlm_broker_password`) in the folder
that `MAMMOVLM_SECRETS_DIR` names.
"""
PLUGIN = """
## Plugin

The section `MammoVLM` of Orthanc's configuration. `orthanc/orthanc.json` takes each from the
variable named here; with a configuration of your own, write the setting itself.

| setting | variable | default | meaning |
|---|---|---|---|
"""
WORKER = """
## Worker and command line

| variable | default | meaning |
|---|---|---|
"""
PRODUCTION = """
## Production

What else `docker/compose.yaml`, the start scripts of `docker/` and the files of `orthanc/` read,
beside the settings above ([installation](installation.md)). `COMPOSE_PROFILES` is Compose's own.

| variable | default | read by | meaning |
|---|---|---|---|
"""
_EVERYWHERE = "0.0.0.0"  # noqa: S104  in a container; what is published, Compose decides
OF_PRODUCTION = (
    ("TORCH_INDEX_CPU", "", "Compose", "Where pip finds torch without a GPU."),
    ("TORCH_INDEX_GPU", "", "Compose", "Where pip finds torch for a GPU."),
    ("MAMMOVLM_SITE", "", "Compose", "Folder with modalities.json and secrets/; must be set."),
    (
        "MAMMOVLM_PUBLIC_HOST",
        "",
        "Orthanc",
        "Name, and port unless 443, of the proxy; must be set.",
    ),
    ("MAMMOVLM_AE_TITLE", "MAMMOVLM", "Orthanc", "Our title for C-STORE and C-ECHO."),
    (
        "MAMMOVLM_CHECK_MODALITY_HOST",
        "true",
        "Orthanc",
        "Whether a modality must come from the address in modalities.json.",
    ),
    (
        "MAMMOVLM_DICOM_ADDRESS",
        _EVERYWHERE,
        "Compose",
        "Address on which modalities reach Orthanc.",
    ),
    ("MAMMOVLM_DICOM_PORT", "2762", "Compose", "Port on which modalities reach Orthanc."),
    ("MAMMOVLM_DICOM_TLS_PORT", "2762", "Orthanc", "Port for DICOM TLS; without Docker."),
    (
        "MAMMOVLM_HTTPS_ADDRESS",
        _EVERYWHERE,
        "Compose, proxy",
        "Address on which browsers and viewers reach the proxy.",
    ),
    (
        "MAMMOVLM_HTTPS_PORT",
        "443",
        "Compose, proxy",
        "Port on which browsers and viewers reach the proxy; in its container always 8443.",
    ),
    ("MAMMOVLM_ORTHANC_HTTP", "orthanc:8042", "proxy", "Where the proxy asks Orthanc."),
    (
        "MAMMOVLM_HTTP_FROM_PROXY_CONTAINER",
        "false",
        "Orthanc",
        "Whether HTTP may come from another machine; only where the proxy alone reaches it.",
    ),
    (
        "MAMMOVLM_POSTGRESQL",
        "",
        "Orthanc",
        "HOST:PORT of PostgreSQL for the index; empty: SQLite. Under Compose by the profile.",
    ),
    ("MAMMOVLM_AMQPS_ADDRESS", _EVERYWHERE, "RabbitMQ", "Address of the broker."),
    ("MAMMOVLM_AMQPS_PORT", "5671", "RabbitMQ", "Port of the broker."),
    ("MAMMOVLM_GRAFANA_PORT", "3000", "Compose", "Port of Grafana, on this machine only."),
    ("MAMMOVLM_ORTHANC_MEMORY", "4g", "Compose", "Most memory of Orthanc."),
    ("MAMMOVLM_RABBITMQ_MEMORY", "2g", "Compose", "Most memory of RabbitMQ."),
    ("MAMMOVLM_POSTGRESQL_MEMORY", "4g", "Compose", "Most memory of PostgreSQL."),
    ("MAMMOVLM_WORKER_MEMORY", "8g", "Compose", "Most memory of the worker."),
    ("MAMMOVLM_VERSION", "0.1.0", "Compose", "Tag of our own images."),
    ("MAMMOVLM_POSTGRESQL_IMAGE", "postgres:15-bookworm", "Compose", "PostgreSQL's image."),
    ("MAMMOVLM_PROMETHEUS_IMAGE", "prom/prometheus:v3.5.0", "Compose", "Prometheus' image."),
    ("MAMMOVLM_GRAFANA_IMAGE", "grafana/grafana:12.1.0", "Compose", "Grafana's image."),
    ("MAMMOVLM_TLS_DIR", "/run/secrets", "all", "Folder with certificates and keys."),
    ("MAMMOVLM_SECRETS_DIR", "/run/secrets", "worker", "Folder with the worker's passwords."),
    ("MAMMOVLM_RUN_DIR", "/run/mammovlm", "all", "Folder for what a start writes anew."),
    (
        "MAMMOVLM_STORAGE_DIR",
        "/var/lib/mammovlm/orthanc",
        "Orthanc",
        "Images, index and audit trail.",
    ),
    ("MAMMOVLM_BROKER_DIR", "/var/lib/mammovlm/rabbitmq", "RabbitMQ", "The queues."),
    ("MAMMOVLM_USERS_FILE", "/run/secrets/orthanc_users.json", "Orthanc", "Users of the archive."),
    (
        "MAMMOVLM_BROKER_USERS_FILE",
        "/run/secrets/rabbitmq_users.json",
        "RabbitMQ",
        "Users of the broker.",
    ),
    (
        "MAMMOVLM_MODALITIES_FILE",
        "/etc/mammovlm/modalities.json",
        "Orthanc",
        "The stations that it knows.",
    ),
    (
        "MAMMOVLM_MONITORING_PASSWORD_FILE",
        "/run/secrets/monitoring_password",
        "Orthanc's health check",
        "Password of the user monitoring.",
    ),
    ("MAMMOVLM_PYTHON", "", "worker", "Python to run it; empty: .venv/bin/python."),
    ("MAMMOVLM_PYTHONPATH", "", "Orthanc", "Folder with pika; empty: Python's own."),
    ("MAMMOVLM_ORTHANC_URL", "", "doctor", "Orthanc; empty: beside MAMMOVLM_DICOMWEB_URL."),
)
"""Variable, default, who reads it, and meaning; a test compares them with the files."""
STACK = """
## Local stack (`make up`)

| variable | default | meaning |
|---|---|---|
"""


def document() -> str:
    """Give the whole document."""
    defaults = plugin.Settings()
    rows = [
        _row(
            f"`{setting.name}`",
            f"`{setting.variable}`",
            _shown(getattr(defaults, setting.attribute)),
            setting.meaning,
        )
        for setting in plugin.SETTINGS
    ]
    parts = [BEGIN.format(version=plugin.VERSION), PLUGIN, *rows]
    for heading, model in ((WORKER, Settings), (STACK, StackSettings)):
        parts += [heading, *(_field(name, field) for name, field in model.model_fields.items())]
    parts += [PRODUCTION, *(_of_production(*row) for row in OF_PRODUCTION)]
    return "".join(parts)


def _of_production(variable: str, default: str, reader: str, meaning: str) -> str:
    return _row(f"`{variable}`", _shown(default), reader, meaning)


def _field(name: str, field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    return _row(f"`MAMMOVLM_{name.upper()}`", _shown(default), field.description or "")


def _shown(value: Any) -> str:  # noqa: ANN401  a default of any type
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    if plain is None or plain == "":
        return "–"
    if isinstance(plain, bool):
        return f"`{str(plain).lower()}`"
    text = str(plain).replace(str(ROOT), "CHECKOUT").replace(_HOME, "~")
    return f"`{text}`"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    sys.stdout.write(document())
