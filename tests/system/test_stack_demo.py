"""The promise of `make demo`: everything starts, a real exam goes in, its report comes out."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_stack import environment, stack_settings
from mammovlm.stack import StackSettings, down

pytestmark = [pytest.mark.system, pytest.mark.slow]

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def mammovlm(
    require_program: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Command]:
    """Give the console script, bound to a stack of its own that is up."""
    require_program("Orthanc", "orthanc")
    require_program("epmd", "rabbitmq-server")
    settings = stack_settings(tmp_path_factory.mktemp("demo"))
    program = Path(sys.executable).with_name("mammovlm")
    variables = {**os.environ, **environment(settings), "COLUMNS": "200"}

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(program), *arguments]
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)

    try:
        started = call("up")
        assert started.returncode == 0, started.stdout + started.stderr
        yield call
    finally:
        stop(settings)


def stop(settings: StackSettings) -> None:
    down(settings, print)


def test_the_demo_prints_the_report_and_where_to_look_and_can_be_repeated(
    mammovlm: Command,
) -> None:
    studies = set()
    for _ in range(2):
        shown = mammovlm("demo")
        assert shown.returncode == 0, shown.stdout + shown.stderr
        assert "4/4" in shown.stdout
        assert re.search(r"\d s +(done|partial)", shown.stdout)
        assert "UNVERIFIED" in shown.stdout
        assert "/dicom-web/studies/" in shown.stdout
        found = re.search(r"/mammovlm/studies/([0-9.]+)$", shown.stdout, re.MULTILINE)
        assert found
        studies.add(found[1])
    assert len(studies) == 2, "each demo is a study of its own"

    listed = mammovlm("status")
    assert listed.returncode == 0
    for program in ("epmd", "rabbitmq", "orthanc", "worker"):
        assert re.search(rf"{program} .*RUNNING", listed.stdout)
    for study in studies:
        assert study in listed.stdout
        one = mammovlm("status", study)
        assert one.returncode == 0
        assert "MammoVLM" in one.stdout

    asked = mammovlm("rerun", studies.pop(), "--urgent")
    assert asked.returncode == 0
    assert "Run 2 of" in asked.stdout


def test_a_study_that_orthanc_does_not_know_is_told_in_words(mammovlm: Command) -> None:
    for command in ("status", "rerun"):
        asked = mammovlm(command, "1.2.3.4")
        assert asked.returncode == 1
        assert "no such study" in asked.stderr
