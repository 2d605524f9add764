"""The program of the model process: ``python -m mammovlm.tasks.model_server``, started by a worker.

It loads the model and, on a GPU, warms it up, listens where its owner says, and ends with its
owner. Nobody else starts it: it reads the place to listen at and the key from standard input.
"""

import logging
import os
import signal
import sys
import threading
from multiprocessing.connection import Listener
from time import monotonic, sleep
from typing import NoReturn

from mammovlm.errors import WeightsUnusable
from mammovlm.model import MammoVLM
from mammovlm.model.ready_model import ready_model
from mammovlm.model_process import (
    UNUSABLE,
    BatchClock,
    BatchQueue,
    DeviceLost,
    MeetingPlace,
    ModelService,
    give_signs_of_life,
)
from mammovlm.settings import Settings
from mammovlm.tasks.logs import log_to_standard_error

_log = logging.getLogger(__name__)


def main() -> NoReturn:
    """Serve until the owner ends, or the device is lost."""
    settings = Settings()
    log_to_standard_error(settings.log_format)
    # A supervisor may signal the whole group; the owner ends this process after its last study.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    place = MeetingPlace.from_text(sys.stdin.read())
    threading.Thread(target=_end_with_owner, args=(place,), daemon=True).start()
    clock = BatchClock()
    signs = (place, clock, settings.model_batch_limit_s)
    threading.Thread(target=give_signs_of_life, args=signs, daemon=True).start()
    service = ModelService(
        _loaded(settings),
        BatchQueue(settings.batch_studies, settings.batch_wait_ms / 1000),
        words_elsewhere=bool(settings.language_model_url),
        clock=clock,
    )
    place.address.unlink(missing_ok=True)
    try:
        with Listener(str(place.address), "AF_UNIX", backlog=64, authkey=place.key) as listener:
            service.serve(listener)
    except DeviceLost:
        _log.critical("the device computes nothing any more; the model process ends")
        os._exit(1)  # an orderly end would ask the device to free its memory, and might hang


def _loaded(settings: Settings) -> MammoVLM:
    started = monotonic()
    try:
        model = ready_model(settings)
    except WeightsUnusable as error:
        _log.critical("the worker stops: %s", error)
        sys.exit(UNUSABLE)
    _log.info("model %s ready after %.1f s", settings.preset, monotonic() - started)
    return model


def _end_with_owner(place: MeetingPlace) -> None:
    while os.getppid() == place.owner:
        sleep(1)
    place.remove()
    os._exit(0)


if __name__ == "__main__":
    main()
