"""The production configuration of docker/ and orthanc/ as local processes, TLS everywhere.

The same start scripts and configuration files that the containers and the systemd units run; only
folders and ports differ.
"""

import json
import shutil
import socket
import ssl
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pika
import requests
from click.testing import CliRunner
from pika.exceptions import AMQPError
from pydicom import Dataset, dcmread
from pynetdicom import AE
from pynetdicom.association import Association

from conftest import ROOT
from free_ports import free_port
from local_servers import Server, wait_until
from mammovlm.cli import main

LOOPBACK = "127.0.0.1"
AE_TITLE, MODALITY, DEPARTMENT = "MAMMOVLM", "MAMMO1", "PACS"


class Secrets:
    """What ``mammovlm certificates`` and ``mammovlm passwords`` write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for command in ("certificates", "passwords"):
            made = CliRunner().invoke(main, [command, "--out", str(folder)])
            assert made.exit_code == 0, made.output

    def text(self, name: str) -> str:
        """Give the content of one file."""
        return (self.folder / name).read_text().strip()

    @property
    def people(self) -> tuple[str, str]:
        """The first person's user and password."""
        users = json.loads(self.text("orthanc_users.json"))["RegisteredUsers"]
        return "radiology", users["radiology"]

    def client_context(self, name: str = "", keys: Path | None = None) -> ssl.SSLContext:
        """Trust our authority, and show a certificate if one is named.

        Parameters
        ----------
        name
            Whose certificate; none where it is empty.
        keys
            Folder of another authority to take it from.
        """
        context = ssl.create_default_context(cafile=self.folder / "ca.crt")
        if name:
            pair = (keys or self.folder) / f"{name}.crt"
            context.load_cert_chain(pair, pair.with_suffix(".key"))
        return context


class Program(Server):
    """A program that one of the production start scripts starts; ready when its port answers."""

    def __init__(self, script: str, port: int, environment: dict[str, str], folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__([str(ROOT / "docker" / script / "start.sh")], environment, folder)
        self.port = port

    def is_ready(self) -> bool:
        """Say whether the port is open."""
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, self.port)) == 0


class ProductionSystem:
    """Orthanc, RabbitMQ, the proxy and a worker, as a site runs them.

    Parameters
    ----------
    folder
        Where data, logs and secrets go.
    postgresql
        HOST:PORT of a PostgreSQL for Orthanc's index; "" for SQLite.
    """

    def __init__(self, folder: Path, postgresql: str = "") -> None:
        self._postgresql = postgresql
        self.secrets = Secrets(folder / "secrets")
        self.https_port, self.dicom_port, self.http_port = free_port(), free_port(), free_port()
        self.amqps_port, self._mapper_port = free_port(), free_port()
        self.department_port = free_port()
        self.url = f"https://localhost:{self.https_port}"
        # Short: RabbitMQ's and nginx' paths must not become too long.
        self._run = Path(tempfile.mkdtemp(prefix="mammovlm-"))
        self._modalities = folder / "modalities.json"
        self._modalities.write_text(modalities(self.dicom_port, self.department_port))
        self.programs = {
            name: Program(name, port, self._environment(name, folder), folder / name)
            for name, port in {
                "rabbitmq": self.amqps_port,
                "orthanc": self.dicom_port,
                "proxy": self.https_port,
                "worker": self.amqps_port,
            }.items()
        }
        self._mapper = subprocess.Popen(
            ["epmd", "-address", LOOPBACK, "-port", str(self._mapper_port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _environment(self, name: str, folder: Path) -> dict[str, str]:
        shared = {
            "MAMMOVLM_TLS_DIR": str(self.secrets.folder),
            "MAMMOVLM_RUN_DIR": str(self._run / name),
        }
        special = {
            "rabbitmq": self._rabbitmq,
            "orthanc": self._orthanc,
            "proxy": self._proxy,
            "worker": self._worker,
        }
        return shared | special[name](folder)

    def _rabbitmq(self, folder: Path) -> dict[str, str]:
        return {
            "MAMMOVLM_AMQPS_ADDRESS": LOOPBACK,
            "MAMMOVLM_AMQPS_PORT": str(self.amqps_port),
            "MAMMOVLM_BROKER_USERS_FILE": str(self.secrets.folder / "rabbitmq_users.json"),
            "MAMMOVLM_BROKER_DIR": str(folder / "rabbitmq" / "data"),
            "RABBITMQ_NODENAME": f"mammovlm{self.amqps_port}@localhost",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "ERL_EPMD_PORT": str(self._mapper_port),
        }

    def _orthanc(self, folder: Path) -> dict[str, str]:
        data = folder / "orthanc" / "data"
        data.mkdir(parents=True)
        return {
            "MAMMOVLM_STORAGE_DIR": str(data),
            "MAMMOVLM_HTTP_PORT": str(self.http_port),
            "MAMMOVLM_DICOM_TLS_PORT": str(self.dicom_port),
            "MAMMOVLM_BROKER_URL": f"amqps://plugin@localhost:{self.amqps_port}/mammovlm",
            "MAMMOVLM_BROKER_PASSWORD_FILE": str(self.secrets.folder / "plugin_broker_password"),
            "MAMMOVLM_USERS_FILE": str(self.secrets.folder / "orthanc_users.json"),
            "MAMMOVLM_MODALITIES_FILE": str(self._modalities),
            "MAMMOVLM_PUBLIC_HOST": f"localhost:{self.https_port}",
            "MAMMOVLM_PYTHONPATH": str(Path(pika.__file__).parents[1]),
            "MAMMOVLM_QUIET_S": "1",
            "MAMMOVLM_ROUTE_TO": "department",
            "MAMMOVLM_POSTGRESQL": self._postgresql,
            "PGPASSFILE": str(self.secrets.folder / "orthanc_pgpass"),
        }

    def _proxy(self, _folder: Path) -> dict[str, str]:
        return {
            "MAMMOVLM_HTTPS_ADDRESS": LOOPBACK,
            "MAMMOVLM_HTTPS_PORT": str(self.https_port),
            "MAMMOVLM_ORTHANC_HTTP": f"{LOOPBACK}:{self.http_port}",
        }

    def _worker(self, _folder: Path) -> dict[str, str]:
        return {
            "MAMMOVLM_SECRETS_DIR": str(self.secrets.folder),
            "MAMMOVLM_BROKER_URL": f"amqps://worker@localhost:{self.amqps_port}/mammovlm",
            "MAMMOVLM_DICOMWEB_URL": f"{self.url}/dicom-web",
        }

    @property
    def passwords(self) -> list[str]:
        """Give what no log and no answer may show."""
        names = ("plugin_broker_password", "mammovlm_broker_password", "mammovlm_dicomweb_password")
        return [*map(self.secrets.text, names), self.secrets.people[1]]

    def start(self) -> None:
        """Start everything; the broker first, since it takes longest."""
        for program in self.programs.values():
            program.start()
        wait_until("the plugin and its broker are connected", self._is_healthy, 120)

    def stop(self) -> None:
        """Kill everything and remove what it ran on."""
        for program in reversed(self.programs.values()):
            program.kill()
        self._mapper.kill()
        self._mapper.wait(10)
        shutil.rmtree(self._run)

    def _is_healthy(self) -> bool:
        return self.get(
            "/mammovlm/ready", ("monitoring", self.secrets.text("monitoring_password"))
        ).ok

    def log(self, name: str) -> str:
        """Give what a program has written so far."""
        return self.programs[name].log.read_text(errors="replace")

    def request(
        self, method: str, path: str, who: tuple[str, str] | None, **more: Any
    ) -> requests.Response:
        """Ask the proxy over TLS, as a user or as nobody."""
        with requests.Session() as session:
            session.trust_env = False
            session.verify = str(self.secrets.folder / "ca.crt")
            return session.request(method, self.url + path, auth=who, timeout=30, **more)

    def get(self, path: str, who: tuple[str, str] | None = None) -> requests.Response:
        """GET a path from the proxy."""
        return self.request("GET", path, who)

    def associate(
        self,
        contexts: list[Dataset],
        tls: ssl.SSLContext | None,
        *,
        called: str = AE_TITLE,
        calling: str = MODALITY,
    ) -> Association:
        """Ask for a DICOM association for the classes of some data sets."""
        entity = AE(calling)
        entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 10
        for dataset in contexts:
            syntax = dataset.file_meta.TransferSyntaxUID
            entity.add_requested_context(dataset.SOPClassUID, syntax)
        encryption = (tls, "localhost") if tls else None
        return entity.associate(LOOPBACK, self.dicom_port, ae_title=called, tls_args=encryption)

    def broker(
        self, user: str, password: str, tls: ssl.SSLContext | None
    ) -> pika.BlockingConnection:
        """Open a connection to the broker."""
        return pika.BlockingConnection(
            pika.ConnectionParameters(
                "localhost",
                self.amqps_port,
                "mammovlm",
                pika.PlainCredentials(user, password),
                ssl_options=pika.SSLOptions(tls, "localhost") if tls else None,
                connection_attempts=1,
                socket_timeout=5,
                stack_timeout=10,
                blocked_connection_timeout=5,
            )
        )


class DepartmentArchive(Server):
    """The archive that a department has already: DCMTK's storescp, which wants DICOM TLS.

    Parameters
    ----------
    system
        Its results come here.
    folder
        Where they are kept.
    """

    def __init__(self, system: ProductionSystem, folder: Path) -> None:
        keys = system.secrets.folder
        self.port, self.objects = system.department_port, folder / "objects"
        self.objects.mkdir(parents=True)
        tls = ["+tls", str(keys / "proxy.key"), str(keys / "proxy.crt")]
        tls += ["+cf", str(keys / "ca.crt"), "--require-peer-cert"]
        store = ["--output-directory", str(self.objects), "--aetitle", DEPARTMENT]
        super().__init__(["storescp", *tls, *store, str(self.port)], {}, folder)

    def is_ready(self) -> bool:
        """Say whether the port is open."""
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, self.port)) == 0

    @property
    def stored(self) -> list[Dataset]:
        """Everything that has come."""
        return [dcmread(path, force=True) for path in self.objects.iterdir()]


def modalities(port: int, department_port: int) -> str:
    """Write the file in which a site names its modalities.

    One may store, one may only verify, one gets the results and may do nothing here.
    """
    known = {"AET": MODALITY, "Host": LOOPBACK, "Port": port, "UseDicomTls": True}
    allowed = dict.fromkeys(("AllowFind", "AllowMove", "AllowGet", "AllowNAction"), False)
    nothing = {**allowed, "AllowEcho": False, "AllowStore": False}
    return json.dumps(
        {
            "DicomModalities": {
                "mammo1": {**known, **allowed, "AllowEcho": True, "AllowStore": True},
                "viewer": {
                    **known,
                    **allowed,
                    "AET": "VIEWER",
                    "AllowEcho": True,
                    "AllowStore": False,
                },
                "department": {**known, **nothing, "AET": DEPARTMENT, "Port": department_port},
            }
        }
    )


BROKER_FAULTS = (AMQPError, OSError, ssl.SSLError)
"""How a broker's refusal shows in pika."""
