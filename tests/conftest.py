"""Fixtures that every kind of test may use."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "") == "true"


def skip_or_fail(message: str) -> None:
    """Skip on a laptop, fail in CI, where everything must be there."""
    if IN_CI:
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def require_program() -> Callable[..., str]:
    """Give a function that finds a program by name, or skips (laptop) or fails (CI)."""

    def find(name: str, package: str = "") -> str:
        path = shutil.which(name)
        if path is None:
            skip_or_fail(f"{name} is not installed; run `make setup` (Debian: {package or name})")
        return str(path)

    return find


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Find the data folder beside the checkout; skip where it is missing."""
    folder = Path(os.environ.get("MAMMOVLM_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"the shared data folder is not beside the checkout ({folder})")
    return folder
