# SPDX-License-Identifier: AGPL-3.0-or-later
"""What goes over the queue, as ARCHITECTURE.md lays it down: jobs out, events and notices in.

Jobs are Celery protocol 2 messages, written without Celery
(https://docs.celeryq.dev/en/stable/internals/protocol.html). Nothing but identifiers is in them.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mammovlm_orthanc import clock
from mammovlm_orthanc.languages import ENGLISH
from mammovlm_orthanc.status import State, StudyStatus

TASK = "mammovlm.analyze_study"
_EVENT_STATES = {State.RUNNING, State.DONE, State.PARTIAL, State.REJECTED, State.FAILED}
_UID_NAMES = ("sop_class_uid", "sop_instance_uid", "series_instance_uid")
_MOST_STAGES = 100
_LONGEST_S = 1e9
_ALGORITHM_NAMES = ("name", "version", "preset", "device_uid")


class MessageMalformed(ValueError):
    """Raised when a message is not what ARCHITECTURE.md says; never repeats its content."""


@dataclass(frozen=True)
class JobMessage:
    """A job as it is published: the parts of one AMQP message."""

    headers: Mapping[str, Any]
    correlation_id: str
    body: bytes


@dataclass(frozen=True)
class Event:
    """News about one job.

    Parameters
    ----------
    orthanc_study_id, job_id
        What it is about.
    state, at
        Where the job is, and since when (ISO 8601 UTC).
    reason, text
        Code and sentence.
    report, algorithm, timings_s
        What a finished job tells.
    is_dead_notice
        True where the broker gave the job up, not a worker.
    """

    orthanc_study_id: str
    job_id: str
    state: State
    at: str
    reason: str = ""
    text: str = ""
    report: Mapping[str, str] | None = None
    algorithm: Mapping[str, str] | None = None
    timings_s: Mapping[str, float] = field(default_factory=dict)
    is_dead_notice: bool = False


def job_message(orthanc_study_id: str, status: StudyStatus) -> JobMessage:
    """Write the job for the run that a status describes.

    The same status gives the same job, so sending it again is harmless.
    """
    job = {
        "version": 1,
        "job_id": status.job_id,
        "orthanc_study_id": orthanc_study_id,
        "study_instance_uid": status.study_instance_uid,
        "run": status.run,
        "priority": str(status.priority),
        "instances": list(status.instances),
        "left_out": list(status.left_out),
        "predecessor": status.predecessor,
    }
    return celery_message(TASK, status.job_id, job)


def celery_message(task: str, job_id: str, job: Mapping[str, Any]) -> JobMessage:
    """Write a call of a worker's task with one argument, as Celery does."""
    embedded = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    headers = {
        "lang": "py",
        "task": task,
        "id": job_id,
        "root_id": job_id,
        "parent_id": None,
        "group": None,
        "argsrepr": "(...)",
        "kwargsrepr": "{}",
        "origin": "mammovlm-orthanc",
        "retries": 0,
    }
    body = json.dumps([[job], {}, embedded]).encode()
    return JobMessage(headers, job_id, body)


def read_event(body: bytes) -> Event:
    """Read a worker's event.

    Raises
    ------
    MessageMalformed
        If anything in it is not as agreed.
    """
    content = json_content(body)
    if not isinstance(content, dict) or content.get("version") != 1:
        raise MessageMalformed("event: not a JSON object of version 1")
    return Event(
        orthanc_study_id=orthanc_id(content.get("orthanc_study_id")),
        job_id=_token(content.get("job_id")),
        state=_state(content.get("state")),
        at=_time(content.get("at")),
        reason=_short_text(content.get("reason")),
        text=_short_text(content.get("text")),
        report=_texts(content.get("report"), _UID_NAMES),
        algorithm=_texts(content.get("algorithm"), _ALGORITHM_NAMES),
        timings_s=_timings(content.get("timings_s") or {}),
    )


def read_dead_notice(body: bytes, headers: Mapping[str, Any], at: str) -> Event:
    """Read a job that the broker has put into the dead-letter queue, as news of its failure.

    Parameters
    ----------
    body, headers
        Of the dead job.
    at
        When it was read, ISO 8601 UTC.

    Raises
    ------
    MessageMalformed
        If it is no job of ours.
    """
    content = json_content(body)
    try:
        job = content[0][0]
        orthanc_study_id, job_id = job["orthanc_study_id"], job["job_id"]
    except (TypeError, KeyError, IndexError) as error:
        raise MessageMalformed("dead letter: no job") from error
    reason, text = _why_dead(headers)
    return Event(
        orthanc_study_id=orthanc_id(orthanc_study_id),
        job_id=_token(job_id),
        state=State.FAILED,
        at=at,
        reason=reason,
        text=text,
        is_dead_notice=True,
    )


def _why_dead(headers: Mapping[str, Any]) -> tuple[str, str]:
    deaths = headers.get("x-death")
    first = deaths[0] if isinstance(deaths, list) and deaths else {}
    if isinstance(first, Mapping) and first.get("reason") == "delivery_limit":
        return "worker-lost", ENGLISH("reason.worker-lost")
    return "internal-error", ENGLISH("reason.internal-error.given-up")


def json_content(body: bytes) -> Any:  # noqa: ANN401  whatever JSON holds
    """Read JSON; raises `MessageMalformed` where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MessageMalformed("no JSON") from error


def _state(value: object) -> State:
    if isinstance(value, str) and value in _EVENT_STATES:
        return State(value)
    raise MessageMalformed("event: unknown state")


def orthanc_id(value: object) -> str:
    """Read an Orthanc identifier; raises `MessageMalformed` where it is none."""
    if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{8}){4}", value):
        return value
    raise MessageMalformed("no Orthanc identifier")


def _token(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9-]{1,64}", value):
        return value
    raise MessageMalformed("no job identifier")


def _short_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _storable(value[:1000])
    raise MessageMalformed("a text is no text")


def _storable(text: str) -> str:
    """Replace lone surrogates: valid in JSON, but no text that can be stored."""
    return text.encode("utf-8", "replace").decode()


def _time(value: object) -> str:
    try:
        return clock.iso(clock.from_iso(str(value)))
    except (ValueError, OverflowError, OSError) as error:
        raise MessageMalformed("event: no time") from error


def _texts(value: object, names: tuple[str, ...]) -> Mapping[str, str] | None:
    if value is None:
        return None
    if isinstance(value, dict) and all(isinstance(value.get(name), str) for name in names):
        return {name: _storable(value[name][:1000]) for name in names}
    raise MessageMalformed("a group of texts is incomplete")


def _timings(value: object) -> Mapping[str, float]:
    if isinstance(value, dict) and len(value) <= _MOST_STAGES:
        return {_storable(stage[:64]): _seconds(seconds) for stage, seconds in value.items()}
    raise MessageMalformed("timings are no group of numbers")


def _seconds(value: object) -> float:
    # Python's JSON reads NaN, Infinity and whole numbers that no float holds; it also writes them.
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LONGEST_S:
        return float(value)
    raise MessageMalformed("a timing is no number of seconds")
