"""Orthanc, RabbitMQ and a worker as processes, with cables between them that can be pulled."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from local_servers import Orthanc, RabbitMQ, orthanc_server, rabbitmq_server, wait_until
from system.chaos.small_disk import SmallDisk
from system.chaos.stepped_clock import SteppedClock
from system.chaos.tcp_link import TcpLink
from system.chaos.worker_server import WorkerServer

SETTINGS: Mapping[str, str] = {
    "MAMMOVLM_QUIET_S": "1",
    "MAMMOVLM_DEADLINE_S": "4",
    "MAMMOVLM_SWEEP_S": "2",
    "MAMMOVLM_ARCHIVE_TIMEOUT_S": "5",
    "MAMMOVLM_ARCHIVE_PATIENCE_S": "60",
    # Patient's text and page cost time and touch nothing else that a fault can hit.
    "MAMMOVLM_INCLUDE_PATIENT_TEXT": "false",
    "MAMMOVLM_PDF_REPORT": "false",
}
_DISK_MB = 128
_START_S = 400.0


class Installation:
    """Everything that runs, and everything that can go wrong with it.

    Attributes
    ----------
    orthanc, broker, worker
        The programs; the worker is not started yet.
    to_archive
        The workers' way to Orthanc.
    worker_to_broker, plugin_to_broker
        The two ways to RabbitMQ.
    disk, clock
        Orthanc's disk, and Orthanc's time: stepped, it is also wrong against the worker's.
    fetched
        How often each watched study was asked for, by its Study Instance UID.
    """

    def __init__(self, folder: Path, stack: ExitStack, settings: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.clock = SteppedClock(folder / "clock")
        self.disk = SmallDisk(folder / "orthanc" / "data", _DISK_MB)
        stack.callback(self.disk.unmount)
        self.broker: RabbitMQ = stack.enter_context(rabbitmq_server(folder / "rabbitmq"))
        self.plugin_to_broker = self._link(stack, self.broker.port)
        self.worker_to_broker = self._link(stack, self.broker.port)
        environment = {**SETTINGS, **settings, "MAMMOVLM_BROKER_URL": _amqp(self.plugin_to_broker)}
        self.orthanc: Orthanc = stack.enter_context(
            orthanc_server(folder / "orthanc", **environment, **self.clock.environment)
        )
        wait_until("the plugin has its queues", self._has_queues, _START_S)
        self.to_archive = self._link(stack, self.orthanc.http_port, self._seen_by_cable)
        self._for_workers = {
            **environment,
            "MAMMOVLM_BROKER_URL": _amqp(self.worker_to_broker),
            "MAMMOVLM_DICOMWEB_URL": f"http://127.0.0.1:{self.to_archive.port}/dicom-web",
        }
        self._folder, self._stack = folder, stack
        self._poison: dict[str, Callable[[], None]] = {}
        self.fetched: Counter[str] = Counter()
        self.worker = self.new_worker("worker")

    def new_worker(self, name: str) -> WorkerServer:
        """Make a worker that is not started yet; it ends with everything else."""
        worker = WorkerServer(self._folder / name, name, self._for_workers)
        self._stack.callback(worker.end)
        return worker

    def _has_queues(self) -> bool:
        metrics = self.orthanc.get("/mammovlm/metrics").text
        return 'mammovlm_broker_connected{side="consumer"} 1' in metrics

    @property
    def links(self) -> tuple[TcpLink, TcpLink, TcpLink]:
        """All cables."""
        return self.to_archive, self.worker_to_broker, self.plugin_to_broker

    def when_fetched(self, study_instance_uid: str, do: Callable[[], None]) -> None:
        """Do something whenever the worker asks the archive for a study."""
        self._poison[study_instance_uid] = do

    def forget_poison(self) -> None:
        """From now on nothing is done when a study is fetched."""
        self._poison.clear()

    def _seen_by_cable(self, piece: bytes) -> None:
        for study_instance_uid, do in list(self._poison.items()):
            if f"/studies/{study_instance_uid}/".encode() in piece:
                self.fetched[study_instance_uid] += 1
                do()

    @staticmethod
    def _link(stack: ExitStack, port: int, watch: Callable[[bytes], None] | None = None) -> TcpLink:
        link = TcpLink(port, watch)
        stack.callback(link.close)
        return link


@contextmanager
def installation(folder: Path, **settings: str) -> Iterator[Installation]:
    """Start Orthanc and broker in a folder; at the end nothing runs any more.

    Keyword arguments are environment variables for Orthanc and the workers.
    """
    with ExitStack() as stack:
        yield Installation(folder, stack, settings)


def _amqp(link: TcpLink) -> str:
    return f"amqp://guest:guest@127.0.0.1:{link.port}//"
