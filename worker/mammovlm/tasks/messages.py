"""What goes over the queue: jobs that come in, events that go out. Identifiers only."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mammovlm.job import AnalysisJob, InstanceReference, PredecessorReport
from mammovlm.study import LeftOut, LeftOutReason

Uid = Annotated[str, StringConstraints(pattern=r"^[0-9][0-9.]{0,63}$")]
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Number = Annotated[int, Field(ge=1)]


class Message(BaseModel):
    """A message; what it holds beyond its fields is left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class InstanceMessage(Message):
    """One stored image."""

    series_instance_uid: Uid
    sop_instance_uid: Uid


class LeftOutMessage(Message):
    """One image that the intake put aside."""

    sop_instance_uid: Uid
    reason: LeftOutReason
    detail: Annotated[str, StringConstraints(max_length=200)] = ""


class ReportMessage(Message):
    """A stored report."""

    sop_class_uid: Uid
    sop_instance_uid: Uid
    series_instance_uid: Uid


class JobMessage(Message):
    """The job of ARCHITECTURE.md, version 1."""

    version: Literal[1]
    job_id: Token
    orthanc_study_id: Token
    study_instance_uid: Uid
    run: Number
    priority: Literal["normal", "urgent"] = "normal"
    instances: tuple[InstanceMessage, ...] = ()
    left_out: tuple[LeftOutMessage, ...] = ()
    predecessor: ReportMessage | None = None

    def to_job(self) -> AnalysisJob:
        """Give the pipeline's own type."""
        previous = self.predecessor
        return AnalysisJob(
            study_instance_uid=self.study_instance_uid,
            instances=tuple(
                InstanceReference(item.series_instance_uid, item.sop_instance_uid)
                for item in self.instances
            ),
            left_out=tuple(
                LeftOut(item.sop_instance_uid, item.reason, item.detail) for item in self.left_out
            ),
            predecessor=PredecessorReport(
                previous.sop_class_uid, previous.sop_instance_uid, previous.series_instance_uid
            )
            if previous
            else None,
            run=self.run,
        )


class AlgorithmMessage(Message):
    """Who made the report."""

    name: str
    version: str
    preset: str
    device_uid: Uid


class EventMessage(Message):
    """The event of ARCHITECTURE.md, version 1."""

    version: Literal[1] = 1
    job_id: Token
    orthanc_study_id: Token
    study_instance_uid: Uid
    run: Number
    at: str
    state: Literal["running", "done", "partial", "rejected", "failed"]
    reason: str = ""
    text: str = ""
    report: ReportMessage | None = None
    algorithm: AlgorithmMessage | None = None
    timings_s: dict[str, float] = {}


def event(job: JobMessage, state: str, **facts: Any) -> EventMessage:  # noqa: ANN401  field values
    """Make an event about a job, stamped with the time now."""
    return EventMessage(
        job_id=job.job_id,
        orthanc_study_id=job.orthanc_study_id,
        study_instance_uid=job.study_instance_uid,
        run=job.run,
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        state=state,
        **facts,
    )
