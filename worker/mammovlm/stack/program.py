"""What the stack must know of a program: how it starts, where it listens, when it is ready."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mammovlm.errors import MammoVLMError


class StackFailed(MammoVLMError):
    """Raised when the stack cannot be started or stopped; the message says what to do."""


@dataclass(frozen=True)
class Port:
    """A TCP port that a program listens on.

    Parameters
    ----------
    number
        The port.
    variable
        The environment variable that changes it.
    """

    number: int
    variable: str


@dataclass(frozen=True)
class Program:
    """One program of the stack.

    Parameters
    ----------
    name
        Its name for people, and of its log file.
    command
        Executable and arguments.
    package
        What to install where the executable is missing.
    environment
        Variables beyond those the stack was started with.
    is_ready
        Says whether it does its work now; called again and again, never raises.
    address
        Where it is reached, for people; empty when it listens nowhere.
    ports
        What it listens on.
    files
        Configuration to write before the start: path and text.
    stop_wait_s
        How long it may take to stop before it is killed.
    """

    name: str
    command: tuple[str, ...]
    package: str
    environment: Mapping[str, str]
    is_ready: Callable[[], bool]
    address: str = ""
    ports: tuple[Port, ...] = ()
    files: Mapping[Path, str] = field(default_factory=dict)
    stop_wait_s: int = 30
