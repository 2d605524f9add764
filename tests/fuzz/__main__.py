"""The command ``make fuzz``: 10,000 mutated files, and as many messages and requests."""

import sys
import time
from collections.abc import Iterator
from functools import partial

import click

from fuzz.fenced_run import Fuzzed, fuzz
from fuzz.rest_run import TARGET as REQUESTS
from fuzz.rest_run import fuzz_requests
from fuzz.targets import TARGETS
from fuzz.targets import target as load_target

_ALLOWED_GROWTH_MB = 40.0
_EVERY = 500
_SHARES = {"reader": 1.0, "eligibility": 0.2, "status document": 0.2, "plugin message": 0.3,
           "worker message": 0.2, REQUESTS: 0.1}  # fmt: skip
"""Of the number of cases: as many mutated files as everything else together."""


@click.command()
@click.option("--cases", default=10_000, show_default=True, help="Files; as many others.")
@click.option("--seed", type=int, help="Case n of a seed is always the same; default: drawn anew.")
@click.option("--target", type=click.Choice(list(_SHARES)), help="Only this one.")
@click.option("--case", type=int, help="Only this case, with its error's whole trace.")
def main(cases: int, seed: int | None, target: str | None, case: int | None) -> None:
    """Mutate files, headers, documents, messages and requests; each must end in a named way."""
    seed = int(time.time()) % 1_000_000 if seed is None else seed
    if target and target in TARGETS and case is not None:
        _show(target, seed, case)
        return
    click.echo(f"seed {seed}")
    found = False
    for name in [target] if target else _SHARES:
        count = int(cases * _SHARES[name])
        run = fuzz_requests if name == REQUESTS else partial(fuzz, name)
        result = run(count, seed, _progress)
        click.echo("\n".join(lines(result)))
        found = found or bool(result.findings) or grew(result)
    sys.exit(found)


def grew(result: Fuzzed) -> bool:
    """Say whether memory grew after the first fifth of the cases."""
    return result.last_mb - result.first_mb > _ALLOWED_GROWTH_MB


def lines(result: Fuzzed) -> Iterator[str]:
    """Write what came of one target."""
    yield (
        f"{result.target}: {result.cases} cases, {len(result.findings)} findings, "
        f"{result.first_mb:.0f} MB after a fifth of them, {result.last_mb:.0f} MB at the end"
    )
    yield from (f"  {count:6d}  {outcome}" for outcome, count in result.outcomes.most_common())
    yield from (f"  {finding}" for finding in result.findings)


def _progress(case: int) -> None:
    if case and case % _EVERY == 0:
        click.echo(f"  {case} cases", err=True)


def _show(target: str, seed: int, case: int) -> None:

    click.echo(load_target(target)(seed * 1_000_003 + case))


if __name__ == "__main__":
    main()
