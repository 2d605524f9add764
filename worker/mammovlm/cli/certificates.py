"""``mammovlm certificates``: a test authority and certificates for every part of the system."""

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from mammovlm.cli.secret_files import FilesInTheWay, write_new
from mammovlm.cli.test_authority import VALID_DAYS, Holder, Pair, TestAuthority

_console = Console()
_SERVERS = {"orthanc": True, "rabbitmq": False, "proxy": False, "postgresql": False}
"""Name to whether it is a client too; the name is also its host name in docker/compose.yaml."""
_CLIENTS = ("worker", "modality")
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for certificates (.crt) and private keys (.key).",
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    help="Further name or address of the servers, as people and modalities call them; may be "
    "given several times.",
)
@click.option("--replace", is_flag=True, help="Replace files that are there already.")
def certificates(out: Path, hosts: tuple[str, ...], replace: bool) -> None:
    """Make certificates FOR TESTS: an authority, servers and clients.

    Whoever can read the folder can pretend to be any part of the system, and no hospital trusts
    this authority. Where patients' data go, have the hospital's own authority sign certificates
    and put them under the same names.
    """
    authority = TestAuthority()
    with _console.status("making keys"):
        pairs = {"ca": authority.pair} | {
            holder.name: authority.issue(holder) for holder in _holders(hosts)
        }
    files = _files(pairs)
    public = frozenset(name for name in files if name.endswith(".crt"))
    try:
        write_new(out, files, public=public, replace=replace)
    except FilesInTheWay as failure:
        raise click.ClickException(str(failure)) from failure
    _console.print(f"{len(files)} files in {out}: {', '.join(pairs)}.", highlight=False)
    _console.print(
        f"FOR TESTS ONLY, valid for {VALID_DAYS} days. Use the hospital's own certificates, under "
        "the same names, before patients' data go over these connections.",
        style="bold yellow",
        highlight=False,
    )


def _holders(hosts: Sequence[str]) -> list[Holder]:
    servers = [
        Holder(name, (name, *_THIS_MACHINE, *hosts), is_client)
        for name, is_client in _SERVERS.items()
    ]
    return servers + [Holder(name) for name in _CLIENTS]


def _files(pairs: dict[str, Pair]) -> dict[str, bytes]:
    certificates = {f"{name}.crt": pair.certificate for name, pair in pairs.items()}
    return certificates | {f"{name}.key": pair.key for name, pair in pairs.items()}
