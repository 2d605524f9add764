"""A stack of its own for a test: free ports, its own folder, nothing shared with another."""

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from mammovlm.stack import StackSettings


def free_ports(count: int) -> list[int]:
    """Find ports that nothing listens on, all different."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def stack_settings(var: Path, **others: Path | float) -> StackSettings:
    """Make settings of a stack in this folder on free ports."""
    names = ("http_port", "dicom_port", "amqp_port", "dist_port", "epmd_port")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    return StackSettings.model_validate({"var": var, **ports, **others})


def environment(settings: StackSettings) -> dict[str, str]:
    """Give the environment variables by which a command finds the same stack."""
    return {f"MAMMOVLM_{k.upper()}": str(v) for k, v in settings.model_dump().items()}


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 60) -> None:
    """Wait for a condition; fail with what was waited for."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout_s:.0f} s")
        time.sleep(0.1)
