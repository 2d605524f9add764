"""After the faults: what became of every study, and whether anything was lost or doubled."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local_servers import Orthanc
from system.chaos.observer import FINAL
from system.chaos.study_mix import SentStudy

_WITH_REPORT = ("done", "partial")
_NAMED_FAILURES = frozenset(
    {"worker-lost", "archive-unavailable", "model-unavailable", "time-limit"}
)
"""What a fault may end in. An internal-error or result-invalid would be a fault of ours."""


@dataclass(frozen=True)
class Account:
    """What became of the studies.

    Parameters
    ----------
    states
        How many ended in which state, with the reason.
    reports, runs
        Structured reports stored, and runs that ended with one.
    complaints
        Everything that must not be, in words; empty where all is well.
    failed
        Studies that failed with a named reason and may be asked for again.
    """

    states: Mapping[str, int]
    reports: int
    runs: int
    complaints: tuple[str, ...]
    failed: tuple[str, ...] = field(repr=False)


def account(orthanc: Orthanc, studies: Sequence[SentStudy], *, after_faults: bool) -> Account:
    """Compare what was sent with what is in the archive.

    Parameters
    ----------
    orthanc
        The archive.
    studies
        What was sent.
    after_faults
        Whether a study may have failed with the name of a fault, or may have been analysed
        without some images first.
    """
    stored = _stored_reports(orthanc)
    complaints: list[str] = []
    states: Counter[str] = Counter()
    failed, runs, reports = [], 0, 0
    for study in studies:
        status = orthanc.status(study.uid)
        known = _reports_of(status)
        instances = stored.get(study.uid, [])
        found = [uid for uid, _ in instances]
        complaints += _complaints(orthanc, study, status, known, found, after_faults=after_faults)
        complaints += [
            f"{study.kind} {study.uid} has a report that does not name the one before ({what})"
            for what in _out_of_line(orthanc, status, dict(instances))
        ]
        states[_state_and_reason(status)] += 1
        runs, reports = runs + len(known), reports + len(found)
        if status.get("state") == "failed":
            failed.append(study.uid)
    return Account(dict(states), reports, runs, tuple(complaints), tuple(failed))


def _complaints(
    orthanc: Orthanc,
    study: SentStudy,
    status: Mapping[str, Any],
    known: Sequence[str],
    found: Sequence[str],
    *,
    after_faults: bool,
) -> list[str]:
    name, state = f"{study.kind} {study.uid}", str(status.get("state", "unknown to us"))
    allowed = study.expected | ({"failed"} if after_faults else set())
    instances = _image_count(orthanc, study)
    wrong = (
        (state not in FINAL, f"never ended: {state}"),
        (state in FINAL and state not in allowed, f"is {_state_and_reason(status)}"),
        (
            state == "failed" and status.get("reason") not in _NAMED_FAILURES,
            f"failed for no reason of the faults: {status.get('reason')}",
        ),
        (instances != study.instances, f"has {instances} of {study.instances} images"),
        (bool(set(known) - set(found)), "a report that was announced is not stored"),
        (len(found) != len(set(found)), "a report is stored twice"),
        (
            len(found) > len(known) + _runs_without_report(status),
            f"has {len(found)} reports from {len(known)} runs",
        ),
        (
            state in _WITH_REPORT and status.get("run") == 1 and len(found) != 1,
            f"has {len(found)} reports after one run",
        ),
    )
    return [f"{name} {what} ({_history(status)})" for applies, what in wrong if applies]


def _history(status: Mapping[str, Any]) -> str:
    runs = (*status.get("history", ()), status)
    return ", ".join(f"run {run.get('run')}: {_state_and_reason(run)}" for run in runs)


def _runs_without_report(status: Mapping[str, Any]) -> int:
    """Count failed runs: a worker that is killed between storing and telling leaves a report."""
    return sum(run.get("state") == "failed" for run in (*status.get("history", ()), status))


def _reports_of(status: Mapping[str, Any]) -> list[str]:
    runs: Iterable[Mapping[str, Any]] = (*status.get("history", ()), status)
    return [
        str(run["report"]["sop_instance_uid"])
        for run in runs
        if run.get("report") and run.get("state") in _WITH_REPORT
    ]


def _state_and_reason(status: Mapping[str, Any]) -> str:
    state, reason = str(status.get("state", "unknown to us")), str(status.get("reason", ""))
    return f"{state} ({reason})" if reason else state


def _image_count(orthanc: Orthanc, study: SentStudy) -> int:
    query = {"StudyInstanceUID": study.uid, "Modality": "MG"}
    series = _find(orthanc, "Series", query)
    return sum(len(one["Instances"]) for one in series)


def _out_of_line(
    orthanc: Orthanc, status: Mapping[str, Any], instances: Mapping[str, str]
) -> list[str]:
    """Give the reports that name none, or an older one, though a run had ended before theirs began.

    One that was stored meanwhile by a run that nobody knows of may be named as well.
    """
    wrong: list[str] = []
    ended: list[tuple[str, str]] = []
    for run in (*status.get("history", ()), status):
        own = (run.get("report") or {}).get("sop_instance_uid", "")
        if run.get("state") not in _WITH_REPORT or own not in instances:
            continue
        begun = run["times"].get("running", "")
        before = [uid for uid, at in ended if at < begun and uid != own]
        named = _predecessor(orthanc, instances[own]) if before else ""
        if before and (named not in instances or named in before[:-1]):
            wrong.append(f"run {run.get('run')}")
        ended.append((own, run["times"][run["state"]]))
    return wrong


def _predecessor(orthanc: Orthanc, instance_id: str) -> str:
    tags = orthanc.get(f"/instances/{instance_id}/simplified-tags").json()
    for study in tags.get("PredecessorDocumentsSequence") or ():
        for series in study["ReferencedSeriesSequence"]:
            for document in series["ReferencedSOPSequence"]:
                return str(document["ReferencedSOPInstanceUID"])
    return ""


def _stored_reports(orthanc: Orthanc) -> dict[str, list[tuple[str, str]]]:
    """Give the structured reports by Study Instance UID: SOP Instance UID, Orthanc's identifier."""
    studies = {one["ID"]: one["MainDicomTags"] for one in _find(orthanc, "Study", {})}
    series_study = {
        one["ID"]: studies[one["ParentStudy"]]["StudyInstanceUID"]
        for one in _find(orthanc, "Series", {"Modality": "SR"})
    }
    found: dict[str, list[tuple[str, str]]] = {}
    for instance in _find(orthanc, "Instance", {"Modality": "SR"}):
        uid = series_study[instance["ParentSeries"]]
        report = instance["MainDicomTags"]["SOPInstanceUID"], instance["ID"]
        found.setdefault(uid, []).append(report)
    return found


def _find(orthanc: Orthanc, level: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
    asked = {"Level": level, "Query": dict(query), "Expand": True}
    answer = orthanc.post("/tools/find", json.dumps(asked))
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()
    return found
