"""A stack of its own for a test: free ports, its own folder, nothing shared with another."""

import time
from collections.abc import Callable
from pathlib import Path

from free_ports import free_port
from mammovlm.stack import StackSettings


def stack_settings(var: Path, **others: Path | float) -> StackSettings:
    """Make settings of a stack in this folder on free ports."""
    names = ("http_port", "dicom_port", "amqp_port", "dist_port", "epmd_port")
    ports = {name: free_port() for name in names}
    return StackSettings.model_validate({"var": var, **ports, **others})


def environment(settings: StackSettings) -> dict[str, str]:
    """Give the environment variables by which a command finds the same stack."""
    given = {k: v for k, v in settings.model_dump().items() if v is not None}
    return {f"MAMMOVLM_{k.upper()}": str(v) for k, v in given.items()}


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 60) -> None:
    """Wait for a condition; fail with what was waited for."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout_s:.0f} s")
        time.sleep(0.1)
