"""``python -m mammovlm.training.reports``: examples of synthetic reports, and their measures."""

import json
from dataclasses import asdict

import click

from mammovlm.training.evaluation import DRAWS
from mammovlm.training.phantoms.case import CaseMix
from mammovlm.training.reports.corpus import corpus_statistics, synthetic_studies
from mammovlm.training.reports.leak import leak_report, phantom_texts
from mammovlm.training.reports.render import Renderer, render
from mammovlm.training.reports.scrub import scrub

_RENDERERS = click.Choice([str(renderer) for renderer in Renderer])


@click.command()
@click.option("--count", type=click.IntRange(1), default=5, show_default=True, help="Women.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="First woman.")
@click.option("--renderer", type=_RENDERERS, multiple=True, help="Default: all three.")
@click.option(
    "--mix",
    type=click.Choice([str(mix) for mix in CaseMix]),
    default=str(CaseMix.BALANCED),
    show_default=True,
    help="How often densities and categories are drawn.",
)
@click.option("--scrubbed", is_flag=True, help="Print the texts without the label, too.")
@click.option("--statistics", is_flag=True, help="Print counts over the texts instead.")
@click.option("--leak", is_flag=True, help="Print what words alone tell of the label instead.")
@click.option(
    "--draws", type=click.IntRange(2), default=DRAWS, show_default=True, help="Bootstrap."
)
def main(
    *,
    count: int,
    seed: int,
    renderer: tuple[str, ...],
    mix: str,
    scrubbed: bool,
    statistics: bool,
    leak: bool,
    draws: int,
) -> None:
    """Print synthetic reports of imagined women."""
    chosen = tuple(Renderer(name) for name in renderer) or tuple(Renderer)
    if statistics:
        for one in chosen:
            measured = corpus_statistics(one, count=count, seed=seed, mix=CaseMix(mix))
            click.echo(json.dumps({"renderer": one, **asdict(measured)}, indent=1))
    elif leak:
        for one in chosen:
            _print_leak(one, count, seed, draws)
    else:
        _print_texts(chosen, count, seed, CaseMix(mix), scrubbed=scrubbed)


def _print_texts(
    chosen: tuple[Renderer, ...], count: int, seed: int, mix: CaseMix, *, scrubbed: bool
) -> None:
    studies = synthetic_studies(count, seed=seed, mix=mix)
    for woman, study in enumerate(studies, seed):
        for one in chosen:
            text = render(study, one, woman)
            click.echo(f"--- woman {woman}, {one}\n{text}\n")
            if scrubbed:
                click.echo(f"--- woman {woman}, {one}, scrubbed\n{scrub(text)}\n")


def _print_leak(renderer: Renderer, count: int, seed: int, draws: int) -> None:
    report = leak_report(phantom_texts(count, renderer, seed=seed), draws=draws)
    click.echo(
        f"{renderer}: {report.cases} breasts of BI-RADS 3 to 5, {report.positives} positive\n"
        f"  AUC of words alone: full {report.full}, scrubbed {report.scrubbed},"
        f" description alone {report.described}\n"
        f"  excess {report.excess}: {'LEAK' if report.alarm else 'no leak'}"
    )


if __name__ == "__main__":
    main()
