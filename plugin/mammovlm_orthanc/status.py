# SPDX-License-Identifier: AGPL-3.0-or-later
"""The status of one study: the JSON document in its Orthanc metadata ``MammoVLM``.

It is all that is known about a study's analysis; nothing is kept elsewhere but in the queue.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

from mammovlm_orthanc.status_shape import refuse_odd_shape


class State(StrEnum):
    """The states of ARCHITECTURE.md."""

    RECEIVING = "receiving"
    READY = "ready"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    REJECTED = "rejected"
    FAILED = "failed"


FINAL = frozenset({State.DONE, State.PARTIAL, State.REJECTED, State.FAILED})
WITH_REPORT = frozenset({State.DONE, State.PARTIAL})


class Priority(StrEnum):
    """Which of the two queues."""

    NORMAL = "normal"
    URGENT = "urgent"


class StatusUnreadable(ValueError):
    """Raised when a study's metadata is no status document that this version understands."""


@dataclass(frozen=True)
class StudyStatus:
    """What is known about the analysis of one study.

    Parameters
    ----------
    study_instance_uid
        (0020,000D).
    state
        Where the current run is.
    run
        1 for the first analysis; late images and re-runs count up.
    job_id
        Identifier of the run's job, "" before it is decided.
    priority
        Which queue.
    reason, text
        Code and sentence for states that need one.
    instances
        The images of this run, by series and SOP Instance UID.
    left_out
        The images put aside, with reason and detail.
    missing
        Standard slots without an image ("RCC", ...).
    predecessor
        The report of an earlier run that this run's report follows.
    report, algorithm, timings_s
        What the worker told.
    times
        When the run entered each state, ISO 8601 UTC by state.
    history
        Earlier runs, oldest first.
    version
        Of this document's layout.
    """

    study_instance_uid: str
    state: State = State.RECEIVING
    run: int = 1
    job_id: str = ""
    priority: Priority = Priority.NORMAL
    reason: str = ""
    text: str = ""
    instances: tuple[Mapping[str, str], ...] = ()
    left_out: tuple[Mapping[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    predecessor: Mapping[str, str] | None = None
    report: Mapping[str, str] | None = None
    algorithm: Mapping[str, str] | None = None
    timings_s: Mapping[str, float] = field(default_factory=dict)
    times: Mapping[str, str] = field(default_factory=dict)
    history: tuple[Mapping[str, Any], ...] = ()
    version: int = 1

    @property
    def changed_at(self) -> str:
        """When the state was entered, ISO 8601 UTC."""
        return self.times.get(self.state, "")

    @property
    def latest_report(self) -> Mapping[str, str] | None:
        """The report of this run or, until there is one, of the last run that had one."""
        runs: tuple[Mapping[str, Any], ...] = ({"report": self.report}, *reversed(self.history))
        return next((run["report"] for run in runs if run.get("report")), None)

    def run_of(self, report_uid: str) -> int:
        """Say which run wrote a report; the current one where none is known to have."""
        this: Mapping[str, Any] = {"run": self.run, "report": self.report}
        runs = (this, *reversed(self.history))
        return next(
            (
                int(run["run"])
                for run in runs
                if (run.get("report") or {}).get("sop_instance_uid") == report_uid
            ),
            self.run,
        )

    def to_json(self) -> str:
        """Write the document."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, document: str) -> "StudyStatus":
        """Read the document.

        Raises
        ------
        StatusUnreadable
            If it is no JSON object of version 1, or lacks what every status has.
        """
        try:
            return cls._from_mapping(json.loads(document))
        except (ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
            raise StatusUnreadable("metadata MammoVLM is no status of version 1") from error

    @classmethod
    def _from_mapping(cls, content: Mapping[str, Any]) -> "StudyStatus":
        if content["version"] != 1:
            raise StatusUnreadable("metadata MammoVLM has another version")
        known = {f.name for f in fields(cls)}
        kept = {name: value for name, value in content.items() if name in known}
        refuse_odd_shape(kept)
        for name in ("instances", "left_out", "missing", "history"):
            kept[name] = tuple(kept.get(name, ()))
        kept["state"] = State(kept["state"])
        kept["priority"] = Priority(kept.get("priority", Priority.NORMAL))
        return cls(**kept)
