"""Starting the stack, waiting until it works, and stopping it without leaving a process."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import psutil

from mammovlm.stack.ports import require_free
from mammovlm.stack.program import Program, StackFailed
from mammovlm.stack.programs import PROGRAMS
from mammovlm.stack.settings import StackSettings
from mammovlm.stack.supervision import (
    MARK,
    ProgramState,
    Supervisor,
    configuration,
    configuration_path,
    log_of,
)

_LOOK_EVERY_S = 0.2
_ENDS_BEFORE_GIVING_UP = 2
_LAST_LINES = 15
_PROGRAM_FOLDERS = "/usr/sbin:/sbin"  # where Debian has Orthanc; not on an ordinary user's PATH

Notify = Callable[[str], None]


def up(settings: StackSettings, notify: Notify, names: Sequence[str] = tuple(PROGRAMS)) -> bool:
    """Start what does not run yet and wait until all of it works.

    Parameters
    ----------
    settings
        Where and on which ports.
    notify
        Told about each step, in a few words.
    names
        Which programs, in the order of starting.

    Returns
    -------
    bool
        False when everything was up already.

    Raises
    ------
    StackFailed
        When a program is missing, a port is taken, or a program does not come up; a stack that
        this call began to start is stopped again.
    """
    programs = [PROGRAMS[name](settings) for name in names]
    wanted = configuration(settings, programs)
    supervisor = Supervisor(settings)
    is_new = supervisor.pid() is None
    if is_new:
        _require_installed(programs)
        require_free(programs)
        _write_files(settings, programs, wanted)
    elif configuration_path(settings).read_text() != wanted:
        raise StackFailed("The stack is up with other settings. Run `make down` first.")
    try:
        if is_new:
            _launch(supervisor)
        started = [_start(settings, supervisor, program, notify) for program in programs]
    except BaseException:
        if is_new:
            down(settings, notify)
        raise
    return any(started)


def down(settings: StackSettings, notify: Notify) -> bool:
    """Stop the programs in order and leave no process behind.

    Returns
    -------
    bool
        False when nothing was up.

    Raises
    ------
    StackFailed
        When a process withstands even being killed.
    """
    supervisor = Supervisor(settings)
    pid = supervisor.pid()
    if pid is not None:
        notify("stopping (a worker first ends the study it is at)")
        supervisor.shutdown()
        _wait_for_end(pid, settings.stop_timeout_s * 2 + 120)
    left = _end_leftovers(settings)
    if left:
        notify(f"ended {left} process(es) that an earlier run had left behind")
    return pid is not None or left > 0


def status(settings: StackSettings) -> dict[str, tuple[Program, ProgramState | None]]:
    """Say of every program how it is; None for its state: not up."""
    states = Supervisor(settings).states()
    return {name: (make(settings), states.get(name)) for name, make in PROGRAMS.items()}


def _require_installed(programs: Sequence[Program]) -> None:
    path = f"{os.environ.get('PATH', os.defpath)}:{_PROGRAM_FOLDERS}"
    missing = [p for p in programs if shutil.which(p.command[0], path=path) is None]
    if missing:
        names = ", ".join(f"{program.name} ({program.package})" for program in missing)
        raise StackFailed(f"Not installed: {names}. Run `make setup`.")


def _write_files(settings: StackSettings, programs: Sequence[Program], wanted: str) -> None:
    for folder in ("log", "run", "orthanc", "rabbitmq"):
        (settings.var / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
    for program in programs:
        for path, text in program.files.items():
            path.write_text(text)
    configuration_path(settings).write_text(wanted)


def _launch(supervisor: Supervisor) -> None:
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = f"{before}:{_PROGRAM_FOLDERS}"
    try:
        supervisor.launch()
    finally:
        os.environ["PATH"] = before
    deadline = time.monotonic() + 10
    while supervisor.pid() is None:
        if time.monotonic() > deadline:
            raise StackFailed("supervisord started but does not answer on its socket.")
        time.sleep(_LOOK_EVERY_S)


def _start(
    settings: StackSettings, supervisor: Supervisor, program: Program, notify: Notify
) -> bool:
    """Start a program unless it runs, and wait until it works; say whether it was started."""
    begun = time.monotonic()
    before = supervisor.states()[program.name]
    is_started = before.state not in {"RUNNING", "STARTING", "BACKOFF"}
    if is_started:
        notify(f"starting {program.name}")
        supervisor.start(program.name)
    ends = {before.last_stop}
    while not _works(now := supervisor.states()[program.name], program):
        ends.add(now.last_stop)
        if len(ends) > _ENDS_BEFORE_GIVING_UP:
            raise StackFailed(f"{program.name} ends again and again.{_log(settings, program)}")
        if time.monotonic() - begun > settings.start_timeout_s:
            limit = f"{program.name} was not ready within {settings.start_timeout_s:g} s."
            raise StackFailed(limit + _log(settings, program))
        time.sleep(_LOOK_EVERY_S)
    if is_started:
        notify(f"{program.name} is ready ({time.monotonic() - begun:.1f} s)")
    return is_started


def _works(now: ProgramState, program: Program) -> bool:
    return now.state == "RUNNING" and program.is_ready()


def _log(settings: StackSettings, program: Program) -> str:
    path = log_of(settings, program.name)
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    return f" Its last words ({path}):\n" + "\n".join(f"    {x}" for x in lines[-_LAST_LINES:])


def _wait_for_end(pid: int, timeout_s: float) -> None:
    try:
        psutil.Process(pid).wait(timeout_s)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired as error:
        raise StackFailed(f"supervisord (process {pid}) does not end.") from error


def _end_leftovers(settings: StackSettings) -> int:
    """End processes that outlived their supervisor; they are known by their environment."""
    left = [process for process in psutil.process_iter() if _belongs(process, settings)]
    _signal(left, signal.SIGTERM)
    _, stubborn = psutil.wait_procs(left, timeout=settings.stop_timeout_s)
    _signal(stubborn, signal.SIGKILL)
    _, immortal = psutil.wait_procs(stubborn, timeout=10)
    if immortal:
        raise StackFailed(f"These processes do not end: {', '.join(str(p.pid) for p in immortal)}")
    return len(left)


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # it ended with another, as the broker's helpers do
            process.send_signal(number)


def _belongs(process: psutil.Process, settings: StackSettings) -> bool:
    try:
        return bool(process.environ().get(MARK) == str(settings.var))
    except (psutil.Error, OSError):  # ended meanwhile, or another user's
        return False
