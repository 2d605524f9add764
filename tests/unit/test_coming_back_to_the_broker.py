"""Whoever lost the broker comes back by growing pauses that no two share, and never in haste."""

import logging
import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from celery.exceptions import WorkerShutdown
from celery.worker import state
from hypothesis import given
from hypothesis import strategies as st
from kombu import Connection
from pika.exceptions import AMQPConnectionError

from free_ports import free_port
from mammovlm.settings import Settings
from mammovlm.tasks import consumer as worker_consumer
from mammovlm.tasks.application import create_application
from mammovlm.tasks.broker import pauses, publishing
from mammovlm_orthanc import broker
from mammovlm_orthanc.broker import Broker, Link, with_jitter

SHORTEST_S, LONGEST_S = 0.5, 15.0


class Stop(threading.Event):
    """The plugin's stop signal, which notes how long each wait would have been."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waits.append(timeout)
        return False


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Give a function that lets seconds pass on the plugin's clock."""
    now = [1000.0]
    monkeypatch.setattr(broker, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def pass_by(seconds: float) -> None:
        now[0] += seconds

    return pass_by


def lose(link: Link, times: int) -> list[float]:
    stop = Stop()
    for _ in range(times):
        link.down(AMQPConnectionError(), stop)
    return stop.waits


@given(st.integers(1, 40))
def test_the_plugins_pauses_double_up_to_fifteen_seconds_and_are_shortened_by_chance(
    times: int,
) -> None:
    for n, pause in enumerate(lose(Link("publisher"), times)):
        nominal = min(LONGEST_S, SHORTEST_S * 2**n)
        assert nominal / 2 <= pause <= nominal


@given(st.floats(0, 1e6))
def test_jitter_shortens_by_half_at_most(pause_s: float) -> None:
    assert pause_s / 2 <= with_jitter(pause_s) <= pause_s


def test_two_that_lose_the_broker_at_once_do_not_come_back_at_once() -> None:
    assert lose(Link("publisher"), 8) != lose(Link("consumer"), 8)


def test_a_broker_that_lets_the_plugin_in_and_refuses_its_jobs_is_not_asked_in_haste(
    clock: Callable[[float], None],
) -> None:
    link, stop = Link("publisher"), Stop()
    for _ in range(8):
        link.up()
        clock(0.1)
        link.down(AMQPConnectionError(), stop)
    assert stop.waits[-1] >= LONGEST_S / 2


def test_after_a_connection_that_held_the_plugin_comes_back_at_once(
    clock: Callable[[float], None],
) -> None:
    link = Link("publisher")
    lose(link, 8)
    link.up()
    clock(60)
    assert lose(link, 1)[0] <= SHORTEST_S


def test_pika_itself_tries_once() -> None:
    assert Broker("amqp://broker.test//").parameters().connection_attempts == 1


@given(st.floats(1, 60))
def test_a_workers_pauses_grow_and_have_an_upper_limit(longest_s: float) -> None:
    drawn = pauses(longest_s)
    assert 0 < drawn["interval_start"] <= drawn["interval_max"] <= longest_s
    assert drawn["interval_step"] > 0


def test_no_two_workers_draw_the_same_pauses() -> None:
    assert pauses(20) != pauses(20)


def test_an_event_is_offered_a_bounded_number_of_times_however_the_connection_was_opened() -> None:
    by_connection = create_application(Settings()).conf.broker_transport_options
    assert publishing()["max_retries"] == by_connection["max_retries"] == 10
    assert by_connection["connect_retries_timeout"] == 60


def test_a_worker_without_broker_tries_on_and_tells_no_address_until_it_is_stopped(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    quick = {"interval_start": 0.01, "interval_step": 0.01, "interval_max": 0.02}
    monkeypatch.setattr(worker_consumer, "pauses", lambda _longest_s: quick)
    consumer = worker_consumer.JobConsumer.__new__(worker_consumer.JobConsumer)
    port = free_port()
    attempts = [0]

    def stop_after_some() -> None:
        attempts[0] += 1
        if attempts[0] > 105:  # Celery's own consumer gives up after a hundred
            monkeypatch.setattr(state, "should_stop", 0)
        state.maybe_shutdown()

    monkeypatch.setattr(worker_consumer, "maybe_shutdown", stop_after_some)
    with (
        caplog.at_level(logging.ERROR),
        pytest.raises(WorkerShutdown),
        Connection(f"amqp://user:sesame@127.0.0.1:{port}//") as connection,
    ):
        consumer.ensure_connected(connection)
    assert caplog.text.count("no connection to the broker (ConnectionRefusedError)") > 100
    assert "sesame" not in caplog.text
