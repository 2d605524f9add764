"""``python -m mammovlm.training.train_full_size``: S0 to S2 at the paper's size, on phantoms.

Several GPUs: ``accelerate launch -m mammovlm.training.train_full_size --stage S1 …``. A stage
leaves one safetensors file of its networks, from which the next one starts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import click
import torch
from accelerate import Accelerator
from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn
from torch import Tensor

from mammovlm.errors import WeightsUnusable
from mammovlm.model.torchvision_operators import declare_missing_operators
from mammovlm.settings import Settings
from mammovlm.training.features import CompactEncoders
from mammovlm.training.full_size.phantom_source import PhantomTraining, Tokenise
from mammovlm.training.full_size.plan import FULL_SIZE, FullStage
from mammovlm.training.full_size.sizes import sizes_of
from mammovlm.training.full_size.stage_run import FirstWeights, run_stage
from mammovlm.training.full_size.steps import FullSizePlace, new_accelerator
from mammovlm.training.phantom_exams import PhantomExams, phantom_exams

declare_missing_operators()

from transformers import BertConfig, PreTrainedTokenizerFast  # noqa: E402 - after the guard

_console = Console(stderr=True)
_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)
_FILE = click.Path(path_type=Path, dir_okay=False)


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
    **changes: int | str | None,
) -> None:
    """Train one stage; a run that was stopped goes on when it is started again.

    Phantoms teach the method and prove nothing about patients.
    """
    wanted = cast("FullStage", stage)
    if wanted != "S0" and text_encoder is None:
        raise click.UsageError("S1 and S2 read texts: name a BERT-base with --text-encoder")
    told = {name: value for name, value in changes.items() if value is not None}
    plan = replace(FULL_SIZE[wanted], **told)  # type: ignore[arg-type]
    accelerator, sizes = new_accelerator(plan.precision), sizes_of("true")
    if text_encoder:
        sizes = replace(sizes, text=BertConfig.from_json_file(text_encoder / "config.json"))
    torch.manual_seed(0)
    exams = _exams(range(first_seed, first_seed + phantoms), work, accelerator)
    expert = tuple(sizes.preset.experts).index(sizes.preset.fallback)
    tokens = sizes.preset.text.max_tokens
    source = PhantomTraining(exams, wanted, _tokeniser(text_encoder, tokens), expert)
    text = text_encoder / "model.safetensors" if text_encoder else None
    first = FirstWeights(before, encoders, text)
    place = FullSizePlace(accelerator, work / f"full-size-{stage}.safetensors")
    with _progress(place, stage, plan.epochs * (len(source) // plan.batch)):
        try:
            run_stage(wanted, sizes, plan, source, first=first, place=place, out=out)
        except (ValueError, WeightsUnusable) as failure:
            raise click.ClickException(str(failure)) from failure
    if accelerator.is_main_process:
        click.echo(f"{stage} is in {out}.")


@contextmanager
def _progress(place: FullSizePlace, stage: str, steps: int) -> Iterator[None]:
    """Show steps and loss, in the first process alone."""
    columns = (*Progress.get_default_columns(), TimeElapsedColumn())
    shown = place.accelerator.is_main_process
    with Progress(*columns, console=_console, disable=not shown) as bar:
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


def _tokeniser(folder: Path | None, longest: int) -> Tokenise:
    if folder is None:
        return lambda texts: torch.ones(len(texts), 1, dtype=torch.long)
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(folder / "tokenizer.json"),
        pad_token="[PAD]",  # noqa: S106  a filler, not a secret
    )

    if tokenizer.pad_token_id != 0:
        raise click.UsageError(f"[PAD] of {folder.name}/tokenizer.json must be number 0, as BERT's")

    def tokenise(texts: list[str]) -> Tensor:
        numbers: Tensor = tokenizer(
            texts, padding=True, truncation=True, max_length=longest, return_tensors="pt"
        )["input_ids"]
        return numbers

    return tokenise


if __name__ == "__main__":
    main()
