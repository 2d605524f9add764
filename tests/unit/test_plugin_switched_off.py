"""Switched off, the plugin refuses by name what nobody would do, and everything else goes on."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import pytest

from mammovlm_orthanc.background import Background
from mammovlm_orthanc.distributions import Distributions
from mammovlm_orthanc.health import Health
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.queue_watch import QueueWatch
from mammovlm_orthanc.rest import RestApi
from mammovlm_orthanc.rest_messages import Answer, Request

ACTS = ("analyze", "urgent", "ask")
SAID = ("opinion", "patient-text", "questions/1/answer")


class Parts:
    """What the health of a plugin whose list is complete looks at."""

    is_list_complete = True

    def stuck(self) -> list[Any]:
        return []

    def entries(self, _states: object = None) -> list[Any]:
        return []


def health_of(*threads: Background, is_enabled: bool) -> Health:
    parts: Any = Parts()
    return Health(
        parts,
        parts,
        threads=threads,
        links=(),
        queues=QueueWatch(),
        counters=Counters(),
        distributions=Distributions(),
        is_enabled=is_enabled,
        to_route=lambda: 0,
        postponed=lambda: 3,
    )


def wait_for_the_end(stop: threading.Event) -> None:
    stop.wait()


@contextmanager
def a_thread(*, is_started: bool) -> Iterator[Background]:
    thread = Background("upkeep", wait_for_the_end, Counters())
    if is_started:
        thread.start()
    yield thread
    thread.tell_to_stop()
    thread.join(10)


def answer_to(path: str, *, is_enabled: bool) -> Answer:
    nothing: Any = None  # a refusal asks nobody
    taken = ("POST", r"studies/[^/]+/(?:.+)", lambda _request: Answer(HTTPStatus.ACCEPTED, "{}"))
    api = RestApi(nothing, nothing, nothing, health_of(is_enabled=is_enabled), [taken])
    return api.answer(Request("POST", path))


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("ending", ["", "/"])
def test_what_needs_a_worker_is_refused_with_advice(act: str, ending: str) -> None:
    answer = answer_to(f"studies/1.2.3/{act}{ending}", is_enabled=False)
    said = json.loads(answer.body)
    assert (answer.status, said["code"]) == (503, "switched-off")
    assert "switched off" in said["error"]
    assert said["do"]


@pytest.mark.parametrize("act", SAID)
def test_opinions_and_the_answers_of_workers_are_taken(act: str) -> None:
    assert answer_to(f"studies/1.2.3/{act}", is_enabled=False).status == 202


def test_switched_on_questions_are_taken() -> None:
    assert answer_to("studies/1.2.3/ask", is_enabled=True).status == 202


@pytest.mark.parametrize("is_started", [False, True])
@pytest.mark.parametrize("is_enabled", [False, True])
def test_alive_and_ready_are_told_of_the_threads_that_should_run(
    *, is_enabled: bool, is_started: bool
) -> None:
    with a_thread(is_started=is_started) as thread:
        health = health_of(thread, is_enabled=is_enabled)
        assert (health.is_alive, health.is_ready) == (is_started, is_started)
        report = health.report()
    assert report["threads_running"] == {"upkeep": is_started}
    assert report["postponed"] == 3
    status = ("ok" if is_started else "degraded") if is_enabled else "disabled"
    assert report["status"] == status
