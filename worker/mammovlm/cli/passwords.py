"""``mammovlm passwords``: a password for every connection of a production system, in files."""

import base64
import hashlib
import json
import secrets
from pathlib import Path

import click
from rich.console import Console

from mammovlm.cli.secret_files import FilesInTheWay, write_new

_console = Console()
_ENTROPY_BYTES = 32
_PERSON = "radiology"


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for the files, each readable by its owner only.",
)
@click.option("--replace", is_flag=True, help="Replace files that are there already.")
def passwords(out: Path, replace: bool) -> None:
    """Make random passwords for broker, archive and database, in the form that each one reads.

    docs/installation.md says which file is whose. People get users of their own in
    orthanc_users.json, so that the audit trail can tell them apart.
    """
    files = _files()
    try:
        write_new(out, files, public=frozenset(), replace=replace)
    except FilesInTheWay as failure:
        raise click.ClickException(str(failure)) from failure
    _console.print(f"{len(files)} files in {out}: {', '.join(sorted(files))}.", highlight=False)
    _console.print(
        f"The first person's user is {_PERSON}; the password is in orthanc_users.json.",
        highlight=False,
    )


def _files() -> dict[str, bytes]:
    plugin, worker, archive, monitoring, person, database, dashboards = (
        secrets.token_urlsafe(_ENTROPY_BYTES) for _ in range(7)
    )
    brokers_users = [_broker_user("plugin", plugin), _broker_user("worker", worker)]
    archives_users = {"worker": archive, "monitoring": monitoring, _PERSON: person}
    texts = {
        "rabbitmq_users.json": json.dumps({"users": brokers_users}, indent=2) + "\n",
        "plugin_broker_password": plugin,
        "mammovlm_broker_password": worker,
        "mammovlm_dicomweb_password": archive,
        "monitoring_password": monitoring,
        "orthanc_users.json": json.dumps({"RegisteredUsers": archives_users}, indent=2) + "\n",
        "grafana_password": dashboards,
        "postgresql_password": database,
        # PostgreSQL's own form: host:port:database:user:password.
        "orthanc_pgpass": f"*:*:orthanc:orthanc:{database}\n",
    }
    return {name: text.encode() for name, text in texts.items()}


def _broker_user(name: str, password: str) -> dict[str, object]:
    """Describe a user of RabbitMQ without its password: salt and SHA-256, as RabbitMQ keeps it."""
    salt = secrets.token_bytes(4)
    digest = hashlib.sha256(salt + password.encode()).digest()
    return {
        "name": name,
        "password_hash": base64.b64encode(salt + digest).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [],
    }
