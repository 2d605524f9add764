"""A message of another form than a job's is refused; it once ended the whole worker."""

import json
from typing import Any

import pytest
from kombu import Message

from fuzz.documents import JOB, JOB_DOCUMENT
from mammovlm.tasks.consumer import is_job

HEADERS = {"task": "mammovlm.analyze_study", "id": JOB, "lang": "py"}
BODY: list[Any] = [[JOB_DOCUMENT], {}, {"callbacks": None}]


def message(body: bytes, headers: Any = HEADERS, kind: str = "application/json") -> Message:
    return Message(
        body=body,
        headers=headers,
        content_type=kind,
        content_encoding="utf-8",
        accept={"application/json"},
    )


def test_a_job_is_one() -> None:
    assert is_job(message(json.dumps(BODY).encode()))


@pytest.mark.parametrize(
    "body", [[[JOB_DOCUMENT], {}], [], {}, None, 7, "text", [1, {}, {}], [[], [], {}], [[], {}, []]]
)
def test_another_body_is_refused(body: Any) -> None:
    assert not is_job(message(json.dumps(body).encode()))


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\x00", b"[" * 100_000])
def test_bytes_that_are_no_json_are_refused(body: bytes) -> None:
    assert not is_job(message(body))


@pytest.mark.parametrize("headers", [{}, {"task": "x"}, {"id": JOB}, {"task": 1, "id": JOB}, None])
def test_headers_without_task_and_identifier_are_refused(headers: Any) -> None:
    assert not is_job(message(json.dumps(BODY).encode(), headers))


def test_another_content_type_is_refused() -> None:
    assert not is_job(message(b"x", kind="application/x-python-serialize"))
