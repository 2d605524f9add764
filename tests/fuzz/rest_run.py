"""Runs odd requests against a real Orthanc and broker, and watches Orthanc's memory."""

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from audit_schema import audit_faults, audit_messages
from fuzz.fenced_run import Fuzzed
from fuzz.rest_requests import odd_request
from fuzz.rest_routes import Known, not_reached
from fuzz.rest_studies import known_studies
from local_servers import Orthanc, orthanc_server, rabbitmq_server

TARGET = "requests"
_ENOUGH = 500
"""From so many cases on, every route must have ended in every way."""


def fuzz_requests(cases: int, seed: int, notify: Callable[[int], None]) -> Fuzzed:
    """Make requests; a 5xx that is not meant, or a route never reached, is a finding.

    Parameters
    ----------
    cases
        How many.
    seed
        Case n of a seed is always the same.
    notify
        Told the number of each case that ended.
    """
    result = Fuzzed(TARGET, cases)
    folder = Path(tempfile.mkdtemp(prefix="mammovlm-fuzz-"))
    with (
        rabbitmq_server(folder / "rabbitmq") as broker,
        orthanc_server(
            folder / "orthanc", MAMMOVLM_BROKER_URL=broker.url, MAMMOVLM_QUIET_S="0.5"
        ) as orthanc,
    ):
        answered = _make(result, orthanc, known_studies(orthanc, broker), seed, notify)
        if cases >= _ENOUGH:
            result.findings += not_reached(answered)
        result.findings += _left_behind(orthanc)
    return result


def _make(
    result: Fuzzed, orthanc: Orthanc, known: Known, seed: int, notify: Callable[[int], None]
) -> Counter[tuple[str, int]]:
    """Make all requests; give how often each route ended with which status."""
    answered: Counter[tuple[str, int]] = Counter()
    for case in range(result.cases):
        answer = odd_request(orthanc.http_port, seed * 1_000_003 + case, known)
        answered[answer.route, answer.status] += 1
        finding = f"FINDING {answer.told}: {answer.fault}" if answer.fault else answer.told
        result.note(case, _resident_mb(orthanc), finding)
        notify(case)
    return answered


def _left_behind(orthanc: Orthanc) -> Iterator[str]:
    """Say what the requests did to the plugin: its threads, its errors, its audit trail."""
    if not orthanc.get("/mammovlm/live").ok:
        yield "at the end: a thread of the plugin had stopped"
    metrics = orthanc.get("/mammovlm/metrics").text
    for kind, count in re.findall(r'mammovlm_errors_total\{kind="([^"]+)"\} (\d+)', metrics):
        if int(count):
            yield f"at the end: {count} errors of kind {kind}, see {orthanc.log}"
    records = audit_messages(orthanc.folder / "data" / "mammovlm-audit.log")
    faults = Counter(fault for record in records for fault in audit_faults(record))
    yield from (f"audit record ({count}): {fault}" for fault, count in faults.items())


def _resident_mb(orthanc: Orthanc) -> float:
    return float(psutil.Process(orthanc.pid).memory_info().rss) / 2**20
