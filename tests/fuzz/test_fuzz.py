"""A short fuzzing run: mutated files, headers and messages end in a result or a named refusal."""

import pytest

from fuzz.fenced_run import fuzz
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
