"""What one worker process holds, loaded before its first task: settings, archive, model."""

import logging
import os
import signal
import sys
from dataclasses import dataclass

import torch
from celery.signals import (
    setup_logging,
    worker_init,
    worker_process_init,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)

from mammovlm.answering import Answering
from mammovlm.archive import Archive, DicomWebArchive
from mammovlm.archive.questions import PluginQuestions
from mammovlm.archive.retrying import RetryingArchive
from mammovlm.errors import FontMissing, ModelUnavailable, WeightsUnusable
from mammovlm.model import Model
from mammovlm.model.presets import PRESETS
from mammovlm.model.ready_model import ready_model
from mammovlm.model_process import ModelProcessOwner, RemoteModel, wants_model_process
from mammovlm.results import page_fonts
from mammovlm.settings import Settings
from mammovlm.tasks.application import app
from mammovlm.tasks.logs import log_to_standard_error
from mammovlm.tasks.topology import DEAD_QUEUES, EVENTS_QUEUE, JOB_QUEUES

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadedWorker:
    """Everything that is made once per process."""

    settings: Settings
    archive: Archive
    model: Model
    questions: PluginQuestions
    answering: Answering


_loaded: LoadedWorker | None = None
_owner: ModelProcessOwner | None = None
"""In the worker's main process; its children inherit it, for its place."""


def loaded_worker() -> LoadedWorker:
    """Give what this process holds.

    Raises
    ------
    RuntimeError
        If called outside a worker process.
    """
    if _loaded is None:
        raise RuntimeError("the model is loaded in worker processes only")
    return _loaded


@worker_init.connect
def start_model_process(**_: object) -> None:
    """Start the model process, where there is to be one, before the worker has children."""
    global _owner  # noqa: PLW0603  one per worker, by design
    settings = Settings()
    if wants_model_process(settings):
        command = [sys.executable, "-m", "mammovlm.tasks.model_server"]
        _owner = ModelProcessOwner(
            command, lambda: os.kill(os.getpid(), signal.SIGTERM), settings.model_silence_s
        )


@worker_shutting_down.connect
def let_nobody_else_wait(**_: object) -> None:
    """Let worker processes that wait for the model end; those with a study go on."""
    if _owner is not None:
        _owner.place.close()


@worker_shutdown.connect
def stop_model_process(**_: object) -> None:
    """End the model process after the last study."""
    if _owner is not None:
        _owner.stop()


@worker_process_init.connect
def load_before_first_task(**_: object) -> None:
    """Load model and fonts; without them the whole worker stops, with the reason in its log."""
    global _loaded  # noqa: PLW0603  one per process, by design
    settings = Settings()
    archive = RetryingArchive(DicomWebArchive.from_settings(settings), settings.archive_patience_s)
    try:
        model = _model(settings)
        if settings.pdf_report:
            page_fonts(settings.language, settings.pdf_font)
    except ModelUnavailable:
        _log.info("this process ends with its worker, before there was a model")
        raise
    except (WeightsUnusable, FontMissing) as error:
        _log.critical("the worker stops: %s", error)
        os.kill(os.getppid(), signal.SIGTERM)
        raise
    questions = PluginQuestions.from_settings(settings)
    answering = Answering(archive, model, settings)
    _loaded = LoadedWorker(settings, archive, model, questions, answering)
    _log.info("model %s loaded, device %s", settings.preset, model.algorithm.device_uid)


def _model(settings: Settings) -> Model:
    """Reach the model process, or load a model of this process's own."""
    if _owner is None:
        return ready_model(settings)
    torch.set_num_threads(1)  # images are prepared here, one core a process
    return RemoteModel(_owner.place, PRESETS[settings.preset], settings.model_patience_s)


@worker_ready.connect
def declare_topology(**_: object) -> None:
    """Declare every queue, so that dead letters have a place before the first job can die."""
    if not Settings().declare_queues:
        return
    with app.connection_for_write() as connection:
        for queue in (*JOB_QUEUES, EVENTS_QUEUE, *DEAD_QUEUES):
            queue.bind(connection.default_channel).declare()


@setup_logging.connect
def set_up_logging(**_: object) -> None:
    """Log as we do, not as Celery would."""
    log_to_standard_error(Settings().log_format)
