"""A short fuzzing run: mutated files, headers and messages end in a result or a named refusal."""

import json
import random
from collections import Counter

import pytest

from fuzz.fenced_run import fuzz
from fuzz.rest_bodies import odd_body
from fuzz.rest_routes import ROUTES, Known, changing, not_reached
from fuzz.worker_targets import worker_message

SEED = 20260105
ALLOWED_GROWTH_MB = 120.0
"""A leak of a third of a megabyte a case would show. What the first large images leave with the
allocator is not told from a smaller leak in so few cases: `make fuzz` does that, with 40 MB."""


@pytest.mark.parametrize(
    ("target", "cases"),
    [("reader", 400), ("eligibility", 200), ("status document", 300), ("plugin message", 300)],
)
def test_every_mutation_ends_in_a_named_way(target: str, cases: int) -> None:
    result = fuzz(target, cases, SEED)
    assert result.findings == []
    assert sum(result.outcomes.values()) == cases
    assert len(result.outcomes) > 1, "mutation should reach more than one way to end"
    assert result.last_mb - result.first_mb < ALLOWED_GROWTH_MB


def test_every_mutated_job_is_read_or_refused() -> None:
    assert {worker_message(SEED * 1_000_003 + case) for case in range(500)} == {"read", "refused"}


def test_bodies_of_every_route_are_drawn_whole_and_damaged_and_the_same_for_a_seed() -> None:
    known, whole, damaged = Known("1.2", "2.25.1", "job", "1.3"), Counter[str](), Counter[str]()
    for seed in range(600):
        route, _, document = changing(random.Random(seed), known)
        body = odd_body(document, random.Random(seed + 10_000))
        assert body == odd_body(document, random.Random(seed + 10_000))
        (whole if body == json.dumps(document).encode() else damaged)[route] += 1
    assert set(whole) == set(damaged) == set(ROUTES)


def test_a_run_that_never_got_past_the_door_says_so() -> None:
    only_refused = Counter({(route, 403): 9 for route in ROUTES})
    assert len(list(not_reached(only_refused))) == 2 * len(ROUTES)
    all_ways = Counter({(route, status): 1 for route in ROUTES for status in (200, 400, 409)})
    assert list(not_reached(all_ways)) == []
