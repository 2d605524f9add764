"""The model process at work: requests from the worker's processes in, answers out, in batches."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener
from time import monotonic
from typing import Any, NoReturn, Protocol, TypeVar

from mammovlm.errors import LanguageModelUnavailable, ModelFailed, name_and_place
from mammovlm.findings import Algorithm
from mammovlm.model import ModelOutput
from mammovlm.model.model_input import ModelInput
from mammovlm.model.write_request import WriteRequest
from mammovlm.model_process.batches import Answer, BatchQueue, Waiting
from mammovlm.model_process.isolation import isolated
from mammovlm.model_process.messages import (
    begun_message,
    failed_message,
    output_message,
    ready_message,
    study_of,
    words_of,
    written_message,
)
from mammovlm.model_process.signs_of_life import BatchClock
from mammovlm.model_process.wire import Kind, Message, receive, send

_log = logging.getLogger(__name__)

Asked = TypeVar("Asked")
Given = TypeVar("Given")


class DeviceLost(Exception):
    """Raised when the device computes nothing any more; only a new process gets it back."""


class ManyStudiesModel(Protocol):
    """What the service needs of a model: `mammovlm.model.MammoVLM`."""

    @property
    def algorithm(self) -> Algorithm:
        """Who this is."""

    def assess_together(self, inputs: Sequence[ModelInput]) -> list[ModelOutput]:
        """Assess several prepared studies."""

    def write_together(self, requests: Sequence[WriteRequest]) -> list[str]:
        """Word several answers."""

    def works(self) -> bool:
        """Whether its device still computes."""


class ModelService:
    """Serves one model to all processes of one worker.

    Parameters
    ----------
    model
        Loaded and warm.
    requests
        Collects the requests.
    words_elsewhere
        True where another machine words the answers: they are asked for at once and side by side,
        since nobody here computes meanwhile, and that machine makes batches of its own.
    clock
        Of the batches; one of its own where None.
    """

    def __init__(
        self,
        model: ManyStudiesModel,
        requests: BatchQueue,
        *,
        words_elsewhere: bool = False,
        clock: BatchClock | None = None,
    ) -> None:
        self._model = model
        self._clock = clock or BatchClock()
        self._requests = requests
        self._words_elsewhere = words_elsewhere

    def serve(self, listener: Listener) -> NoReturn:
        """Answer for ever, one batch after the other, in this thread.

        Each asker has a thread of its own that reads and writes; the model is used here alone.

        Raises
        ------
        DeviceLost
            If the model's device computes nothing any more. Nobody is answered then: who asked
            sees the process end, and asks the next one.
        """
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        while True:
            self.answer_next_batch()

    def answer_next_batch(self) -> None:
        """Wait for a batch and answer it."""
        batch = self._requests.next()
        studies = [each for each in batch if isinstance(each.asked, ModelInput)]
        words = [each for each in batch if isinstance(each.asked, WriteRequest)]
        self._answer(studies, self._timed(self._model.assess_together))
        self._answer(words, self._timed(self._model.write_together))

    def _timed(
        self, run: Callable[[Sequence[Asked]], Sequence[Given]]
    ) -> Callable[[Sequence[Asked]], Sequence[Given]]:
        """Let the clock run while the model does; a batch cut into smaller ones is many batches."""

        def timed(asked: Sequence[Asked]) -> Sequence[Given]:
            with self._clock.running():
                return run(asked)

        return timed

    def _answer(
        self, waiting: Sequence[Waiting], run: Callable[[Sequence[Any]], Sequence[Any]]
    ) -> None:
        is_alone = len(waiting) == 1
        begun = [each for each in waiting if each.begin(is_alone)]
        if not begun:
            return
        started = monotonic()
        answers = isolated(run, [each.asked for each in begun])
        what = "texts" if isinstance(begun[0].asked, WriteRequest) else "studies"
        _log.info("%d %s in %.2f s", len(begun), what, monotonic() - started)
        if any(isinstance(answer, ModelFailed) for answer in answers) and not self._model.works():
            raise DeviceLost
        for each, answer in zip(begun, answers, strict=True):
            each.answer.set_result(answer)

    def _accept(self, listener: Listener) -> None:
        while True:
            try:
                connection = listener.accept()
            except (AuthenticationError, EOFError, ConnectionError) as refused:
                _log.warning("somebody could not connect: %s", type(refused).__name__)
                continue
            except OSError:
                _log.exception("nobody can connect any more")
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: Connection) -> None:
        """Serve one asker until it goes."""
        self._requests.askers.add(connection)
        try:
            send(connection, ready_message(self._model.algorithm))
            while True:
                waiting = _waiting(receive(connection), connection)
                if self._words_elsewhere and isinstance(waiting.asked, WriteRequest):
                    self._answer([waiting], self._model.write_together)
                else:
                    self._requests.put(waiting)
                send(connection, _reply(waiting.answer.result()))
        except (EOFError, OSError):
            _log.debug("an asker has gone")
        except ValueError as error:
            _log.error("an asker sent nonsense: %s", name_and_place(error))
        finally:
            self._requests.askers.discard(connection)
            connection.close()


def _waiting(message: Message, connection: Connection) -> Waiting:
    asked = words_of(message) if message.kind is Kind.WRITE else study_of(message)
    waiting = Waiting(asked, wants_to_be_alone=message.is_alone, begin=lambda _: False)
    return replace(waiting, begin=lambda is_alone: _begun(connection, waiting, is_alone))


def _begun(connection: Connection, waiting: Waiting, is_alone: bool) -> bool:
    """Tell the asker that work begins. One that has gone gets none done."""
    try:
        # whoever waits for an answer says nothing: what there is to read is the connection's end
        has_gone = connection.poll()
        if not has_gone:
            send(connection, begun_message(is_alone))
    except OSError:
        has_gone = True
    if has_gone:
        waiting.answer.set_exception(EOFError())
    return not has_gone


def _reply(answer: Answer) -> Message:
    if isinstance(answer, ModelFailed | LanguageModelUnavailable):
        return failed_message(answer)
    return written_message(answer) if isinstance(answer, str) else output_message(answer)
