"""The profile `large`: Orthanc's index in PostgreSQL over TLS; nobody else is let in."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from conftest import ROOT, skip_or_fail
from free_ports import free_port
from local_servers import Server
from production_system import LOOPBACK, ProductionSystem, Secrets

pytestmark = pytest.mark.system

OWNER = "postgres"
"""PostgreSQL does not run as root; Debian's package makes this user."""


PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


class PostgreSQL(Server):
    """PostgreSQL with the options that docker/compose.yaml gives it."""

    def __init__(self, secrets: Secrets, port: int) -> None:
        self._programs, self.port = PROGRAMS[-1], port
        folder = Path(tempfile.mkdtemp(prefix="mammovlm-"))
        for name in ("postgresql.crt", "postgresql.key", "postgresql_password"):
            shutil.copy(secrets.folder / name, folder)
        shutil.copy(ROOT / "docker" / "postgresql" / "pg_hba.conf", folder)
        self._as_owner = []
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", OWNER, folder], check=True)
            self._as_owner = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups"]
        services = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())["services"]
        _, *options = services["postgresql"]["command"]
        here = [
            option.replace("/run/secrets", str(folder)).replace("/etc/mammovlm", str(folder))
            for option in options
        ]
        where = ["-D", str(folder / "data"), "-k", str(folder), "-p", str(port), "-h", LOOPBACK]
        command = [*self._as_owner, str(self._programs / "postgres"), *where, *here]
        super().__init__(command, {}, folder)

    def make(self) -> None:
        """Make the files of a cluster, as the image does at its first start."""
        password = f"--pwfile={self.folder / 'postgresql_password'}"
        how = ["-U", "orthanc", "--auth-host=scram-sha-256", "--no-sync", password]
        initdb = [str(self._programs / "initdb"), "-D", str(self.folder / "data"), *how]
        subprocess.run([*self._as_owner, *initdb], check=True, capture_output=True)

    def is_ready(self) -> bool:
        """Say whether it takes connections."""
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, self.port)) == 0

    def ask(self, where: str, query: str, password: str = "") -> tuple[int, str]:
        """Ask by psql; give its exit code and what it says."""
        done = subprocess.run(
            ["psql", "--no-password", "-tA", "-c", query, f"{where} port={self.port} user=orthanc"],
            env={**os.environ, "PGPASSWORD": password, "PGPASSFILE": "/none"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def large(
    require_program: Callable[..., str], tmp_path: Path
) -> Iterator[tuple[ProductionSystem, PostgreSQL]]:
    """Run PostgreSQL and an Orthanc that keeps its index there."""
    require_program("psql", "postgresql-client")
    require_program("Orthanc", "orthanc")
    require_program("epmd", "rabbitmq-server")
    if not PROGRAMS:
        skip_or_fail("PostgreSQL is not installed; run `make test` (Debian: postgresql)")
    port = free_port()
    production = ProductionSystem(tmp_path, postgresql=f"localhost:{port}")
    postgresql = PostgreSQL(production.secrets, port)
    try:
        postgresql.make()
        postgresql.start()
        inside = f"host={postgresql.folder} dbname=postgres"
        assert postgresql.ask(inside, "CREATE DATABASE orthanc")[0] == 0
        production.programs["orthanc"].start()
        yield production, postgresql
    finally:
        production.stop()
        postgresql.kill()
        shutil.rmtree(postgresql.folder)


def test_orthanc_keeps_its_index_over_tls_and_others_are_refused(
    large: tuple[ProductionSystem, PostgreSQL],
) -> None:
    production, postgresql = large
    inside = f"host={postgresql.folder} dbname=orthanc"
    _, told = postgresql.ask(
        inside,
        "SELECT DISTINCT version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
        "WHERE client_addr IS NOT NULL AND ssl",
    )
    assert told.strip() == "TLSv1.3"
    _, tables = postgresql.ask(inside, "SELECT count(*) FROM resources")
    assert tables.strip() == "0"
    password = production.secrets.text("postgresql_password")
    outside = "host=localhost dbname=orthanc sslmode"
    assert postgresql.ask(f"{outside}=require", "SELECT 1", password) == (0, "1\n")
    code, told = postgresql.ask(f"{outside}=disable", "SELECT 1", password)
    assert (code, "no encryption" in told) == (2, True), told
    code, told = postgresql.ask(f"{outside}=require", "SELECT 1", "wrong")
    assert (code, "password authentication failed" in told) == (2, True), told
    assert password not in production.log("orthanc")
