"""Questions at the plugin: real Orthanc and RabbitMQ, with this test in the worker's place."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from local_servers import Orthanc, RabbitMQ, wait_until
from mammogram_files import four_views
from page_system import PageSystem

pytestmark = pytest.mark.system

ANSWER = {
    "text": "Your breast tissue is dense in many areas.",
    "origin": "template",
    "check": "changed fact (density)",
    "language": "en-US",
    "topics": "density",
}


@contextmanager
def job_of(broker: RabbitMQ) -> Iterator[tuple[dict[str, Any], Any, Any]]:
    """Wait for a question's job; it is not acknowledged."""
    with broker.connect() as connection:
        channel = connection.channel()
        found: list[Any] = []

        def ask() -> bool:
            method, properties, body = channel.basic_get("mammovlm.question")
            found[:] = [body, method, properties]
            return method is not None

        wait_until("a question is on the queue", ask, timeout_s=40)
        body, method, properties = found
        yield json.loads(body)[0][0], channel, (method, properties, body)


def take(broker: RabbitMQ) -> dict[str, Any]:
    with job_of(broker) as (job, channel, (method, _, _)):
        channel.basic_ack(method.delivery_tag)
        return job


def post(orthanc: Orthanc, path: str, content: dict[str, str]) -> requests.Response:
    return requests.post(orthanc.url + path, json=content, timeout=30)


def ask(orthanc: Orthanc, study: str, **content: str) -> requests.Response:
    return post(orthanc, f"/mammovlm/studies/{study}/ask", content)


def entries(orthanc: Orthanc, study: str) -> list[dict[str, Any]]:
    told = orthanc.get(f"/mammovlm/studies/{study}/conversation")
    assert told.ok
    kept: list[dict[str, Any]] = told.json()["entries"]
    return kept


def answer(orthanc: Orthanc, job: dict[str, Any], **changes: str) -> int:
    route = f"/mammovlm/studies/{job['orthanc_study_id']}/questions/{job['question']}/answer"
    content = {**ANSWER, "job_id": job["job_id"], **changes}
    return post(orthanc, route, content).status_code


@pytest.fixture
def fresh(system: PageSystem) -> str:
    """Give a study with a result, that nobody has asked about."""
    return system.analysed(four_views(PatientName="Bell^Ada", PatientID="P-1", rows=300))


def test_a_question_goes_out_as_identifiers_and_its_first_answer_stands(
    orthanc: Orthanc, broker: RabbitMQ, fresh: str
) -> None:
    asked = ask(orthanc, fresh, question="How dense is it?", asker="Dr A")
    assert (asked.status_code, asked.json()["number"]) == (202, 1)
    with job_of(broker) as (job, channel, (method, properties, body)):
        channel.basic_ack(method.delivery_tag)
        assert set(job) == {
            "version", "job_id", "orthanc_study_id", "study_instance_uid", "question",
        }  # fmt: skip
        told = f"{properties} {body!r}"
        assert not [word for word in ("dense", "Dr A", "Bell", "P-1") if word in told]
    shown = orthanc.get(f"/mammovlm/studies/{fresh}/questions/1").json()
    assert (shown["question"], shown["density"], shown["is_answered"]) == (
        "How dense is it?", "C", False,
    )  # fmt: skip
    assert len(shown["instances"]) == len(shown["views"]) == 4
    assert "Bell" not in json.dumps(shown)
    assert answer(orthanc, job, job_id="another") == 404
    assert answer(orthanc, job, origin="a stranger") == 400
    assert answer(orthanc, job) == 200
    assert answer(orthanc, job, text="Something else.") == 200
    (entry,) = entries(orthanc, fresh)
    assert (entry["asker"], entry["question"]) == ("Dr A", "How dense is it?")
    assert {key: entry["answer"][key] for key in ("text", "origin", "check")} == {
        key: ANSWER[key] for key in ("text", "origin", "check")
    }


def test_what_cannot_be_asked_is_refused_with_what_to_do(
    orthanc: Orthanc, broker: RabbitMQ, fresh: str, system: PageSystem
) -> None:
    assert ask(orthanc, "1.2.3.4", question="Hello?").status_code == 404
    assert ask(orthanc, fresh, question=" ").status_code == 400
    assert ask(orthanc, fresh, question="x" * 501).status_code == 400
    assert ask(orthanc, fresh, words="x").status_code == 400
    url = f"{orthanc.url}/mammovlm/studies/{fresh}/ask"
    foreign = requests.post(
        url, json={"question": "x"}, headers={"Origin": "http://evil.test"}, timeout=10
    )
    assert foreign.status_code == 403
    waiting = system.queued(four_views(rows=300))["study_instance_uid"]
    refused = ask(orthanc, waiting, question="How dense is it?")
    assert (refused.status_code, "no result" in refused.json()["error"]) == (409, True)
    assert [ask(orthanc, fresh, question="?").status_code for _ in range(4)] == [202] * 3 + [503]
    for _ in range(3):
        assert answer(orthanc, take(broker)) == 200


def test_a_question_outlives_orthanc_and_one_that_kills_workers_ends_with_a_reason(
    orthanc: Orthanc, broker: RabbitMQ, fresh: str
) -> None:
    assert ask(orthanc, fresh, question="How dense is it?").status_code == 202
    first = take(broker)  # and this worker is never heard of again
    orthanc.kill()
    orthanc.start()
    for _ in range(3):
        with job_of(broker) as (job, channel, (method, _, _)):
            assert job == first
            channel.basic_nack(method.delivery_tag, requeue=True)
    given = wait_until(
        "the question is given up", lambda: entries(orthanc, fresh)[0]["answer"], timeout_s=40
    )
    assert (given["origin"], given["text"]) == ("failed", "")
    assert "ask again" in given["check"]
    assert orthanc.get("/mammovlm/health").ok
