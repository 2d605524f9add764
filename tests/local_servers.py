"""Real Orthanc and RabbitMQ on free ports for tests: start, kill, start again on the same data."""

import os
import shutil
import signal
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pika
import requests
from pika.exceptions import AMQPError
from pydicom import Dataset
from pynetdicom import AE

from conftest import ROOT, skip_or_fail
from free_ports import free_port

RABBITMQ = "/usr/lib/rabbitmq/bin/rabbitmq-server"
_START_S = 400
"""Long enough for a machine that is busy with something else."""

T = TypeVar("T")


def wait_until(what: str, ask: Callable[[], T], timeout_s: float = 20.0) -> T:
    """Ask until the answer is true; fail with what was waited for."""
    deadline = time.monotonic() + timeout_s
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s:g} s in vain until {what}")
        time.sleep(0.02)
    return answer


class Server:
    """A program on this machine that can be killed and started again on the same data."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        self._command = command
        self._environment = {**os.environ, **environment}
        self.folder = folder
        self.log = folder / "log.txt"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process identifier."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the program and wait until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(f"{self._command[0]} answers (log: {self.log})", self._answers, _START_S)

    def kill(self, with_signal: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the program and wait for its end."""
        if self._process is None or not self.is_running:
            return
        os.killpg(self._process.pid, with_signal)
        self._process.wait(60)

    def is_ready(self) -> bool:
        """Say whether the program does its work."""
        raise AssertionError("each program says for itself when it is ready")

    def _answers(self) -> bool:
        if not self.is_running:
            raise AssertionError(f"{self._command[0]} ended: {self.log.read_text()[-2000:]}")
        return self.is_ready()


class Orthanc(Server):
    """Orthanc with MammoVLM's plugin.

    Parameters
    ----------
    folder
        Where data and log go.
    environment
        More for orthanc.json (``MAMMOVLM_QUIET_S``, ...).
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.http_port, self.dicom_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.http_port}"
        (folder / "data").mkdir(parents=True, exist_ok=True)
        ours = {
            "MAMMOVLM_HOME": str(ROOT),
            "MAMMOVLM_HTTP_PORT": str(self.http_port),
            "MAMMOVLM_DICOM_PORT": str(self.dicom_port),
            "MAMMOVLM_STORAGE_DIR": str(folder / "data"),
            "MAMMOVLM_PYTHONPATH": sysconfig.get_path("purelib"),
            # Where a test names no broker: none, and not one that happens to run on this machine.
            "MAMMOVLM_BROKER_URL": "amqp://127.0.0.1:9//",
        }
        configuration = str(ROOT / "orthanc" / "orthanc.json")
        super().__init__(["Orthanc", configuration], {**ours, **environment}, folder)
        self.session = requests.Session()
        self.session.trust_env = False

    def is_ready(self) -> bool:
        """Say whether the REST API answers."""
        try:
            return self.session.get(f"{self.url}/system", timeout=2).ok
        except requests.RequestException:
            return False

    def _forget_idle_connections(self) -> None:
        """Begin a new connection: Orthanc may end an idle one just as the request goes out.

        "Connection: close" would not do: then a busy Orthanc drops an answer now and then.
        """
        self.session.close()

    def get(self, path: str) -> requests.Response:
        """GET a path of the REST API."""
        self._forget_idle_connections()
        return self.session.get(self.url + path, timeout=30)

    def post(self, path: str, body: str | bytes = b"") -> requests.Response:
        """POST to a path of the REST API."""
        self._forget_idle_connections()
        return self.session.post(self.url + path, data=body, timeout=30)

    def status(self, study_instance_uid: str) -> dict[str, Any]:
        """Give the status of a study, {} where it has none."""
        answer = self.get(f"/mammovlm/studies/{study_instance_uid}")
        content: dict[str, Any] = answer.json() if answer.ok else {}
        return content

    def wait_for_state(
        self, study_instance_uid: str, state: str, timeout_s: float = 20.0
    ) -> dict[str, Any]:
        """Wait until a study is in a state and give its status."""

        def ask() -> dict[str, Any]:
            status = self.status(study_instance_uid)
            return status if status.get("state") == state else {}

        return wait_until(f"study is {state}, see {self.log}", ask, timeout_s)

    def send(self, datasets: Iterable[Dataset], host: str = "127.0.0.1") -> list[int]:
        """C-STORE data sets over one association; give the DIMSE status of each."""
        sent = list(datasets)
        modality = AE("MODALITY")
        for dataset in sent:
            modality.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
        association = modality.associate(host, self.dicom_port, ae_title="ORTHANC")
        assert association.is_established, "Orthanc took no association"
        statuses = [association.send_c_store(dataset).get("Status", -1) for dataset in sent]
        association.release()
        return statuses


class RabbitMQ(Server):
    """A broker of its own: data, cookie and port mapper in one folder.

    Parameters
    ----------
    folder
        Where data and log go.
    """

    def __init__(self, folder: Path) -> None:
        self.port, self._mapper_port = free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plugins").write_text("[].\n")
        environment = {
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"mammovlm{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        super().__init__([RABBITMQ], environment, folder)
        # Started by the broker itself, the port mapper would outlive the test.
        self._mapper = subprocess.Popen(
            ["epmd", "-address", "127.0.0.1", "-port", str(self._mapper_port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def end(self) -> None:
        """Kill the broker and its port mapper."""
        self.kill()
        self._mapper.kill()
        self._mapper.wait(10)

    def is_ready(self) -> bool:
        """Say whether the broker takes connections."""
        try:
            self.connect().close()
        except (AMQPError, OSError):
            return False
        return True

    def connect(self) -> pika.BlockingConnection:
        """Open a connection."""
        return pika.BlockingConnection(
            pika.ConnectionParameters(
                "127.0.0.1", self.port, connection_attempts=1, socket_timeout=3, stack_timeout=5
            )
        )


def _require(program: str, package: str) -> None:
    if shutil.which(program) is None:
        skip_or_fail(f"{program} is not installed; run `make setup` (Debian: {package})")


@contextmanager
def orthanc_server(folder: Path, **environment: str) -> Iterator[Orthanc]:
    """Run Orthanc with the plugin; keyword arguments are environment variables."""
    _require("Orthanc", "orthanc, orthanc-python, orthanc-dicomweb")
    server = Orthanc(folder, environment)
    try:
        server.start()
        yield server
    finally:
        server.kill()


@contextmanager
def rabbitmq_server(folder: Path) -> Iterator[RabbitMQ]:
    """Run a broker."""
    _require(RABBITMQ, "rabbitmq-server")
    server = RabbitMQ(folder)
    try:
        server.start()
        yield server
    finally:
        server.end()
