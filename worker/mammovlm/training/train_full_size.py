"""``python -m mammovlm.training.train_full_size``: S0 to S2 at the paper's size.

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
from mammovlm.model.presets import Preset
from mammovlm.model.torchvision_operators import declare_missing_operators
from mammovlm.settings import Settings
from mammovlm.training.datasets import read_manifest
from mammovlm.training.features import CompactEncoders
from mammovlm.training.full_size.chosen_exams import (
    ChosenExams,
    chosen_manifest,
    chosen_phantoms,
    routes_of,
)
from mammovlm.training.full_size.exams import ExamSource
from mammovlm.training.full_size.manifest_files import Prepared, prepared_exams
from mammovlm.training.full_size.plan import PHANTOMS, PLANS, FullStage, PlanName, StagePlan
from mammovlm.training.full_size.run_folder import run_folder
from mammovlm.training.full_size.seen_exams import Look
from mammovlm.training.full_size.shown_exams import Tokenise
from mammovlm.training.full_size.sizes import Sizes, sizes_of
from mammovlm.training.full_size.stage_run import FirstWeights, run_stage
from mammovlm.training.full_size.steps import FullSizePlace, new_accelerator
from mammovlm.training.full_size.text_tokens import tokeniser_of
from mammovlm.training.full_size.weights_folder import StageFiles, write_weights_folder
from mammovlm.training.phantom_exams import PhantomExams, phantom_exams

declare_missing_operators()

from transformers import BertConfig  # noqa: E402 - after the guard

_console = Console(stderr=True)
_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)
_FILE = click.Path(path_type=Path, dir_okay=False)
_KNOWN_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command()
@click.option("--stage", type=click.Choice(["S0", "S1", "S2"]), required=True)
@click.option(
    "--plan",
    "plan_name",
    type=click.Choice([*PLANS]),
    default="full",
    show_default=True,
    help="full: the paper's 280 epochs; short: a try of the whole way, meant for minutes on a GPU.",
)
@click.option("--phantoms", type=click.IntRange(1), help="Default: 2000; of the short plan 400.")
@click.option(
    "--manifest",
    type=_KNOWN_FILE,
    help="Learn from the exams of a manifest, split as it says, in the place of phantoms.",
)
@click.option(
    "--experts",
    type=click.Choice(["fallback", "routed"]),
    default="fallback",
    show_default=True,
    help="fallback: ConvNeXt sees all, as in the paper; routed: every density its own expert.",
)
@click.option("--first-seed", default=30_000, show_default=True, help="Of the first phantom.")
@click.option("--work", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--out", type=_FILE, required=True, help="Safetensors file of the stage's networks.")
@click.option("--before", type=_KNOWN_FILE, help="What the stage before left.")
@click.option(
    "--encoders",
    "encoder_folder",
    type=_FOLDER,
    help="Folder of weights to take image encoders from.",
)
@click.option(
    "--text-encoder", type=_FOLDER, help="BERT-base: config, tokenizer.json, model.safetensors."
)
@click.option("--epochs", type=click.IntRange(1), help="Default: the plan's.")
@click.option("--batch", type=click.IntRange(1), help="Exams a step; default: the paper's.")
@click.option("--at-once", type=click.IntRange(1), help="Exams a process works on at once.")
@click.option("--precision", type=click.Choice(["no", "bf16"]), help="Default: the stage's.")
@click.option(
    "--mode",
    type=click.Choice(["negatives", "label", "positives_only"]),
    help="S1 pushes apart: other patients (default); those of another label; nobody, as printed.",
)
@click.option(
    "--reduction",
    type=click.Choice(["mean", "sum"]),
    help="Of the contrast over a batch. Default: sum in S1, mean in S2.",
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path, file_okay=False),
    help="S2: also write the folder of weights that a worker loads; needs --selector.",
)
@click.option("--selector", type=_KNOWN_FILE, help="With --weights: what S0 left.")
@click.option("--embeddings", type=_FILE, help="With --weights: also write what S3 learns from.")
def main(
    *,
    stage: str,
    plan_name: str,
    phantoms: int | None,
    manifest: Path | None,
    experts: str,
    first_seed: int,
    work: Path,
    out: Path,
    before: Path | None,
    encoder_folder: Path | None,
    text_encoder: Path | None,
    weights: Path | None,
    selector: Path | None,
    embeddings: Path | None,
    **changes: int | str | None,
) -> None:
    """Train one stage; a run that was stopped goes on when it is started again.

    A fifth of the phantoms is held out, the same in every stage; a manifest says itself who is.
    Phantoms teach the method and prove nothing about patients.
    """
    wanted, named = cast("FullStage", stage), cast("PlanName", plan_name)
    _check(wanted, text_encoder, weights, selector, embeddings)
    told = {name: value for name, value in changes.items() if value is not None}
    plan = replace(PLANS[named][wanted], **told)  # type: ignore[arg-type]
    phantoms = phantoms or PHANTOMS[named]
    accelerator, sizes = new_accelerator(plan.precision), sizes_of("true")
    if text_encoder:
        sizes = replace(sizes, text=BertConfig.from_json_file(text_encoder / "config.json"))
    torch.manual_seed(0)
    text = text_encoder / "model.safetensors" if text_encoder else None
    first = FirstWeights(before, encoder_folder, text)
    try:
        data = _StageData(sizes, accelerator, work, text_encoder)
        exams = _chosen(data, range(first_seed, first_seed + phantoms), manifest, experts)
        place = FullSizePlace(accelerator, work / f"full-size-{stage}-{exams.key}.safetensors")
        run = _Run(wanted, sizes, plan, exams.split(wanted).training, place)
        with run_folder(work / f"run-{stage}", wanted, plan, place, first, exams=len(run.source)):
            _train(run, first, exams.name, out)
        if weights and selector and text_encoder and accelerator.is_main_process:
            _write(run, StageFiles(selector, out, text_encoder), exams, weights, embeddings)
    except (ValueError, WeightsUnusable) as failure:
        raise click.ClickException(str(failure)) from failure


def _check(
    stage: FullStage,
    text_encoder: Path | None,
    weights: Path | None,
    selector: Path | None,
    embeddings: Path | None,
) -> None:
    if stage != "S0" and text_encoder is None:
        raise click.UsageError("S1 and S2 read texts: name a BERT-base with --text-encoder")
    if weights and (stage != "S2" or selector is None):
        raise click.UsageError("--weights is written by S2, and needs --selector, what S0 left")
    if not weights and (selector or embeddings):
        raise click.UsageError("--selector and --embeddings go with --weights: name that too")


@dataclass(frozen=True)
class _Run:
    stage: FullStage
    sizes: Sizes
    plan: StagePlan
    source: ExamSource
    place: FullSizePlace


def _train(run: _Run, first: FirstWeights, name: str, out: Path) -> None:
    count = len(run.source)
    with _progress(run.place, run.stage, run.plan.epochs * (count // run.plan.batch)):
        run_stage(
            run.stage,
            run.sizes,
            run.plan,
            run.source,
            first=first,
            place=run.place,
            learned_from=f"{count} {name}",
            out=out,
        )
    if run.place.accelerator.is_main_process:
        click.echo(f"{run.stage} is in {out}.")


def _write(
    run: _Run, files: StageFiles, exams: ChosenExams, weights: Path, embeddings: Path | None
) -> None:
    """Write the folder of weights, and say what its card says."""
    split, limits = exams.split("S0"), exams.limits  # reports and gaps teach only
    looks = {
        "density": len(split.validation),
        "heads": len(split.training) + len(split.validation) + len(split.test),
    }
    with Progress(*_columns(), console=_console) as bar:
        tasks = {what: bar.add_task(f"look at {what}", total=n) for what, n in looks.items()}
        look = Look(run.place, run.plan.at_once, lambda what, n: bar.advance(tasks[what], n))
        card = write_weights_folder(
            weights, files, run.sizes, split, look, limits=limits, embeddings=embeddings
        )
    click.echo(f"{card.training_note}\nThe weights are in {weights}: MAMMOVLM_PRESET=paper.")
    if embeddings and not embeddings.is_file():
        click.echo("No embeddings were written: S3 needs the scores of both heads.")


@dataclass(frozen=True)
class _StageData:
    sizes: Sizes
    accelerator: Accelerator
    work: Path
    text_encoder: Path | None


def _chosen(
    stage_data: _StageData, seeds: range, manifest: Path | None, experts: str
) -> ChosenExams:
    """Draw phantoms, or prepare the exams of a manifest."""
    preset, accelerator = stage_data.sizes.preset, stage_data.accelerator
    routes = routes_of(preset, routed=experts == "routed")
    tokenise = _tokeniser(stage_data.text_encoder, stage_data.sizes)
    if manifest is None:
        exams = _exams(seeds, stage_data.work, accelerator)
        return chosen_phantoms(exams, tokenise, routes)
    prepared = _prepared(manifest, stage_data.work, preset, accelerator)
    return chosen_manifest(prepared, manifest.stem, tokenise, preset, routes)


def _tokeniser(text_encoder: Path | None, sizes: Sizes) -> Tokenise:
    return tokeniser_of(text_encoder, sizes.preset.text.max_tokens) if text_encoder else _no_text


def _prepared(manifest: Path, work: Path, preset: Preset, accelerator: Accelerator) -> Prepared:
    """Prepare a manifest's exams in the first process; the others find them prepared."""
    rows = read_manifest(manifest)
    size, count = (preset.height, preset.width), len({row.exam for row in rows})
    with accelerator.main_process_first(), Progress(console=_console) as bar:
        task = bar.add_task("exams", total=count)
        prepared = prepared_exams(rows, work, size, lambda done: bar.update(task, completed=done))
    if accelerator.is_main_process:
        for reason, number in sorted(prepared.passed_over.items()):
            click.echo(f"{number} exams were passed over: {reason}.", err=True)
    return prepared


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
