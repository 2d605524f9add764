"""Faults strike while studies flow: a short campaign of what ``make chaos`` does at length."""

import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import skip_or_fail
from system.chaos.campaign import run_campaign
from system.chaos.faults import possible_faults
from system.chaos.installation import installation
from system.chaos.odd_messages import publish_odd_events, publish_odd_jobs
from system.chaos.report import lines
from system.chaos.stepped_clock import LIBRARIES

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(1800)]

SEED = 5
FAULTS = (
    "archive cut off",
    "Orthanc killed in the quiet time",
    "broker killed",
    "disk full",
    "clock stepped",
)


def test_no_study_is_lost_and_none_has_two_reports(
    require_program: Callable[..., str], tmp_path: Path
) -> None:
    require_program("Orthanc", "orthanc")
    require_program("epmd", "rabbitmq-server")
    if not LIBRARIES:
        skip_or_fail("libfaketime is not installed; run `make setup` (Debian: faketime)")
    with installation(tmp_path) as site:
        strikes = [name for name in FAULTS if name in possible_faults(site)]
        left_out = sorted(set(FAULTS) - set(strikes))
        if left_out:  # also in CI, where a container may not be allowed to mount anything
            warnings.warn(f"NOT TRIED on this machine: {', '.join(left_out)}", stacklevel=1)
        publish_odd_jobs(site.broker, 30, SEED)
        publish_odd_events(site.broker, 60, SEED)
        outcome = run_campaign(
            site,
            studies=12,
            seed=SEED,
            notify=print,
            faults=strikes,
        )
    sys.stdout.write("\n".join(lines(outcome)))
    assert outcome.first.complaints == ()
    assert outcome.again.complaints == ()
    assert "failed (worker-lost)" in outcome.first.states, "one study kills its worker each time"
    assert not outcome.again.failed
    assert outcome.dead_letters > 0
