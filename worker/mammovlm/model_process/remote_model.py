"""The model as a worker's process has it: prepares studies, asks the model process for the rest."""

import logging
from dataclasses import replace
from math import inf
from multiprocessing.connection import Client, Connection
from time import monotonic, sleep
from typing import Final

from mammovlm.errors import ModelUnavailable
from mammovlm.findings import Algorithm
from mammovlm.model import ModelOutput
from mammovlm.model.model_input import prepared
from mammovlm.model.presets import Preset
from mammovlm.model.write_request import WriteRequest
from mammovlm.model_process.meeting_place import MeetingPlace
from mammovlm.model_process.messages import (
    algorithm_of,
    failure_of,
    output_of,
    study_message,
    text_of,
    words_message,
)
from mammovlm.model_process.wire import Kind, Message, receive, send
from mammovlm.study import Study

_log = logging.getLogger(__name__)

_PAUSE_S: Final = 0.2


class RemoteModel:
    """A `mammovlm.model.Model` that runs in the model process.

    A study is never lost with that process: it is asked for again when the process is back, alone
    if it was one of several that were worked on. Only the study that was worked on alone when the
    process ended is given up.

    Parameters
    ----------
    place
        Where the model process listens, or will.
    preset
        That the model process runs.
    patience_s
        How long one request waits for a model process that is not there. Before the first request
        there is no limit: loading takes as long as it takes.

    Raises
    ------
    ModelUnavailable
        If the model process is wanted no more, or the worker takes no new studies.
    """

    def __init__(self, place: MeetingPlace, preset: Preset, patience_s: float) -> None:
        self._place = place
        self._preset = preset
        self._patience_s = patience_s
        self._connection: Connection | None = None
        self._algorithm: Algorithm
        self._open(inf)

    @property
    def algorithm(self) -> Algorithm:
        """Who answers: parts, hashes, version."""
        return self._algorithm

    def assess(self, study: Study) -> ModelOutput:
        """Assess one study; see `mammovlm.model.Model`.

        Raises
        ------
        ModelFailed
            If the model fails with this study.
        ModelUnavailable
            If the model process ended while it worked on this study alone, or is not there.
        """
        return output_of(self._ask(study_message(prepared(study, self._preset))))

    def write(self, request: WriteRequest) -> str:
        """Word an answer; see `mammovlm.model.Model` and, for what is raised, `assess`."""
        return text_of(self._ask(words_message(request)))

    def _ask(self, request: Message) -> Message:
        while True:
            try:
                answer = self._answer_to(request)
            except _Ended as ended:
                if ended.while_alone:
                    raise ModelUnavailable(
                        "The model process ended while it worked on this study alone."
                    ) from ended
                _log.warning("the model process ended; this study waits for the next one")
                request = replace(request, is_alone=request.is_alone or ended.while_working)
                continue
            if answer.kind is Kind.FAILED:
                raise failure_of(answer)
            return answer

    def _answer_to(self, request: Message) -> Message:
        """Ask once; whatever ends that early ends the connection too, on which answers may come."""
        begun: Message | None = None
        try:
            connection = self._open(self._patience_s)
            send(connection, request)
            begun = receive(connection)
            return receive(connection)
        except (EOFError, OSError) as error:
            self._close()
            raise _Ended(begun) from error
        except BaseException:  # a time limit, for one
            self._close()
            raise

    def _open(self, patience_s: float) -> Connection:
        """Give the connection; where there is none, connect as soon as somebody listens."""
        deadline = monotonic() + patience_s
        while self._connection is None:
            began = monotonic()
            try:
                self._connection, self._algorithm = self._connected()
            except (EOFError, OSError) as error:
                deadline += monotonic() - began  # one that hung until it ended was there so long
                is_first = patience_s == inf
                if not self._place.is_wanted or (is_first and self._place.is_closing):
                    raise ModelUnavailable("The model process is wanted no more.") from error
                if monotonic() > deadline:
                    raise ModelUnavailable(
                        f"The model process was not there for {patience_s:.0f} s; its log says why."
                    ) from error
                sleep(_PAUSE_S)
        return self._connection

    def _connected(self) -> tuple[Connection, Algorithm]:
        connection = Client(str(self._place.address), "AF_UNIX", authkey=self._place.key)
        return connection, algorithm_of(receive(connection))

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


class _Ended(Exception):
    """Raised when the model process ended before it answered.

    Parameters
    ----------
    begun
        What it said when it began to work; None where it had not begun.
    """

    def __init__(self, begun: Message | None) -> None:
        super().__init__()
        self.while_working = begun is not None
        self.while_alone = begun is not None and begun.is_alone
