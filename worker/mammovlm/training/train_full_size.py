"""``python -m mammovlm.training.train_full_size``: S0 to S2 at the paper's size, on phantoms.

Several GPUs: ``accelerate launch -m mammovlm.training.train_full_size --stage S1 …``. A stage
leaves one safetensors file of its networks, from which the next one starts; the last one also
writes the folder of weights that a worker loads as preset `paper`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import click
import torch
from accelerate import Accelerator
from rich.console import Console
from rich.progress import Progress, ProgressColumn, TimeElapsedColumn
from torch import Tensor

from mammovlm.errors import WeightsUnusable
from mammovlm.model.torchvision_operators import declare_missing_operators
from mammovlm.settings import Settings
from mammovlm.training.features import CompactEncoders
from mammovlm.training.full_size.exams import ExamSource
from mammovlm.training.full_size.held_out import split_of
from mammovlm.training.full_size.phantom_source import PhantomTraining
from mammovlm.training.full_size.plan import FULL_SIZE, FullStage, StagePlan
from mammovlm.training.full_size.seen_exams import Look
from mammovlm.training.full_size.sizes import Sizes, sizes_of
from mammovlm.training.full_size.stage_run import FirstWeights, run_stage
from mammovlm.training.full_size.steps import FullSizePlace, new_accelerator
from mammovlm.training.full_size.text_tokens import tokeniser_of
from mammovlm.training.full_size.weights_folder import (
    ExamSplit,
    StageFiles,
    write_weights_folder,
)
from mammovlm.training.phantom_exams import PhantomExams, phantom_exams

declare_missing_operators()

from transformers import BertConfig  # noqa: E402 - after the guard

_console = Console(stderr=True)
_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)
_FILE = click.Path(path_type=Path, dir_okay=False)


_LIMITS = (
    "Nothing was learned from a patient: on real images these numbers show that the method runs, "
    "and no more."
)


@click.command()
@click.option("--stage", type=click.Choice(["S0", "S1", "S2"]), required=True)
@click.option("--phantoms", type=click.IntRange(1), default=2000, show_default=True)
@click.option("--first-seed", default=30_000, show_default=True, help="Of the first phantom.")
@click.option("--work", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--out", type=_FILE, required=True, help="Safetensors file of the stage's networks.")
@click.option("--before", type=_FILE, help="What the stage before left.")
@click.option("--encoders", type=_FOLDER, help="Folder of weights to take image encoders from.")
@click.option(
    "--text-encoder", type=_FOLDER, help="BERT-base: config, tokenizer.json, model.safetensors."
)
@click.option("--epochs", type=click.IntRange(1), help="Default: the paper's.")
@click.option("--batch", type=click.IntRange(1), help="Exams a step; default: the paper's.")
@click.option("--at-once", type=click.IntRange(1), help="Exams a process works on at once.")
@click.option("--precision", type=click.Choice(["no", "bf16"]), help="Default: the stage's.")
@click.option(
    "--weights",
    type=click.Path(path_type=Path, file_okay=False),
    help="S2: also write the folder of weights that a worker loads; needs --selector.",
)
@click.option("--selector", type=_FILE, help="With --weights: what S0 left.")
@click.option("--embeddings", type=_FILE, help="With --weights: also write what S3 learns from.")
def main(
    *,
    stage: str,
    phantoms: int,
    first_seed: int,
    work: Path,
    out: Path,
    before: Path | None,
    encoders: Path | None,
    text_encoder: Path | None,
    weights: Path | None,
    selector: Path | None,
    embeddings: Path | None,
    **changes: int | str | None,
) -> None:
    """Train one stage; a run that was stopped goes on when it is started again.

    A fifth of the phantoms is held out, the same in every stage. Phantoms teach the method and
    prove nothing about patients.
    """
    wanted = cast("FullStage", stage)
    if wanted != "S0" and text_encoder is None:
        raise click.UsageError("S1 and S2 read texts: name a BERT-base with --text-encoder")
    if weights and (wanted != "S2" or selector is None):
        raise click.UsageError("--weights is written by S2, and needs --selector, what S0 left")
    told = {name: value for name, value in changes.items() if value is not None}
    plan = replace(FULL_SIZE[wanted], **told)  # type: ignore[arg-type]
    accelerator, sizes = new_accelerator(plan.precision), sizes_of("true")
    if text_encoder:
        sizes = replace(sizes, text=BertConfig.from_json_file(text_encoder / "config.json"))
    torch.manual_seed(0)
    exams = _exams(range(first_seed, first_seed + phantoms), work, accelerator)
    text = text_encoder / "model.safetensors" if text_encoder else None
    checkpoint = work / f"full-size-{stage}-{first_seed}-{phantoms}.safetensors"
    place = FullSizePlace(accelerator, checkpoint)
    try:
        split = _split(exams, wanted, sizes, text_encoder)
        run = _Run(wanted, sizes, plan, split.training, place)
        _train(run, FirstWeights(before, encoders, text), out)
        if weights and selector and text_encoder and accelerator.is_main_process:
            looked_at = _split(exams, "S0", sizes, text_encoder)  # reports and gaps teach only
            files = StageFiles(selector, out, text_encoder)
            _write(run, files, looked_at, weights, embeddings)
    except (ValueError, WeightsUnusable) as failure:
        raise click.ClickException(str(failure)) from failure


@dataclass(frozen=True)
class _Run:
    stage: FullStage
    sizes: Sizes
    plan: StagePlan
    source: ExamSource
    place: FullSizePlace


def _train(run: _Run, first: FirstWeights, out: Path) -> None:
    count = len(run.source)
    with _progress(run.place, run.stage, run.plan.epochs * (count // run.plan.batch)):
        run_stage(
            run.stage,
            run.sizes,
            run.plan,
            run.source,
            first=first,
            place=run.place,
            learned_from=f"{count} simulated exams (phantoms)",
            out=out,
        )
    if run.place.accelerator.is_main_process:
        click.echo(f"{run.stage} is in {out}.")


def _write(
    run: _Run, files: StageFiles, split: ExamSplit, weights: Path, embeddings: Path | None
) -> None:
    """Write the folder of weights, and say what its card says."""
    looks = {
        "density": len(split.validation),
        "heads": len(split.training) + len(split.validation) + len(split.test),
    }
    with Progress(*_columns(), console=_console) as bar:
        tasks = {what: bar.add_task(f"look at {what}", total=n) for what, n in looks.items()}
        look = Look(run.place, run.plan.at_once, lambda what, n: bar.advance(tasks[what], n))
        card = write_weights_folder(
            weights, files, run.sizes, split, look, limits=_LIMITS, embeddings=embeddings
        )
    click.echo(f"{card.training_note}\nThe weights are in {weights}: MAMMOVLM_PRESET=paper.")
    if embeddings and not embeddings.is_file():
        click.echo("No embeddings were written: S3 needs the scores of both heads.")


def _split(
    exams: PhantomExams, stage: FullStage, sizes: Sizes, text_encoder: Path | None
) -> ExamSplit:
    expert = tuple(sizes.preset.experts).index(sizes.preset.fallback)
    tokenise = (
        tokeniser_of(text_encoder, sizes.preset.text.max_tokens) if text_encoder else _no_text
    )

    def some(rows: range) -> PhantomTraining:
        chosen = exams.rows(torch.tensor(rows, dtype=torch.long))
        return PhantomTraining(chosen, stage, tokenise, expert)

    split = split_of(len(exams.truths))
    return ExamSplit(some(split.training), some(split.validation), some(split.test))


def _no_text(texts: list[str]) -> Tensor:
    """Stand for a tokenizer where no text is read."""
    return torch.ones(len(texts), 1, dtype=torch.long)


def _columns() -> tuple[ProgressColumn, ...]:
    return (*Progress.get_default_columns(), TimeElapsedColumn())


@contextmanager
def _progress(place: FullSizePlace, stage: str, steps: int) -> Iterator[None]:
    """Show steps and loss, in the first process alone."""
    shown = place.accelerator.is_main_process
    with Progress(*_columns(), console=_console, disable=not shown) as bar:
        task = bar.add_task(stage, total=steps)

        def note(step: int, loss: float) -> None:
            bar.update(task, completed=step, description=f"{stage} loss {loss:.4f}")

        place.progress = note
        yield


def _exams(seeds: range, work: Path, accelerator: Accelerator) -> PhantomExams:
    """Draw the phantoms in the first process; the others find them drawn."""
    with accelerator.main_process_first(), Progress(console=_console) as bar:
        task = bar.add_task("phantoms", total=len(seeds))
        encoders = CompactEncoders(Settings().cache_dir)
        return phantom_exams(
            seeds, work, encoders, progress=lambda done: bar.update(task, completed=done)
        )


if __name__ == "__main__":
    main()
