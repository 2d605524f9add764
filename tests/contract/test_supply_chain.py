"""Nothing is installed that is not in the lock with its hash."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
ENTRY = re.compile(
    r"^(?P<pin>[A-Za-z0-9._-]+==[^ \\]+)(?: ; [^\\\n]+)?"
    r"(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})+)$"
)
HASHED = ("hashes.txt", "scripts/supply-chain.txt")


def entries(path: str) -> dict[str, str]:
    """Give the pinned version of every package that has hashes."""
    text = (ROOT / path).read_text()
    found = re.compile(ENTRY.pattern, re.MULTILINE).finditer(text)
    return {
        canonicalize_name(r.name): str(r.specifier) for m in found for r in [Requirement(m["pin"])]
    }


def pins(lines: list[str]) -> dict[str, str]:
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(r.name): str(r.specifier) for r in requirements}


def test_every_package_of_the_lock_has_its_hashes_and_no_other_has() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = list(project["build-system"]["requires"])
    for name in ("constraints.txt", "weights-packages.txt"):
        lines += (ROOT / name).read_text().splitlines()
    by_choice_of_the_site = {"torch", "torchvision"}
    wanted = {n: v for n, v in pins(lines).items() if n not in by_choice_of_the_site}
    assert entries("hashes.txt") == wanted, "run `make hashes`"


@pytest.mark.parametrize("path", HASHED)
def test_nothing_without_a_hash_is_in_a_list_of_hashes(path: str) -> None:
    text = (ROOT / path).read_text()
    pinned = [line for line in text.splitlines() if "==" in line and line[0] != "#"]
    assert len(pinned) == len(entries(path)) > 40


def test_the_environment_takes_nothing_from_an_index_without_its_hash_but_torch() -> None:
    script = (ROOT / "scripts" / "python-environment.sh").read_text()
    installs = [line for line in script.splitlines() if line.startswith("pip ")]
    without = [line for line in installs if not re.search("--require-hashes|--no-index", line)]
    assert without == ["pip --constraint constraints.txt torch torchvision"]
