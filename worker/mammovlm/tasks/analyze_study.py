"""The one task: analyse a study and tell the plugin how it went."""

import logging
from typing import Any

import torch
from celery import Task
from celery.exceptions import Reject, SoftTimeLimitExceeded
from pydantic import ValidationError

from mammovlm.errors import (
    ArchiveUnavailable,
    ModelFailed,
    ModelUnavailable,
    ResultInvalid,
    StudyRejected,
    name_and_place,
)
from mammovlm.pipeline import Analysis, analyse
from mammovlm.tasks.application import app
from mammovlm.tasks.broker import publishing
from mammovlm.tasks.logs import about
from mammovlm.tasks.messages import AlgorithmMessage, EventMessage, JobMessage, ReportMessage, event
from mammovlm.tasks.topology import DELIVERY_LIMIT, EVENTS_QUEUE
from mammovlm.tasks.worker_process import loaded_worker

_log = logging.getLogger(__name__)

_FAILURE_TEXTS = {
    "archive-unavailable": (
        "The archive did not answer for a long time. Check that it runs and ask for the study "
        "again."
    ),
    "model-unavailable": (
        "The model ended while it worked on this study, or could not be started. The worker's log "
        "says why; ask for the study again when that is mended."
    ),
    "out-of-memory": (
        "The memory did not suffice for this study, even alone. End other programs on the GPU or "
        "choose smaller weights (see docs/operations.md), and ask for the study again."
    ),
    "result-invalid": (
        "The report failed its own check and was not stored. This is a fault of the software; "
        "please report it with the log."
    ),
    "time-limit": (
        "The analysis took longer than its time limit. Ask for the study again; if it happens "
        "again, report it."
    ),
    "internal-error": (
        "The analysis ended in an unexpected error. This is a fault of the software; please "
        "report it with the log."
    ),
}


@app.task(name="mammovlm.analyze_study", bind=True)
def analyze_study(self: Task, document: dict[str, Any]) -> None:
    """Analyse the study of one job message.

    A study that cannot be analysed is a result (state rejected) and ends the job. An archive or a
    model process that does not answer gives the job back to the queue, which delivers it three
    times in all; every other fault goes to the dead letters at once, where it is kept.
    """
    try:
        job = JobMessage.model_validate(document)
    except ValidationError as error:
        # include_input=False: the message's content stays out of the log.
        _log.error("refused a malformed job: %s", error.errors(include_input=False))
        raise Reject("malformed job", requeue=False) from None
    with about(job):
        _run(self, job)


def _run(task: Task, job: JobMessage) -> None:
    _publish(event(job, "running"))
    try:
        analysis = _analyse(job)
    except StudyRejected as rejected:
        _log.info("rejected: %s", rejected.reason.value)
        _publish(event(job, "rejected", reason=rejected.reason.value, text=str(rejected)))
    except ArchiveUnavailable:
        _give_back(task, "archive-unavailable")
        _dead_letter(job, "archive-unavailable")
    except ModelUnavailable as error:
        _log.error("%s", error)
        _give_back(task, "model-unavailable")
        _dead_letter(job, "model-unavailable")
    except (torch.OutOfMemoryError, MemoryError) as error:
        _log.error("too little memory: %s", name_and_place(error))
        _dead_letter(job, "out-of-memory")
    except ModelFailed as error:
        _log.error("%s", error)
        _model_failed(job, error)
    except ResultInvalid as error:
        _log.error("a result failed its check: %s", error)
        _dead_letter(job, "result-invalid")
    except SoftTimeLimitExceeded:
        _dead_letter(job, "time-limit")
    except Exception as error:  # noqa: BLE001  the last fence: the job must end in a named state
        _log.error("unexpected %s", name_and_place(error))
        _dead_letter(job, "internal-error")
    else:
        seconds = sum(analysis.timings_s.values())
        _log.info("%s views analysed in %.2f s", len(analysis.findings.views), seconds)
        _publish(_finished(job, analysis))


def _analyse(job: JobMessage) -> Analysis:
    worker = loaded_worker()
    return analyse(job.to_job(), worker.archive, worker.model, worker.settings)


def _finished(job: JobMessage, analysis: Analysis) -> EventMessage:
    report, algorithm = analysis.principal, analysis.findings.algorithm
    return event(
        job,
        "partial" if analysis.findings.is_partial else "done",
        report=ReportMessage(
            sop_class_uid=report.SOPClassUID,
            sop_instance_uid=report.SOPInstanceUID,
            series_instance_uid=report.SeriesInstanceUID,
        ),
        algorithm=AlgorithmMessage(
            name=algorithm.name,
            version=algorithm.version,
            preset=algorithm.preset,
            device_uid=algorithm.device_uid,
        ),
        timings_s=dict(analysis.timings_s),
    )


def _give_back(task: Task, reason: str) -> None:
    """Give the job back to the queue, unless this was its last delivery."""
    deliveries_before = int((task.request.headers or {}).get("x-delivery-count", 0))
    if deliveries_before < DELIVERY_LIMIT:
        raise Reject(reason, requeue=True)


def _model_failed(job: JobMessage, error: ModelFailed) -> None:
    if error.is_memory:
        _dead_letter(job, "out-of-memory")
    _dead_letter(job, "internal-error")


def _dead_letter(job: JobMessage, reason: str) -> None:
    _publish(event(job, "failed", reason=reason, text=_FAILURE_TEXTS[reason]))
    raise Reject(reason, requeue=False)


def _publish(message: EventMessage) -> None:
    with app.producer_or_acquire() as producer:
        producer.publish(
            message.model_dump(mode="json"),
            exchange=EVENTS_QUEUE.exchange,
            routing_key=EVENTS_QUEUE.routing_key,
            declare=[EVENTS_QUEUE] if loaded_worker().settings.declare_queues else [],
            serializer="json",
            delivery_mode="persistent",
            retry=True,
            retry_policy=publishing(),
        )
