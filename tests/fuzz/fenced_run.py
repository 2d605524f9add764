"""Runs cases in a process of their own, so that a crash, a hang or memory is seen and named."""

import os
import selectors
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_TESTS = Path(__file__).resolve().parents[1]
CASE_LIMIT_S = 60.0
"""Most processor time for one case; a case takes milliseconds, the first one some seconds."""
SILENCE_LIMIT_S = 900.0
"""Longest silence of a process that computes nothing: a busy machine may let it wait."""
_LOOK_S = 2.0
WARM_UP = 0.2
"""Share of the cases after which memory is compared with the end: caches are full by then."""


@dataclass
class Fuzzed:
    """What came of the cases of one target.

    Parameters
    ----------
    target, cases
        What was run, and how often.
    outcomes
        How many cases ended in which way.
    findings
        What must not be: "case N: what".
    first_mb, last_mb
        Resident memory after the first fifth of the cases, and after the last.
    """

    target: str
    cases: int
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    first_mb: float = 0.0
    last_mb: float = 0.0

    def note(self, case: int, megabytes: float, outcome: str) -> None:
        """Take in how a case ended, and the memory then."""
        self.outcomes[outcome] += 1
        if outcome.startswith("FINDING"):
            self.findings.append(f"case {case}: {outcome.removeprefix('FINDING ')}")
        if case <= self.cases * WARM_UP:
            self.first_mb = megabytes
        self.last_mb = megabytes


def fuzz(target: str, cases: int, seed: int, notify: Callable[[int], None] | None = None) -> Fuzzed:
    """Run cases of a target; after a crash or a hang go on with the next one.

    Parameters
    ----------
    target
        One of `targets.TARGETS`.
    cases
        How many.
    seed
        Case n of a seed is always the same.
    notify
        Told the number of each case that ended.
    """
    result = Fuzzed(target, cases)
    case = 0
    while case < cases:
        case = _run_from(result, case, seed, notify) + 1
    return result


def _run_from(result: Fuzzed, first: int, seed: int, notify: Callable[[int], None] | None) -> int:
    """Run cases until the end or until the process ends; give the last one that was begun."""
    process = _start(result.target, first, result.cases, seed)
    case, is_open = first - 1, False
    for parts in _lines(process):
        case, is_open = int(parts[1]), parts[0] == "begin"
        if not is_open:
            result.note(case, int(parts[2]) / 1024, parts[3])
            if notify:
                notify(case)
    is_hanging = process.poll() is None and _ended(process) is None
    process.kill()
    status = process.wait()
    if is_open:
        what = "hung" if is_hanging else f"ended the process ({status})"
        result.findings.append(f"case {case}: {what}")
        return case
    if case < result.cases - 1:
        result.findings.append(f"after case {case}: the process ended ({status})")
        return max(case, first)
    return case


def _ended(process: subprocess.Popen[str]) -> int | None:
    try:
        return process.wait(5)
    except subprocess.TimeoutExpired:
        return None


def _start(target: str, first: int, end: int, seed: int) -> subprocess.Popen[str]:
    path = os.pathsep.join(
        [str(_TESTS), str(_TESTS.parent / "worker"), str(_TESTS.parent / "plugin")]
    )
    return subprocess.Popen(
        [
            *(sys.executable, "-W", "ignore", "-m", "fuzz.case_process"),
            *(target, str(first), str(end), str(seed)),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
    )


def _lines(process: subprocess.Popen[str]) -> Iterator[list[str]]:
    """Give the lines that a process writes, until it ends or hangs."""
    assert process.stdout is not None
    last, used = time.monotonic(), _processor_s(process)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not _hangs(process, last, used):
            if not selector.select(_LOOK_S):
                continue
            line = process.stdout.readline()
            if not line:
                return
            yield line.rstrip("\n").split("\t")
            last, used = time.monotonic(), _processor_s(process)


def _hangs(process: subprocess.Popen[str], last: float, used: float) -> bool:
    is_silent = time.monotonic() - last > SILENCE_LIMIT_S
    return is_silent or _processor_s(process) - used > CASE_LIMIT_S


def _processor_s(process: subprocess.Popen[str]) -> float:
    try:
        times = psutil.Process(process.pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
