"""One real exam through the whole path, with the times that the plugin and the worker noted."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mammovlm.cli.demo_exam import write_exam
from mammovlm.cli.intake_client import IntakeClient, StudyStatus, StudyUnknown
from mammovlm.cli.sending import Receiver, find_files, send
from mammovlm.stack import StackFailed, StackSettings

_PATIENCE_S = 180
_WITH_REPORT = frozenset({"done", "partial"})


@dataclass(frozen=True)
class TimedStudy:
    """Seconds after the last image was stored, and seconds per stage of the worker.

    Parameters
    ----------
    queued_after, analysed_after
        When the job was in the queue, and when the report was stored.
    stages
        By name, in order.
    """

    queued_after: float
    analysed_after: float
    stages: Mapping[str, float]


def time_study(settings: StackSettings) -> TimedStudy:
    """Send the demo exam as a new study and wait for its report.

    Raises
    ------
    StackFailed
        If no report comes.
    """
    with tempfile.TemporaryDirectory() as folder:
        study_uid = write_exam(Path(folder))
        receiver = Receiver("127.0.0.1", settings.dicom_port, "ORTHANC", "BENCH")
        send(find_files(Path(folder)).dicom, receiver)
    last_stored = datetime.now(UTC)
    status = _result(IntakeClient(settings.http_url), study_uid)
    return TimedStudy(
        queued_after=_after(last_stored, status.times["queued"]),
        analysed_after=_after(last_stored, status.times[status.state]),
        stages=status.timings_s,
    )


def _result(client: IntakeClient, study_uid: str) -> StudyStatus:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        try:
            status = client.study(study_uid)
        except StudyUnknown:  # the plugin sees a new study a moment after it is stored
            continue
        if status.state in _WITH_REPORT:
            return status
        time.sleep(0.1)
    raise StackFailed(f"no report within {_PATIENCE_S} s")


def _after(begun: datetime, moment: str) -> float:
    return (datetime.fromisoformat(moment) - begun).total_seconds()
