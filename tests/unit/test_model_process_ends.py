"""A model process that ends loses no study but the one that ended it, and comes back."""

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
import torch

from local_stack import wait_until
from mammovlm.errors import ModelUnavailable
from mammovlm.model import ModelOutput
from mammovlm.model_process import (
    UNUSABLE,
    BatchClock,
    MeetingPlace,
    ModelProcessOwner,
    RemoteModel,
    give_signs_of_life,
    wants_model_process,
)
from mammovlm.model_process.messages import (
    begun_message,
    output_message,
    ready_message,
    study_of,
)
from mammovlm.model_process.wire import Message, receive, send
from mammovlm.settings import Settings
from random_findings import ALGORITHM, random_findings
from scripted_model import KEY, ScriptedModel, Served, named, place_at
from tiny_models import tiny_preset


@pytest.fixture
def address() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mp-") as folder:
        yield Path(folder) / "model.sock"


def script(listener: Listener, *steps: Callable[[Connection, Message], None]) -> Thread:
    """Play a model process that takes one connection for each step, and ends after it."""

    def play() -> None:
        for step in steps:
            with listener.accept() as connection:
                send(connection, ready_message(ALGORITHM))
                step(connection, receive(connection))

    thread = Thread(target=play, daemon=True)
    thread.start()
    return thread


def ends_before_it_begins(connection: Connection, request: Message) -> None:
    assert not request.is_alone


def ends_with_others(connection: Connection, request: Message) -> None:
    assert not request.is_alone
    send(connection, begun_message(is_alone=False))


def ends_alone(connection: Connection, request: Message) -> None:
    assert request.is_alone
    send(connection, begun_message(is_alone=True))


def answers(connection: Connection, request: Message) -> None:
    send(connection, begun_message(request.is_alone))
    uid = study_of(request).study_instance_uid
    output = ModelOutput(random_findings(len(uid)), np.zeros((1, 128), np.float32))
    send(connection, output_message(output))


def answers_if_alone(connection: Connection, request: Message) -> None:
    assert request.is_alone
    answers(connection, request)


@pytest.mark.parametrize(
    "steps",
    [
        (ends_before_it_begins, ends_before_it_begins, answers),
        (ends_before_it_begins, ends_with_others, answers_if_alone),
    ],
)
def test_a_study_outlives_the_model_process_and_comes_alone_if_it_was_worked_on(
    address: Path, steps: tuple[Callable[[Connection, Message], None], ...]
) -> None:
    with Listener(str(address), "AF_UNIX", authkey=KEY) as listener:
        played = script(listener, *steps)
        asker = RemoteModel(place_at(address), tiny_preset(), 20)
        assert asker.assess(named("fine")).findings == random_findings(len("fine"))
        played.join(20)
        assert not played.is_alive()


def test_a_study_that_ends_the_model_process_alone_is_given_up(address: Path) -> None:
    with Listener(str(address), "AF_UNIX", authkey=KEY) as listener:
        script(listener, ends_with_others, ends_alone, answers)
        asker = RemoteModel(place_at(address), tiny_preset(), 20)
        with pytest.raises(ModelUnavailable, match="this study alone"):
            asker.assess(named("guilty"))
        assert asker.assess(named("fine")).findings == random_findings(len("fine"))


def test_patience_ends_where_no_model_process_comes(address: Path) -> None:
    with Listener(str(address), "AF_UNIX", authkey=KEY) as listener:
        script(listener, ends_with_others)
        asker = RemoteModel(place_at(address), tiny_preset(), 0.3)
        wait_until(lambda: asker.algorithm == ALGORITHM, "connected")
        with listener:
            pass
        with pytest.raises(ModelUnavailable, match="was not there"):
            asker.assess(named("fine"))


def test_where_the_owner_wants_no_model_process_nobody_waits_for_one(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="wanted no more"):
        RemoteModel(place_at(tmp_path / "gone" / "model.sock"), tiny_preset(), 60)


def test_a_worker_that_closes_lets_those_wait_who_have_a_study_and_nobody_else(
    address: Path,
) -> None:
    with Listener(str(address), "AF_UNIX", authkey=KEY) as listener:
        script(listener, ends_with_others, answers_if_alone)
        asker = RemoteModel(place_at(address), tiny_preset(), 20)
        place_at(address).close()
        assert asker.assess(named("fine")).findings == random_findings(len("fine"))
    with pytest.raises(ModelUnavailable, match="wanted no more"):
        RemoteModel(place_at(address), tiny_preset(), 20)


def test_the_owner_starts_an_ended_process_again_and_stops_it_for_good() -> None:
    sleeper = "import sys, time; sys.stdin.read(); time.sleep(600)"
    owner = ModelProcessOwner([sys.executable, "-c", sleeper], lambda: None, silence_s=600)
    folder = owner.place.address.parent
    assert folder.stat().st_mode & 0o777 == 0o700
    first = owner.pid
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: owner.pid != first, "the owner has started another", timeout_s=30)
    second = owner.pid
    os.kill(second, 0)
    owner.stop()
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)


def test_a_process_that_hangs_is_ended_and_another_one_started(
    caplog: pytest.LogCaptureFixture,
) -> None:
    signs = (
        "import json, pathlib, sys, time\n"
        "alive = pathlib.Path(json.load(sys.stdin)['address']).with_name('alive')\n"
        "while True: alive.touch(); time.sleep(0.05)"
    )
    owner = ModelProcessOwner([sys.executable, "-c", signs], lambda: None, silence_s=1)
    wait_until(lambda: owner.place.last_sign is not None, "it lives", timeout_s=30)
    first = owner.pid
    os.kill(first, signal.SIGSTOP)
    wait_until(lambda: owner.pid != first, "the owner has started another", timeout_s=30)
    assert "gave no sign of life for 1 s" in caplog.text
    assert "the model process ended (-9)" in caplog.text
    owner.stop()


def test_a_process_that_is_stuck_in_one_batch_ends_itself(
    address: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model, clock = ScriptedModel(), BatchClock()
    served = Served(model, address, clock=clock)
    assert served.asker().assess(named("fine")).findings == random_findings(len("fine"))
    model.may_go_on.clear()
    asker = Thread(target=served.asker().assess, args=(named("fine"),))
    asker.start()
    wait_until(lambda: clock.seconds > 0.1, "the model is at it")
    with pytest.raises(SystemExit, match="1"):
        give_signs_of_life(place_at(address), clock, 0.1, sys.exit)
    assert "the model has been at one batch for" in caplog.text
    model.may_go_on.set()
    asker.join(20)
    served.listener.close()


def test_a_process_with_nothing_to_do_gives_signs_of_life(address: Path) -> None:
    place, clock = place_at(address), BatchClock()
    Thread(target=give_signs_of_life, args=(place, clock, 0.0), daemon=True).start()
    wait_until(lambda: place.last_sign is not None, "a sign")
    assert clock.seconds == 0


def test_a_model_process_that_can_never_run_is_not_started_again() -> None:
    told = Event()
    leaver = f"import sys; sys.stdin.read(); sys.exit({UNUSABLE})"
    owner = ModelProcessOwner([sys.executable, "-c", leaver], told.set, silence_s=600)
    assert told.wait(30)
    assert not owner.place.address.parent.exists()
    owner.stop()


def test_the_place_reaches_the_model_process_and_shows_its_key_to_nobody() -> None:
    place = MeetingPlace(Path("/tmp/x/model.sock"), b"\x00secret", 12)
    assert MeetingPlace.from_text(place.as_text()) == place
    assert "secret" not in repr(place)


@pytest.mark.parametrize(
    ("wanted", "device", "expected"),
    [
        ("always", "cpu", True),
        ("never", "cuda", False),
        ("auto", "cpu", False),
        ("auto", "cuda:1", True),
        ("auto", "auto", torch.cuda.device_count() > 0),
    ],
)
def test_a_gpu_has_a_model_process_and_a_processor_has_none(
    wanted: str, device: str, expected: bool
) -> None:
    settings = Settings(model_process=wanted, device=device)
    assert wants_model_process(settings) == expected
