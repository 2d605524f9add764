"""Plugin and worker share no code; here is what they must agree on."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from celery.worker.request import Request
from kombu import Connection
from kombu.utils.uuid import uuid
from pydicom.sr._snomed_dict import mapping

from mammovlm import study
from mammovlm.errors import RejectionReason
from mammovlm.tasks import app as application
from mammovlm.tasks import topology as worker_topology
from mammovlm.tasks.messages import JobMessage
from mammovlm_orthanc import topology
from mammovlm_orthanc.candidate import LeftOutReason, Slot
from mammovlm_orthanc.messages import TASK, job_message
from mammovlm_orthanc.status import StudyStatus
from mammovlm_orthanc.transitions import NO_MAMMOGRAM, NO_STANDARD_VIEW
from mammovlm_orthanc.view_codes import MODIFIER_BY_CODE, VIEW_BY_CODE

STATUS = StudyStatus(
    "1.2.3",
    run=2,
    job_id=uuid(),
    instances=({"series_instance_uid": "1.2.3.4", "sop_instance_uid": "1.2.3.4.5"},),
    left_out=({"sop_instance_uid": "1.2.3.6", "reason": "spot-compression", "detail": "CC"},),
)
ORTHANC_ID = "b9c08539-26f93bde-c81ab0d7-bffaf2cb-a4d0bdd0"


def test_every_reason_of_the_plugin_is_one_of_the_worker() -> None:
    assert set(LeftOutReason) <= set(study.LeftOutReason)


def test_the_slots_are_the_same_in_the_same_order() -> None:
    assert [str(slot) for slot in Slot] == [str(slot) for slot in study.HANGING_ORDER]


@pytest.mark.parametrize(
    ("plugin", "worker"),
    [
        (NO_STANDARD_VIEW, RejectionReason.NO_STANDARD_VIEW),
        (NO_MAMMOGRAM, RejectionReason.NO_MAMMOGRAM),
    ],
)
def test_rejections_say_the_same(plugin: tuple[str, str], worker: RejectionReason) -> None:
    assert plugin == (worker.value, worker.text)


def test_both_declare_the_same_queues() -> None:
    worker = {
        queue.name: (queue.exchange.name, queue.routing_key, queue.queue_arguments)
        for queue in (
            *worker_topology.JOB_QUEUES,
            worker_topology.EVENTS_QUEUE,
            *worker_topology.DEAD_QUEUES,
        )
    }
    plugin = {
        queue.name: (queue.exchange, queue.routing_key, queue.arguments)
        for queue in topology.QUEUES
    }
    assert plugin == worker


def test_both_declare_the_same_exchanges() -> None:
    worker = {
        exchange.name: exchange.type
        for exchange in (worker_topology.JOBS_AND_EVENTS, worker_topology.DEAD)
    }
    assert worker == topology.EXCHANGES


def test_the_worker_reads_the_plugins_job() -> None:
    job = json.loads(job_message(ORTHANC_ID, STATUS).body)[0][0]
    read = JobMessage.model_validate(job)
    assert (read.job_id, read.run, read.orthanc_study_id) == (STATUS.job_id, 2, ORTHANC_ID)
    assert read.left_out[0].reason is study.LeftOutReason.SPOT_COMPRESSION
    assert set(job) == set(JobMessage.model_fields)


def test_the_job_names_its_predecessor() -> None:
    report = {"sop_class_uid": "1.1", "sop_instance_uid": "1.2", "series_instance_uid": "1.3"}
    job = json.loads(job_message(ORTHANC_ID, replace(STATUS, predecessor=report)).body)[0][0]
    assert JobMessage.model_validate(job).to_job().predecessor is not None


def test_celery_takes_the_message_for_a_call_of_the_task() -> None:
    message = job_message(ORTHANC_ID, STATUS)
    with Connection("memory://") as connection:
        queue = connection.SimpleQueue("jobs")
        queue.put(
            message.body,
            headers=dict(message.headers),
            content_type="application/json",
            content_encoding="utf-8",
            correlation_id=message.correlation_id,
        )
        received = queue.get(block=True, timeout=5)
        task = application.tasks[TASK]
        request = Request(received, app=application, task=task)
        arguments, keywords, _ = received.payload
    assert (request.id, request.name, request.correlation_id) == (
        STATUS.job_id,
        TASK,
        STATUS.job_id,
    )
    assert (arguments, keywords) == (json.loads(message.body)[0], {})


def test_the_older_snomed_codes_mean_what_the_newer_ones_mean() -> None:
    for codes in (VIEW_BY_CODE, MODIFIER_BY_CODE):
        for code, meaning in codes.items():
            newer = mapping["SRT"].get(code)
            if newer:
                assert codes[newer] == meaning, code


def test_every_older_snomed_code_is_a_known_one() -> None:
    older = [code for code in (*VIEW_BY_CODE, *MODIFIER_BY_CODE) if "-" in code]
    assert [code for code in older if code not in mapping["SRT"]] == []


def test_every_plugin_file_says_its_licence() -> None:
    root = Path(__file__).parents[2]
    files = [*root.glob("plugin/**/*.py"), *root.glob("orthanc/*.py"), *root.glob("orthanc/*.lua")]
    assert files
    assert [f.name for f in files if "AGPL-3.0-or-later" not in f.read_text()[:80]] == []
