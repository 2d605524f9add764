"""House rules that no linter checks: small files, small functions, honest names, no traces."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES_OF_A_FILE = 300
LINES_OF_A_FUNCTION = 40
NAMES_THAT_SAY_NOTHING = {"utils", "util", "common", "helpers", "helper", "manager", "base", "misc"}
AGPL_FOLDERS = {"plugin", "orthanc"}


def tracked(*patterns: str) -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def sources() -> list[Path]:
    return [p for p in tracked("worker", "plugin", "orthanc") if p.suffix == ".py"]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name each function and its place, with its lines: no decorators and docstring counted."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            text = ast.get_docstring(node, clean=False)
            documented = (first.end_lineno or 0) - first.lineno + 1 if text is not None else 0
            lines = (node.end_lineno or 0) - node.lineno + 1 - documented
            yield f"{node.lineno} {node.name}", lines  # classes of one file have one __init__ each


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_source_file_is_short_enough_to_read_in_one_go() -> None:
    lengths = {name(p): len(p.read_text().splitlines()) for p in sources()}
    assert lengths
    assert {n: lines for n, lines in lengths.items() if lines > LINES_OF_A_FILE} == {}


def test_every_function_fits_on_a_screen() -> None:
    lengths = {f"{name(p)}:{f}": lines for p in sources() for f, lines in functions(p)}
    assert lengths
    assert {f: lines for f, lines in lengths.items() if lines > LINES_OF_A_FUNCTION} == {}


def test_every_source_file_says_first_what_it_is_for() -> None:
    silent = [name(p) for p in sources() if not ast.get_docstring(ast.parse(p.read_text()))]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {name(p): {part.removesuffix(".py") for part in p.parts} for p in sources()}
    assert {
        n: p & NAMES_THAT_SAY_NOTHING for n, p in parts.items() if p & NAMES_THAT_SAY_NOTHING
    } == {}


def test_nothing_is_left_unfinished() -> None:
    unfinished = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")
    found = [name(p) for p in sources() if unfinished.search(p.read_text())]
    assert found == []


def test_what_runs_inside_orthanc_says_its_own_licence() -> None:
    for path in sources():
        is_agpl = path.relative_to(ROOT).parts[0] in AGPL_FOLDERS
        assert ("AGPL-3.0-or-later" in path.read_text()[:300]) == is_agpl, name(path)


def test_no_weights_are_kept_in_a_format_that_can_run_code() -> None:
    dangerous = {".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib"}
    assert [name(p) for p in tracked() if p.suffix in dangerous] == []


@pytest.mark.parametrize(
    "program",
    [
        "scripts/debian-packages.sh",
        "scripts/find-python.sh",
        "scripts/ohif-viewer.sh",
        "scripts/python-environment.sh",
        "scripts/supply-chain.sh",
        "scripts/test-compose.sh",
        "scripts/test-images.sh",
        ".ci/run",
    ],
)
def test_every_script_can_be_run_and_parsed(program: str) -> None:
    path = ROOT / program
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0


def required_programs() -> set[str]:
    """Name the programs that tests ask for, by the fixture that fails in CI without them."""
    asked = re.compile(r"""(?:require_program|programs)\(\s*"([\w.-]+)\"""")
    return {
        program
        for p in tracked("tests")
        if p.suffix == ".py"
        for program in asked.findall(p.read_text())
    }


def test_every_program_that_a_test_asks_for_is_installed_for_the_tests() -> None:
    text = (ROOT / "scripts/debian-packages.sh").read_text()
    parts = dict(re.findall(r"^(\w+)='\n(.*?)'$", text, re.MULTILINE | re.DOTALL))
    for_tests = re.search(r"^    test\) wanted=(\S+) ;;$", text, re.MULTILINE)
    assert for_tests
    installed = {
        line.split()[0]
        for part in for_tests[1].removeprefix("$").split("$")
        for line in parts[part].splitlines()
    }
    # dcmtk and dicom3tools bring several programs each: one of them stands for all.
    of_dcmtk = ("dcmcjpeg", "dcmconv", "dcmpschk", "storescp")
    packages = dict.fromkeys(of_dcmtk, "dsrdump")
    asked = {packages.get(program, program) for program in required_programs()}
    assert "dsrdump" in asked
    assert asked - installed == set()
