"""Starting, watching and stopping the real programs."""

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import requests

from local_stack import stack_settings, wait_until
from mammovlm.stack import StackFailed, StackSettings, down, status, up
from mammovlm.stack.supervision import MARK

pytestmark = pytest.mark.system
WITHOUT_WORKER = ("epmd", "rabbitmq", "orthanc")


def silent(_: str) -> None:
    """Tell nobody."""


def processes(settings: StackSettings) -> list[psutil.Process]:
    """Find every process that belongs to a stack."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(settings.var):
                found.append(process)
        except psutil.Error:
            continue
    return found


def pids(settings: StackSettings) -> dict[str, int]:
    return {name: now.pid for name, (_, now) in status(settings).items() if now}


@pytest.fixture(scope="module")
def programs(require_program: Callable[..., str]) -> None:
    require_program("Orthanc", "orthanc")
    require_program("epmd", "rabbitmq-server")


@pytest.fixture(scope="module")
def stack(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackSettings]:
    """Run a stack without a worker."""
    settings = stack_settings(tmp_path_factory.mktemp("stack"))
    assert up(settings, silent, WITHOUT_WORKER)
    yield settings
    assert down(settings, silent)


def test_starting_twice_starts_nothing_a_second_time(stack: StackSettings) -> None:
    before = pids(stack)
    assert not up(stack, silent, WITHOUT_WORKER)
    assert pids(stack) == before


def test_every_program_is_shown_with_state_and_address(stack: StackSettings) -> None:
    shown = status(stack)
    assert {name: now.state for name, (_, now) in shown.items() if now} == dict.fromkeys(
        WITHOUT_WORKER, "RUNNING"
    )
    assert str(stack.http_port) in shown["orthanc"][0].address


def test_broker_and_port_mapper_listen_on_loopback_only(stack: StackSettings) -> None:
    ours = {process.pid for process in processes(stack) if process.name() != "Orthanc"}
    listening = [
        connection.laddr
        for connection in psutil.net_connections("tcp")
        if connection.pid in ours and connection.status == psutil.CONN_LISTEN
    ]
    assert {address.port for address in listening} >= {stack.amqp_port, stack.epmd_port}
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}


def test_a_killed_orthanc_comes_back_by_itself(stack: StackSettings) -> None:
    before = pids(stack)["orthanc"]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: pids(stack).get("orthanc", 0) not in {0, before}, "a new Orthanc")
    health = f"{stack.http_url}/mammovlm/health"

    def is_back() -> bool:
        now = status(stack)["orthanc"][1]
        try:
            return now is not None and now.state == "RUNNING" and requests.get(health, timeout=5).ok
        except requests.ConnectionError:
            return False

    wait_until(is_back, "Orthanc's plugin is healthy again")


def test_other_settings_are_refused_while_the_stack_is_up(stack: StackSettings) -> None:
    other = stack.model_copy(update={"http_port": stack.http_port - 1})
    with pytest.raises(StackFailed, match="make down"):
        up(other, silent, WITHOUT_WORKER)
    assert pids(stack).keys() == set(WITHOUT_WORKER), "what runs goes on running"


def test_stopping_leaves_no_process_and_stopping_twice_is_no_error(
    programs: None, tmp_path: Path
) -> None:
    settings = stack_settings(tmp_path)
    up(settings, silent, ["epmd", "rabbitmq"])
    assert len(processes(settings)) >= 3, "the broker brings processes of its own"
    assert down(settings, silent)
    assert processes(settings) == []
    assert not down(settings, silent)


def test_what_a_killed_supervisor_left_behind_is_ended(programs: None, tmp_path: Path) -> None:
    settings = stack_settings(tmp_path)
    up(settings, silent, ["epmd"])
    [epmd] = processes(settings)
    parent = epmd.parent()
    assert parent is not None
    parent.kill()
    wait_until(lambda: not parent.is_running(), "supervisord is gone")
    assert epmd.is_running()
    assert down(settings, silent)
    assert not epmd.is_running()


def test_a_leftover_that_ends_by_itself_meanwhile_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = stack_settings(tmp_path)
    variables = {**os.environ, MARK: str(settings.var)}
    first, second = (subprocess.Popen(["sleep", "600"], env=variables) for _ in range(2))

    def found() -> Iterator[psutil.Process]:
        yield psutil.Process(second.pid)
        second.kill()
        second.wait()
        yield psutil.Process(first.pid)

    monkeypatch.setattr(psutil, "process_iter", found)
    assert down(settings, silent)
    assert not psutil.pid_exists(first.pid)


def test_a_taken_port_stops_the_start_before_anything_runs(programs: None, tmp_path: Path) -> None:
    settings = stack_settings(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.amqp_port))
        other.listen()
        with pytest.raises(StackFailed, match="MAMMOVLM_AMQP_PORT"):
            up(settings, silent, ["epmd", "rabbitmq"])
    assert processes(settings) == []


def test_a_program_that_ends_at_once_is_told_with_its_last_words(
    programs: None, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    settings = stack_settings(tmp_path, home=home)
    with pytest.raises(StackFailed, match=r"orthanc ends again and again") as caught:
        up(settings, silent, ["orthanc"])
    assert "orthanc.json" in str(caught.value), "Orthanc's own words name the missing file"
    assert processes(settings) == []


def test_a_program_that_is_not_ready_in_time_is_told_and_stopped(
    programs: None, tmp_path: Path
) -> None:
    settings = stack_settings(tmp_path, start_timeout_s=1.5)
    with pytest.raises(StackFailed, match="not ready within"):
        up(settings, silent, ["orthanc"])  # without a broker the plugin is never healthy
    assert processes(settings) == []


def test_a_missing_program_is_told_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StackFailed, match=r"epmd \(erlang-base\).*make setup"):
        up(stack_settings(tmp_path), silent, ["epmd"])
