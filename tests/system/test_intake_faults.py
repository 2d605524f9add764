"""Orthanc, the broker or a job is killed while studies arrive: nothing is lost, nothing doubled."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_servers import Orthanc, RabbitMQ, orthanc_server, rabbitmq_server, wait_until
from mammogram_files import four_views
from queue_reader import QueueReader

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    with rabbitmq_server(tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server


@pytest.fixture
def queue(broker: RabbitMQ) -> QueueReader:
    return QueueReader(broker)


@pytest.fixture
def orthanc(tmp_path: Path, broker: RabbitMQ) -> Iterator[Orthanc]:
    with orthanc_server(
        tmp_path / "orthanc", MAMMOVLM_BROKER_URL=broker.url, MAMMOVLM_QUIET_S="2"
    ) as server:
        yield server


def wait_for_broker(orthanc: Orthanc) -> None:
    wait_until(
        f"plugin is connected ({orthanc.log})", lambda: health(orthanc)["status"] == "ok", 40
    )


def health(orthanc: Orthanc) -> dict[str, Any]:
    content: dict[str, Any] = orthanc.get("/mammovlm/health").json()
    return content


def test_orthanc_killed_right_after_the_last_image_still_sends_the_job(
    orthanc: Orthanc, queue: QueueReader
) -> None:
    wait_for_broker(orthanc)
    views = four_views()
    orthanc.send(views)
    orthanc.kill()
    orthanc.start()
    job = queue.wait_for_job(str(views[0].StudyInstanceUID))
    assert len(job["instances"]) == 4


def test_orthanc_killed_inside_the_quiet_time_still_sends_one_job(
    orthanc: Orthanc, queue: QueueReader
) -> None:
    wait_for_broker(orthanc)
    views = four_views()
    study = str(views[0].StudyInstanceUID)
    orthanc.send(views)
    orthanc.wait_for_state(study, "receiving")
    orthanc.kill()
    orthanc.start()
    assert len(queue.wait_for_job(study)["instances"]) == 4
    orthanc.wait_for_state(study, "queued")
    orthanc.kill()
    orthanc.start()
    other = four_views()
    orthanc.send(other)
    queue.wait_for_job(str(other[0].StudyInstanceUID))
    assert len(queue.jobs(study)) == 1


def test_studies_that_arrive_while_the_broker_is_down_are_sent_when_it_is_back(
    orthanc: Orthanc, broker: RabbitMQ, queue: QueueReader
) -> None:
    before = four_views()
    orthanc.send(before)
    queue.wait_for_job(str(before[0].StudyInstanceUID))
    broker.kill()
    views = four_views()
    study = str(views[0].StudyInstanceUID)
    orthanc.send(views)
    orthanc.wait_for_state(study, "ready")
    assert orthanc.get("/mammovlm/health").status_code == 503
    orthanc.kill()  # the outbox survives this as well
    orthanc.start()
    broker.start()
    assert len(queue.wait_for_job(study)["instances"]) == 4
    orthanc.wait_for_state(study, "queued")


def test_a_job_that_kills_its_workers_is_failed_and_can_be_asked_for_again(
    orthanc: Orthanc, queue: QueueReader
) -> None:
    wait_for_broker(orthanc)
    views = four_views()
    study = str(views[0].StudyInstanceUID)
    orthanc.send(views)
    queue.refuse_job(study, times=3)
    status = orthanc.wait_for_state(study, "failed")
    assert status["reason"] == "worker-lost"
    assert "again" in status["text"]
    assert orthanc.post(f"/mammovlm/studies/{study}/analyze").status_code == 202
    assert queue.wait_for_job(study, run=2)["job_id"] != status["job_id"]


def test_a_job_that_nothing_is_heard_of_is_sent_again(
    tmp_path: Path, broker: RabbitMQ, queue: QueueReader
) -> None:
    with orthanc_server(
        tmp_path / "impatient",
        MAMMOVLM_BROKER_URL=broker.url,
        MAMMOVLM_QUIET_S="0.5",
        MAMMOVLM_STUCK_S="1",
        MAMMOVLM_SWEEP_S="0.5",
    ) as orthanc:
        views = four_views()
        study = str(views[0].StudyInstanceUID)
        orthanc.send(views)
        wait_until("the job came twice", lambda: len(queue.jobs(study)) > 1)
        assert len({job["job_id"] for job in queue.jobs(study)}) == 1


def test_old_studies_are_left_alone_when_the_plugin_is_added(
    tmp_path: Path, broker: RabbitMQ, queue: QueueReader
) -> None:
    folder, old, new = tmp_path / "archive", four_views(), four_views()
    environment = {"MAMMOVLM_BROKER_URL": broker.url, "MAMMOVLM_QUIET_S": "0.5"}
    with orthanc_server(folder, MAMMOVLM_ENABLED="false", **environment) as orthanc:
        orthanc.send(old)
        stored_in_second = int(time.time())
    wait_until("the clock has moved on", lambda: int(time.time()) > stored_in_second)
    with orthanc_server(folder, **environment) as orthanc:
        orthanc.send(new)
        queue.wait_for_job(str(new[0].StudyInstanceUID))
        assert orthanc.status(str(old[0].StudyInstanceUID)) == {}


def test_switched_off_it_sends_nothing_and_hears_of_the_jobs_that_workers_have(
    tmp_path: Path, broker: RabbitMQ, queue: QueueReader
) -> None:
    folder, sent, late = tmp_path / "archive", four_views(), four_views()
    sent_study, late_study = (str(views[0].StudyInstanceUID) for views in (sent, late))
    environment = {"MAMMOVLM_BROKER_URL": broker.url, "MAMMOVLM_QUIET_S": "0.5"}
    with orthanc_server(folder, **environment) as orthanc:
        orthanc.send(sent)
        job = queue.wait_for_job(sent_study)
        orthanc.wait_for_state(sent_study, "queued")
    with orthanc_server(folder, MAMMOVLM_ENABLED="false", **environment) as orthanc:
        orthanc.send(late)
        wait_until("all are listed", lambda: orthanc.get("/mammovlm/ready").ok)
        listed = orthanc.get("/mammovlm/studies?state=queued,running").json()
        assert [study["study_instance_uid"] for study in listed["studies"]] == [sent_study]
        for act in ("analyze", "urgent", "ask"):
            answer = orthanc.post(f"/mammovlm/studies/{late_study}/{act}")
            assert (answer.status_code, answer.json()["code"]) == (503, "switched-off")
        queue.tell(job, "failed", reason="internal-error")
        orthanc.wait_for_state(sent_study, "failed")
        assert orthanc.get("/mammovlm/studies?state=queued,running").json()["total"] == 0
        assert health(orthanc)["status"] == "disabled"
        assert orthanc.status(late_study) == {}
    with orthanc_server(folder, **environment):
        assert queue.wait_for_job(late_study)


def test_orthanc_stops_when_asked_while_the_broker_is_away(tmp_path: Path) -> None:
    with orthanc_server(tmp_path / "o", MAMMOVLM_BROKER_URL="amqp://127.0.0.1:9//") as orthanc:
        orthanc.send(four_views())
        orthanc.kill(signal.SIGTERM)
        assert "Orthanc has stopped" in orthanc.log.read_text()


def test_a_wrong_setting_stops_orthanc_with_its_name(tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match="QuietSeconds must be a number"),
        orthanc_server(tmp_path / "o", MAMMOVLM_QUIET_S="soon"),
    ):
        pass
