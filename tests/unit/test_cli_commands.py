"""The command line as a whole: its overview, and its words when nothing runs."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from local_stack import environment, stack_settings
from mammovlm.cli import main
from mammovlm.cli.intake_client import StudyList, StudyStatus
from mammovlm.cli.service import title_of


@pytest.fixture
def nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(stack_settings(tmp_path)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MAMMOVLM_ORTHANC_URL", raising=False)


def test_every_command_of_the_overview_exists_and_explains_itself() -> None:
    context = click.Context(main)
    names = main.list_commands(context)
    assert {"analyze", "show", "send", "status", "rerun", "up", "down", "demo"} <= set(names)
    for name in names:
        command = main.get_command(context, name)
        assert command is not None
        assert command.help
        assert name in CliRunner().invoke(main, ["--help"]).output


def test_the_overview_appears_without_loading_torch() -> None:
    program = "import sys; from mammovlm.cli import main; main(['--help'], standalone_mode=False);"
    program += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_an_unknown_command_is_refused() -> None:
    done = CliRunner().invoke(main, ["analyse-everything"])
    assert done.exit_code == 2
    assert "No such command" in done.output


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize("arguments", [["status"], ["status", "1.2.3"], ["rerun", "1.2.3"]])
def test_questions_to_an_orthanc_that_is_not_up_say_so(arguments: list[str]) -> None:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1
    assert "Orthanc does not answer at http://127.0.0.1" in done.output


@pytest.mark.parametrize(
    ("total", "is_complete", "told"),
    [
        (1, True, "Studies, last changed first: 1"),
        (1240, True, "Studies, last changed first: 1 of 1240"),
        (1, False, "Studies, last changed first: 1, and Orthanc is still being looked through"),
    ],
)
def test_a_list_of_studies_says_what_it_leaves_out(
    total: int, is_complete: bool, told: str
) -> None:
    study = StudyStatus(study_instance_uid="1.2.3", state="done")
    listed = StudyList(studies=(study,), total=total, is_list_complete=is_complete)
    assert title_of(listed) == told


@pytest.mark.usefixtures("nothing_runs")
def test_the_demo_without_a_stack_says_so() -> None:
    done = CliRunner().invoke(main, ["demo"])
    assert done.exit_code == 1
    assert "Is Orthanc up?" in done.output


@pytest.mark.usefixtures("nothing_runs")
def test_stopping_what_is_not_up_is_no_error() -> None:
    done = CliRunner().invoke(main, ["down"])
    assert done.exit_code == 0
    assert "was not up" in done.output
