"""Runs odd requests against a real Orthanc, and watches its memory."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil

from fuzz.fenced_run import Fuzzed
from fuzz.rest_requests import CUT_OFF, NO_TEXT, odd_request
from local_servers import Orthanc, orthanc_server
from mammogram_files import mammogram

TARGET = "requests"


def fuzz_requests(cases: int, seed: int, notify: Callable[[int], None]) -> Fuzzed:
    """Make requests; a 5xx other than 503 (health, ready) is a finding.

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
    image = mammogram(rows=64, columns=48)
    with orthanc_server(folder, MAMMOVLM_DEADLINE_S="1") as orthanc:
        orthanc.send([image])
        for case in range(cases):
            outcome = _outcome(orthanc, seed * 1_000_003 + case, str(image.StudyInstanceUID))
            result.note(case, _resident_mb(orthanc), outcome)
            notify(case)
        if not orthanc.get("/mammovlm/live").ok:
            result.findings.append("at the end: a thread of the plugin had stopped")
    return result


def _outcome(orthanc: Orthanc, seed: int, study: str) -> str:
    try:
        status = odd_request(orthanc.http_port, seed, study)
    except AssertionError:
        return "FINDING a refusal without advice"
    if status in (CUT_OFF, NO_TEXT):
        return "cut off" if status == CUT_OFF else "no UTF-8, refused by Orthanc"
    return f"FINDING HTTP {status}" if status >= 500 and status != 503 else f"HTTP {status}"


def _resident_mb(orthanc: Orthanc) -> float:
    return float(psutil.Process(orthanc.pid).memory_info().rss) / 2**20
