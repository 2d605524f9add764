"""A worker's log: study and job in every line of a job, and never a value that a library quotes."""

import json
import logging
import re
import warnings
from collections.abc import Iterator
from typing import Literal

import pytest
from pydicom.valuerep import PersonName, validate_value

from mammovlm.errors import name_and_place
from mammovlm.tasks.logs import about, log_to_standard_error
from mammovlm.tasks.messages import JobMessage

JOB = JobMessage(
    version=1,
    job_id="job-1",
    orthanc_study_id="b9c08539-26f93bde-c81ab0d7-bffaf2cb-a4d0bdd0",
    study_instance_uid="1.2.3",
    run=2,
)


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before, level, show = list(root.handlers), root.level, warnings.showwarning
    yield
    root.handlers, warnings.showwarning = before, show
    root.setLevel(level)
    for name in ("pydicom", "highdicom", "pynetdicom", "dicomweb_client", "PIL"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_lines_of_a_job_name_study_job_and_run(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_standard_error("json")
    with about(JOB):
        logging.getLogger("mammovlm.pipeline").info("%s views", 4)
    logging.getLogger("mammovlm.pipeline").info("nothing to do")
    during, after = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert during["message"] == "4 views"
    assert during["level"] == "info"
    assert (during["study_instance_uid"], during["job_id"], during["run"]) == ("1.2.3", "job-1", 2)
    assert "job_id" not in after


def test_plain_lines_name_them_too(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_standard_error("plain")
    with about(JOB):
        logging.getLogger("mammovlm").info("done")
    assert "done (study_instance_uid=1.2.3 job_id=job-1 run=2)" in capsys.readouterr().err


@pytest.mark.parametrize("log_format", ["plain", "json"])
def test_a_warning_that_quotes_a_name_is_logged_without_it(
    capsys: pytest.CaptureFixture[str], log_format: Literal["plain", "json"]
) -> None:
    log_to_standard_error(log_format)
    warnings.simplefilter("always")
    validate_value("PN", str(PersonName("Secret^" + "x" * 80)), 1)
    told = capsys.readouterr().err
    assert "UserWarning at valuerep.py:" in told
    assert "Secret" not in told


@pytest.mark.parametrize("log_format", ["plain", "json"])
def test_a_chain_of_errors_is_logged_by_kinds_and_places_without_its_words(
    capsys: pytest.CaptureFixture[str], log_format: Literal["plain", "json"]
) -> None:
    log_to_standard_error(log_format)
    try:
        try:
            raise ValueError("Invalid value for VR PN: Secret^Name")
        except ValueError:
            raise ConnectionError("Secret broker")  # noqa: B904  the chain is meant
    except ConnectionError:
        logging.getLogger("celery.app.trace").exception("Task failed")
    told = capsys.readouterr().err
    assert "Task failed" in told
    assert told.index("ValueError") < told.index("ConnectionError")
    assert re.search(r"ConnectionError.*test_worker_logs\.py:\d+", told, flags=re.DOTALL)
    assert "Secret" not in told


def test_an_error_is_named_with_its_place_and_without_its_words() -> None:
    try:
        raise ValueError("Secret^Name")
    except ValueError as error:
        told = name_and_place(error)
    assert told.startswith("ValueError at ")
    assert "Secret" not in told
