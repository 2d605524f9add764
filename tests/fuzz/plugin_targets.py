"""The plugin with mutated headers, status documents, events and dead letters."""

import json
from typing import Any

from fuzz.documents import AT, EVENT, JOB, JOB_DOCUMENT, ORTHANC_ID, REPORT, STUDY
from fuzz.json_mutations import mutated, mutated_bytes
from headers_as_orthanc_gives_them import orthanc_tags
from mammogram_files import mammogram
from mammovlm_orthanc import status_store, transitions
from mammovlm_orthanc.candidate import LeftOut
from mammovlm_orthanc.eligibility import classify
from mammovlm_orthanc.messages import (
    MessageMalformed,
    job_message,
    read_dead_notice,
    read_event,
)
from mammovlm_orthanc.readiness import Arrivals, judge
from mammovlm_orthanc.selection import select
from mammovlm_orthanc.status import StatusUnreadable, StudyStatus

_HEADERS = [
    orthanc_tags(mammogram(side, rows=8, columns=8, SOPInstanceUID=f"1.2.3.1.{place}"))
    for place, side in enumerate("RLRL")
]


def eligibility(seed: int) -> str:
    """Decide on a mutated header as Orthanc gives it, beside three good ones."""
    found = classify(mutated(_HEADERS[0], seed))
    others = [classify(header) for header in _HEADERS[1:]]
    selection = select(one for one in (found, *others) if one)
    judge(selection, Arrivals(0.0, 1.0), 9.0, quiet_s=1, deadline_s=10)
    status = StudyStatus(STUDY, times={"receiving": AT})
    transitions.with_selection(status, selection).to_json().encode()
    if found is None:
        return "no mammogram"
    return f"left out: {found.reason}" if isinstance(found, LeftOut) else "candidate"


def status_document(seed: int) -> str:
    """Read a mutated status document and do with it what the plugin does."""
    try:
        status = StudyStatus.from_json(mutated_bytes(_status_document(), seed).decode("latin-1"))
    except StatusUnreadable:
        return "refused"
    status_store._entry("study", status)
    job_message(ORTHANC_ID, status)
    status.run_of("2.25.1")
    event = read_event(json.dumps(EVENT).encode())
    for after in (
        transitions.receiving(status, STUDY, AT),
        transitions.to_send_again(status, AT),
        transitions.made_urgent(status, AT),
        transitions.after_event(status, event),
    ):
        after.to_json().encode()
    return "read"


def plugin_message(seed: int) -> str:
    """Read a mutated event and a mutated dead letter, and write them on a study."""
    status = StudyStatus(STUDY, job_id=JOB, times={"receiving": AT})
    try:
        if seed % 3:
            event = read_event(mutated_bytes(EVENT, seed))
        else:
            headers = mutated({"x-death": [{"reason": "delivery_limit"}]}, seed)
            headers = headers if isinstance(headers, dict) else {}
            event = read_dead_notice(mutated_bytes([[JOB_DOCUMENT], {}, {}], seed), headers, AT)
    except MessageMalformed:
        return "refused"
    after = transitions.after_event(status, event)
    StudyStatus.from_json(after.to_json().encode().decode())
    status_store._entry("study", after)
    return "applied" if after is not status else "no news"


def _status_document() -> dict[str, Any]:
    status = StudyStatus(
        STUDY, job_id=JOB, times={"receiving": AT}, report=REPORT, timings_s={"read": 1.0}
    )
    again = transitions.receiving(status, STUDY, AT)
    document: dict[str, Any] = json.loads(again.to_json())
    return document
