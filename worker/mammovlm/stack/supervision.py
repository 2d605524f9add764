"""supervisord, which keeps the programs running: its configuration, and what is asked of it."""

import hashlib
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from mammovlm.stack.program import Program, StackFailed
from mammovlm.stack.settings import StackSettings

MARK = "MAMMOVLM_STACK"
"""Environment variable by which a process says which stack (its folder) it belongs to."""

_LONGEST_SOCKET_PATH = 90
_UP_BEFORE_CALLED_RUNNING_S = 1
_RESTARTS = 60  # supervisor waits a second longer before each: half an hour in all


@dataclass(frozen=True)
class ProgramState:
    """What supervisord says of one program.

    Parameters
    ----------
    state
        Supervisor's word: STARTING, RUNNING, BACKOFF, STOPPING, STOPPED, EXITED, FATAL.
    pid
        Process identifier, 0 where there is no process.
    since
        When it started last; None while it does not run.
    last_stop
        When it ended last, seconds since 1970; 0: never.
    """

    state: str
    pid: int
    since: datetime | None
    last_stop: int


def log_of(settings: StackSettings, name: str) -> Path:
    """Where the output of a program is kept."""
    return settings.var / "log" / f"{name}.log"


def configuration_path(settings: StackSettings) -> Path:
    """Where supervisord's generated configuration lies."""
    return settings.var / "supervisord.conf"


def configuration(settings: StackSettings, programs: Sequence[Program]) -> str:
    """Write supervisord's configuration for these programs, started one by one on request."""
    run = settings.var / "run"
    sections: dict[str, dict[str, object]] = {
        "unix_http_server": {"file": _socket(settings), "chmod": "0700"},
        "supervisord": {
            "logfile": settings.var / "log" / "supervisord.log",
            "pidfile": run / "supervisord.pid",
            "directory": settings.home,
            "nocleanup": "true",
        },
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
    }
    for place, program in enumerate(programs):
        sections[f"program:{program.name}"] = _section(settings, program, place)
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key}={_escaped(value)}\n" for key, value in keys.items())
        for name, keys in sections.items()
    )


def _section(settings: StackSettings, program: Program, place: int) -> dict[str, object]:
    environment = {**program.environment, MARK: str(settings.var)}
    return {
        "command": shlex.join(program.command),
        "environment": ",".join(f'{key}="{value}"' for key, value in environment.items()),
        "priority": place,
        "autostart": "false",
        "autorestart": "true",
        "startsecs": _UP_BEFORE_CALLED_RUNNING_S,
        "startretries": _RESTARTS,
        "stopwaitsecs": program.stop_wait_s,
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": log_of(settings, program.name),
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": 3,
    }


def _escaped(value: object) -> str:
    return str(value).replace("%", "%%")


def _socket(settings: StackSettings) -> Path:
    inside = settings.var / "run" / "supervisor.sock"
    if len(str(inside)) <= _LONGEST_SOCKET_PATH:
        return inside
    # The system cuts a socket's path at 108 characters.
    digest = hashlib.sha256(str(settings.var).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"mammovlm-{digest}.sock"


class Supervisor:
    """The supervisord of one stack, running or not."""

    def __init__(self, settings: StackSettings) -> None:
        self._settings = settings

    @property
    def _rpc(self) -> Any:  # noqa: ANN401  answers have the types of the remote methods
        # A new one for each question: a transport that met a dead socket once stays unusable.
        transport = SupervisorTransport(None, None, f"unix://{_socket(self._settings)}")
        return ServerProxy("http://127.0.0.1", transport=transport)

    def pid(self) -> int | None:
        """Its process identifier; None when it does not run."""
        try:
            return int(self._rpc.supervisor.getPID())
        except (OSError, HTTPException, Fault):
            return None

    def launch(self) -> None:
        """Start supervisord in the background; it starts no program yet.

        Raises
        ------
        StackFailed
            When supervisord refuses, with its words.
        """
        command = [sys.executable, "-m", "supervisor.supervisord"]
        command += ["--configuration", str(configuration_path(self._settings))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackFailed(f"supervisord did not start:\n{done.stderr or done.stdout}")

    def states(self) -> dict[str, ProgramState]:
        """Say how each program is; empty when supervisord does not run."""
        try:
            answers = self._rpc.supervisor.getAllProcessInfo()
        except (OSError, HTTPException, Fault):
            return {}
        return {answer["name"]: _program_state(answer) for answer in answers}

    def start(self, name: str) -> None:
        """Start a program without waiting for it.

        Raises
        ------
        StackFailed
            When it cannot be started at all.
        """
        try:
            self._rpc.supervisor.startProcess(name, False)
        except Fault as fault:
            raise StackFailed(f"{name} cannot be started: {fault.faultString}") from fault

    def shutdown(self) -> None:
        """Ask it to stop all programs, last started first, and then itself."""
        self._rpc.supervisor.shutdown()


def _program_state(answer: dict[str, Any]) -> ProgramState:
    runs = answer["statename"] in {"STARTING", "RUNNING", "STOPPING"}
    return ProgramState(
        state=answer["statename"],
        pid=answer["pid"],
        since=datetime.fromtimestamp(answer["start"], UTC) if runs and answer["start"] else None,
        last_stop=answer["stop"],
    )
