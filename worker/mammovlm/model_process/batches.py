"""Requests that wait for the model, and how they become batches."""

import queue
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic

from mammovlm.errors import LanguageModelUnavailable, ModelFailed
from mammovlm.model import ModelOutput
from mammovlm.model.model_input import ModelInput
from mammovlm.model.write_request import WriteRequest

Answer = ModelOutput | str | ModelFailed | LanguageModelUnavailable


@dataclass(frozen=True, eq=False)
class Waiting:
    """One request that waits.

    Parameters
    ----------
    asked
        A study to assess, or words to write.
    wants_to_be_alone
        True where the model process has ended while it worked on this one and others.
    begin
        Tells the asker that work begins, and whether this request is alone; False where the asker
        has gone.
    answer
        Where the answer goes.
    """

    asked: ModelInput | WriteRequest
    wants_to_be_alone: bool
    begin: Callable[[bool], bool]
    answer: "Future[Answer]" = field(default_factory=Future)


class BatchQueue:
    """Collects requests into batches.

    Parameters
    ----------
    most
        Requests in one batch.
    wait_s
        How long a request waits for others that could share its batch.
    """

    def __init__(self, most: int, wait_s: float) -> None:
        self._most = most
        self._wait_s = wait_s
        self._queue: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
        self._held: Waiting | None = None
        self.askers: set[object] = set()
        """Who could ask at this moment; once all of them wait, nobody else can come."""

    def put(self, waiting: Waiting) -> None:
        """Let a request wait."""
        self._queue.put(waiting)

    def next(self) -> list[Waiting]:
        """Wait for the next batch: at least one request, the longest waiting first."""
        first = self._held or self._queue.get()
        self._held = None
        batch = [first]
        deadline = monotonic() + self._wait_s
        while not first.wants_to_be_alone and len(batch) < self._most:
            try:
                patience = deadline - monotonic() if len(batch) < len(self.askers) else 0
                waiting = self._queue.get(timeout=max(patience, 0))
            except queue.Empty:
                break
            if waiting.wants_to_be_alone:
                self._held = waiting
                break
            batch.append(waiting)
        return batch
