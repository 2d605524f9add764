"""What is installed is what was tested: every requirement is pinned, and pinned the same."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]


def pins(path: str) -> dict[str, str]:
    lines = [line for line in (ROOT / path).read_text().splitlines() if not line.startswith("#")]
    requirements = [Requirement(line) for line in lines]
    return {canonicalize_name(r.name): str(r.specifier) for r in requirements}


def declared() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    requirements = [Requirement(line) for line in lines]
    return {canonicalize_name(r.name): str(r.specifier) for r in requirements}


def test_the_lock_holds_every_declared_requirement_in_the_declared_version() -> None:
    lock = pins("constraints.txt")
    assert {n: lock.get(n) for n in declared()} == declared()


def test_every_line_of_the_lock_names_one_exact_public_version() -> None:
    for path in ("constraints.txt", "weights-packages.txt"):
        for package, version in pins(path).items():
            assert re.fullmatch(r"==[0-9][0-9a-z.]*", version), f"{path}: {package} {version}"


def test_packages_of_weights_stay_out_of_the_lock_because_they_come_without_dependencies() -> None:
    assert not pins("constraints.txt").keys() & pins("weights-packages.txt").keys()
