"""``mammovlm evaluate``: measure weights on labelled exams, by the code that the worker runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from mammovlm.errors import WeightsUnusable
from mammovlm.model import MammoVLM
from mammovlm.settings import Settings
from mammovlm.training.datasets import ManifestInvalid, read_manifest
from mammovlm.training.evaluation_request import Evaluation
from mammovlm.training.phantoms import CaseMix
from mammovlm.training.study_evaluation_sources import (
    FIRST_FREE_SEED,
    ExamSource,
    NothingLabelled,
    PhantomSource,
    SeedsUsed,
    manifest_exams,
)

_console = Console()
_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
    TimeRemainingColumn(),
)
_NEEDED = {"sklearn": "scikit-learn", "matplotlib": "matplotlib"}
_WHAT = "give --manifest or --phantoms, not both; --mini-mias alone or beside one of them"

_EXAMS = "--every-expert and --explanations need exams: --manifest or --phantoms"


@click.command()
@click.option(
    "--manifest",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Labelled exams as DICOM files; `mammovlm manifest` makes one.",
)
@click.option(
    "--split",
    type=click.Choice(["auto", "train", "dev", "test", "all"]),
    default="auto",
    show_default=True,
    help="Of the manifest; auto: test where it has splits, else all.",
)
@click.option("--phantoms", type=click.IntRange(1), help="So many simulated exams instead.")
@click.option(
    "--first-seed", default=FIRST_FREE_SEED, show_default=True, help="Of the first phantom."
)
@click.option(
    "--case-mix",
    type=click.Choice([str(mix) for mix in CaseMix]),
    default=str(CaseMix.TEACHING),
    show_default=True,
    help="Of the phantoms.",
)
@click.option(
    "--rows",
    type=click.IntRange(64),
    default=1008,
    show_default=True,
    help="Height of the phantoms' pictures.",
)
@click.option(
    "--mini-mias",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A copy of mini-MIAS, measured film by film.",
)
@click.option(
    "--every-expert",
    is_flag=True,
    help="Let all experts look at every exam, not only the one that its density picks.",
)
@click.option(
    "--explanations",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="So many texts of the language model about these exams, and a quarter as many answers.",
)
@click.option(
    "--training-run",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder `run` of the training that made the weights: its tables go into the report.",
)
@click.option(
    "--draws",
    type=click.IntRange(100),
    default=2000,
    show_default=True,
    help="Of the bootstrap over patients.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where evaluation.md, results.csv, metrics.json and the plots go.",
)
def evaluate(
    *,
    manifest: Path | None,
    split: str,
    phantoms: int | None,
    first_seed: int,
    case_mix: str,
    rows: int,
    mini_mias: Path | None,
    every_expert: bool,
    explanations: int,
    training_run: Path | None,
    draws: int,
    out: Path,
) -> None:
    """Measure the weights on labelled exams: density, 4 against 3, presence, malignancy, words.

    Every exam goes the worker's own way: reading, model, findings. What is refused is counted with
    its reason. A run that was stopped goes on where it was when it is given the same --out.
    """
    if (manifest and phantoms) or not (manifest or phantoms or mini_mias):
        raise click.UsageError(_WHAT)
    if (every_expert or explanations) and not (manifest or phantoms):
        raise click.UsageError(_EXAMS)
    _require_training()
    source: ExamSource | None = None
    if manifest:
        source = _labelled(lambda: _of_manifest(manifest, split), manifest)
    elif phantoms:
        drawn = partial(PhantomSource, phantoms, first_seed, CaseMix(case_mix), rows)
        source = _labelled(drawn, None)
    _run(
        Evaluation(
            settings=Settings(),
            source=source,
            are_phantoms=bool(phantoms),
            mini_mias=mini_mias,
            out=out,
            draws=draws,
            every_expert=every_expert,
            texts=explanations,
            training_run=training_run,
        )
    )


def _of_manifest(manifest: Path, split: str) -> ExamSource:
    return manifest_exams(read_manifest(manifest), split, manifest.name)


def _labelled(source: Callable[[], ExamSource], manifest: Path | None) -> ExamSource:
    """Make a source of exams; what is wrong with it is told without a trace."""
    try:
        return source()
    except ManifestInvalid as failure:
        raise click.ClickException(f"{manifest}:\n{failure}") from failure
    except (SeedsUsed, NothingLabelled) as refused:
        raise click.ClickException(str(refused)) from refused


def _require_training() -> None:
    missing = [told for name, told in _NEEDED.items() if find_spec(name) is None]
    if missing:
        raise click.ClickException(
            f"Missing: {', '.join(missing)}. Install what training and evaluation need: "
            "pip install 'mammovlm[training]'"
        )


def _run(asked: Evaluation) -> None:
    from mammovlm.training.study_evaluation_run import (  # noqa: PLC0415 - needs the extra
        run_evaluation,
    )

    if asked.source is not None:
        _console.print(f"Measuring on {asked.source.description}.", highlight=False, markup=False)
    try:
        with _console.status("loading the model"):
            model = MammoVLM.load(asked.settings)
        with _progress() as told:
            report = run_evaluation(asked, model, told)
    except WeightsUnusable as failure:
        raise click.ClickException(str(failure)) from failure
    except FileNotFoundError as failure:
        raise click.ClickException(f"{failure.filename} is not there") from failure
    _console.print(f"The report is {report}.", highlight=False, markup=False, soft_wrap=True)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    with Progress(*_COLUMNS, console=_console) as shown:
        tasks = {}

        def told(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = shown.add_task(name, total=total)
            shown.update(tasks[name], completed=done, total=total)

        yield told
