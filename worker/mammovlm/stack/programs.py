"""The programs of the stack in the order in which they start."""

import os
import sys
import sysconfig
from collections.abc import Callable

from mammovlm.stack import rabbitmq
from mammovlm.stack.program import Port, Program
from mammovlm.stack.readiness import page_answers
from mammovlm.stack.settings import StackSettings

ANALYSIS_QUEUE = "mammovlm.analysis"


def orthanc(settings: StackSettings) -> Program:
    """Orthanc with the DICOMweb plugin and ours."""
    return Program(
        name="orthanc",
        command=("Orthanc", str(settings.home / "orthanc" / "orthanc.json")),
        package="orthanc",
        environment={
            "MAMMOVLM_HOME": str(settings.home),
            "MAMMOVLM_HTTP_PORT": str(settings.http_port),
            "MAMMOVLM_DICOM_PORT": str(settings.dicom_port),
            "MAMMOVLM_STORAGE_DIR": str(settings.var / "orthanc"),
            "MAMMOVLM_OHIF_DIR": str(settings.served_ohif_dir),
            "MAMMOVLM_PYTHONPATH": sysconfig.get_path("purelib"),
            **_defaults(MAMMOVLM_BROKER_URL=settings.broker_url),
        },
        is_ready=lambda: page_answers(f"{settings.http_url}/mammovlm/health"),
        address=f"{settings.http_url} · DICOM 127.0.0.1:{settings.dicom_port}",
        ports=(
            Port(settings.http_port, "MAMMOVLM_HTTP_PORT"),
            Port(settings.dicom_port, "MAMMOVLM_DICOM_PORT"),
        ),
        stop_wait_s=40,
    )


def worker(settings: StackSettings) -> Program:
    """Celery's worker; ready when it reads the queue, with the model loaded."""
    environment = _defaults(
        MAMMOVLM_BROKER_URL=settings.broker_url,
        MAMMOVLM_DICOMWEB_URL=f"{settings.http_url}/dicom-web",
    )
    return Program(
        name="worker",
        command=(
            *(sys.executable, "-m", "celery", "--app", "mammovlm.tasks", "worker"),
            *("--pool", "prefork", "--concurrency", str(settings.processes)),
            *("--without-mingle", "--without-gossip", "--loglevel", "INFO"),
        ),
        package="`make setup`",
        environment=environment,
        is_ready=lambda: rabbitmq.consumers(_broker_url(settings), ANALYSIS_QUEUE) > 0,
        stop_wait_s=settings.stop_timeout_s,
    )


PROGRAMS: dict[str, Callable[[StackSettings], Program]] = {
    "epmd": rabbitmq.port_mapper,
    "rabbitmq": rabbitmq.broker,
    "orthanc": orthanc,
    "worker": worker,
}
"""Name to program, in the order of starting; stopping goes backwards."""


def _defaults(**variables: str) -> dict[str, str]:
    """Keep what the caller's environment sets: it reaches the programs by inheritance."""
    return {name: value for name, value in variables.items() if name not in os.environ}


def _broker_url(settings: StackSettings) -> str:
    return os.environ.get("MAMMOVLM_BROKER_URL", settings.broker_url)
