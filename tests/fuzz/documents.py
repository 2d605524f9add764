"""The conform documents that mutation begins with: a job, an event, a report's identifiers."""

from typing import Any

STUDY = "1.2.3"
ORTHANC_ID = "b9c08539-26f93bde-c81ab0d7-bffaf2cb-a4d0bdd0"
JOB = "0f8fad5b-d9cb-469f-a165-70867728950e"
AT = "2026-01-05T10:15:00.123+00:00"
REPORT = {
    "sop_class_uid": "1.2.840.10008.5.1.4.1.1.88.33",
    "sop_instance_uid": "2.25.1",
    "series_instance_uid": "2.25.2",
}
JOB_DOCUMENT: dict[str, Any] = {
    "version": 1,
    "job_id": JOB,
    "orthanc_study_id": ORTHANC_ID,
    "study_instance_uid": STUDY,
    "run": 1,
    "priority": "normal",
    "instances": [{"series_instance_uid": "1.2.3.1", "sop_instance_uid": "1.2.3.1.1"}],
    "left_out": [{"sop_instance_uid": "1.2.3.1.2", "reason": "magnification", "detail": ""}],
    "predecessor": REPORT,
}
EVENT: dict[str, Any] = {
    **{key: JOB_DOCUMENT[key] for key in ("version", "job_id", "orthanc_study_id", "run")},
    "study_instance_uid": STUDY,
    "at": AT,
    "state": "done",
    "reason": "",
    "text": "",
    "report": REPORT,
    "algorithm": {"name": "M", "version": "1", "preset": "compact", "device_uid": "2.25.9"},
    "timings_s": {"fetch": 0.1, "read": 0.2},
}
