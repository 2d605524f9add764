"""A model for tests of the model process: it does to each study what the study's name says."""

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Listener
from pathlib import Path
from threading import Event, Thread

import numpy as np
import torch

from mammovlm.errors import LanguageModelUnavailable
from mammovlm.findings import Algorithm
from mammovlm.model import ModelOutput
from mammovlm.model.model_input import ModelInput
from mammovlm.model.write_request import WriteRequest
from mammovlm.model_process import (
    BatchClock,
    BatchQueue,
    MeetingPlace,
    ModelService,
    RemoteModel,
)
from mammovlm.study import HANGING_ORDER, Study
from random_findings import ALGORITHM, random_findings
from simulated_studies import simulated_study
from tiny_models import tiny_preset

KEY = b"a key of this test"


def named(name: str) -> Study:
    """Make a study whose fate is its name."""
    study = simulated_study(HANGING_ORDER[:1])
    return Study(name, study.views)


def place_at(address: Path, key: bytes = KEY) -> MeetingPlace:
    """Make the place of an address, in the keeping of this process."""
    return MeetingPlace(address, key, os.getpid())


class ScriptedModel:
    """Does to each study what its name says: "fine ...", "fault ...", "memory ...".

    Parameters
    ----------
    room
        Studies for which its memory suffices.
    """

    def __init__(self, room: int = 100) -> None:
        self.room = room
        self.batches: list[list[str]] = []
        self.computes = True
        self.has_begun, self.may_go_on = Event(), Event()
        self.may_go_on.set()

    @property
    def algorithm(self) -> Algorithm:
        return ALGORITHM

    def works(self) -> bool:
        return self.computes

    def assess_together(self, inputs: Sequence[ModelInput]) -> list[ModelOutput]:
        self.has_begun.set()
        self.may_go_on.wait(30)
        names = [each.study_instance_uid for each in inputs]
        self.batches.append(names)
        if any(name.startswith("fault") for name in names):
            raise IndexError("a value that nobody may read")
        if len(names) > self.room or any(name.startswith("memory") for name in names):
            raise torch.OutOfMemoryError
        return [
            ModelOutput(random_findings(len(name)), np.full((1, 128), len(name), np.float32))
            for name in names
        ]

    def write_together(self, requests: Sequence[WriteRequest]) -> list[str]:
        if any(request.prompt == "away" for request in requests):
            raise LanguageModelUnavailable("the server is away")
        return [f"{request.prompt} in words" for request in requests]


class Served:
    """A service in a thread of this process, and as many askers as are wanted."""

    def __init__(
        self,
        model: ScriptedModel,
        address: Path,
        most: int = 8,
        *,
        words_elsewhere: bool = False,
        clock: BatchClock | None = None,
    ) -> None:
        self._address = address
        self.listener = Listener(str(address), "AF_UNIX", backlog=64, authkey=KEY)
        requests = BatchQueue(most, 2.0)
        service = ModelService(model, requests, words_elsewhere=words_elsewhere, clock=clock)
        Thread(target=service.serve, args=(self.listener,), daemon=True).start()

    def asker(self, patience_s: float = 20) -> RemoteModel:
        return RemoteModel(place_at(self._address), tiny_preset(), patience_s)

    def ask(self, names: Sequence[str]) -> list["Future[ModelOutput]"]:
        """Ask for all studies at the same time, each by an asker of its own."""
        askers = [self.asker() for _ in names]
        with ThreadPoolExecutor(len(names)) as threads:
            return [
                threads.submit(asker.assess, named(name))
                for asker, name in zip(askers, names, strict=True)
            ]
