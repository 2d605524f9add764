"""Tune the language model: stage S3a (lift), then S3b (LoRA and lift), into one small file.

Run it as ``python -m mammovlm.training.tune_language_model --embeddings FILE --out DIR``. A run
that was stopped goes on from its last checkpoint when it is started again with the same folder.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import click
import torch
from accelerate import Accelerator, PartialState
from rich.progress import Progress

from mammovlm.model.device import ComputeDevice
from mammovlm.model.language_model_base import Base, compact_base, folder_base
from mammovlm.model.language_model_tuning import (
    Tuning,
    lora_tensors,
    save_tuning,
    with_lora,
)
from mammovlm.model.soft_prefix import Lift, word_embeddings_of
from mammovlm.model.weights import file_sha256
from mammovlm.settings import Settings
from mammovlm.training.explanation_batches import ExplanationBatches
from mammovlm.training.explanation_pairs import Exams, read_exams
from mammovlm.training.language_model_stage import AnswerLoss, StageConfig, StagePlace, train_stage
from mammovlm.training.loss_curves import LossCurves
from mammovlm.training.made_of import hash_of, without
from mammovlm.training.training_precision import chosen_precision
from mammovlm.training.tuned_evaluation import evaluate
from mammovlm.training.tuned_size import refuse_too_large
from mammovlm.training.written_weights import enter_weights
from mammovlm.words.english import ENGLISH

RESULT: Final = "language_model.safetensors"
COMPACT_BYTES: Final = 12_000_000
"""Largest file of tuned weights that the repository takes, of `compact`; others go nowhere."""
_SPEED = frozenset({"accumulation", "save_memory", "checkpoint_every"})
"""Settings that change nothing of what is learned."""


@dataclass(frozen=True)
class TuningConfig:
    """One run.

    Parameters
    ----------
    align, tune
        Stages S3a and S3b.
    rank, scaling
        Of LoRA.
    tokens
        Soft tokens per view, k.
    seed
        Of the first weights.
    save_memory
        Compute inner values again on the way back: slower, and a language model of nine billion
        weights fits on one GPU.
    """

    align: StageConfig
    tune: StageConfig
    rank: int = 8
    scaling: float = 2.0
    tokens: int = 1
    seed: int = 0
    save_memory: bool = False


def tune(
    base: Base,
    exams: Exams,
    config: TuningConfig,
    out: Path,
    accelerator: Accelerator,
    *,
    most: int | None = None,
) -> Path:
    """Run both stages and write the tuned weights; of several processes the first one writes.

    Parameters
    ----------
    base
        Changed in place: LoRA pairs are put on it.
    out
        The run folder; gets ``config.json``, ``loss.csv``, ``loss.png`` and `RESULT`.
    most
        Bytes that the tuned weights may take; None: any.

    Returns
    -------
    Path
        The file of tuned weights.

    Raises
    ------
    ValueError
        Before any training: where the weights would be too large, or the processes cannot share a
        batch.
    """
    size = exams.training[0].embeddings.shape[1]
    if most is not None:
        refuse_too_large(base.causal_lm, config.rank, size, config.tokens, most)
    if accelerator.is_main_process:
        out.mkdir(parents=True, exist_ok=True)
        told = asdict(config) | {"precision": accelerator.mixed_precision}
        (out / "config.json").write_text(json.dumps(told, indent=1))
    torch.manual_seed(config.seed)
    words = word_embeddings_of(base.causal_lm)
    lift = Lift(size, words.embedding_dim, config.tokens)
    lift.start_from(words.weight)
    if config.save_memory:
        base.causal_lm.activation_checkpointing_enable({"use_reentrant": False})
        base.causal_lm.train()  # inner values are computed again in training mode only
    loss = AnswerLoss(base.causal_lm, lift)
    batches = ExplanationBatches(exams.training, ENGLISH, base.tokenizer, config.tokens)
    made_of = _made_of(base, exams, config, accelerator.mixed_precision)
    run = _Run(batches, out, accelerator, made_of)
    _stage(loss, config.align, run)
    lora = with_lora(base.causal_lm, config.rank, config.scaling)
    _stage(loss, config.tune, run)
    tuning = Tuning(
        lift.linear.weight, lift.linear.bias, lora_tensors(lora), config.scaling, base.sha256
    )
    if accelerator.is_main_process:
        save_tuning(tuning, out / RESULT, _told(base, exams, config))
        LossCurves(out).plot(
            out / "loss.png", ("S3a", "S3b"), across="step", up="cross-entropy per answer token"
        )
    accelerator.wait_for_everyone()
    return out / RESULT


@dataclass(frozen=True)
class _Run:
    """What both stages share."""

    batches: ExplanationBatches
    out: Path
    accelerator: Accelerator
    made_of: str


def _stage(loss: AnswerLoss, config: StageConfig, run: _Run) -> None:
    checkpoint = run.out / f"{config.stage}.safetensors"
    place = StagePlace(checkpoint, run.accelerator, made_of=run.made_of)
    if not run.accelerator.is_main_process:
        train_stage(loss, run.batches, config, place)
        return
    with _log(run.out, config) as place.progress:
        train_stage(loss, run.batches, config, place)


def _told(base: Base, exams: Exams, config: TuningConfig) -> dict[str, str]:
    return {
        "base": base.name,
        "trained_on": exams.trained_on,
        "exams": str(len(exams.training)),
        "config": json.dumps(asdict(config)),
    }


def _made_of(base: Base, exams: Exams, config: TuningConfig, precision: str) -> str:
    """Hash base, exams and settings, so that only the same run goes on from a checkpoint."""
    seen = [
        (sha256(exam.embeddings.tobytes()).hexdigest(), exam.density, exam.scores)
        for exam in exams.training
    ]
    settings = without(asdict(config), _SPEED) | {"precision": precision}
    return hash_of(
        {"base": base.sha256, "from": exams.trained_on, "exams": seen, "config": settings}
    )


@contextmanager
def _log(out: Path, config: StageConfig) -> Iterator[Callable[[int, float], None]]:
    """Show progress and append every step's loss to ``loss.csv``."""
    curves = LossCurves(out)
    with Progress() as bar:
        task = bar.add_task(config.stage, total=config.steps)

        def note(step: int, loss: float) -> None:
            curves.note(config.stage, step, loss)
            bar.update(task, completed=step, description=f"{config.stage} loss {loss:.3f}")

        yield note


@click.command()
@click.option("--embeddings", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Run folder.")
@click.option("--base", "folder", type=click.Path(path_type=Path), help="Default: SmolLM2.")
@click.option("--align-steps", default=30, show_default=True, help="Steps of stage S3a.")
@click.option("--steps", default=500, show_default=True, help="Steps of stage S3b.")
@click.option("--batch", default=8, show_default=True, help="Pairs a step, of all processes.")
@click.option("--accumulation", default=1, show_default=True, help="Parts of a process's pairs.")
@click.option("--save-memory", is_flag=True, help="Slower; for large language models.")
@click.option("--rank", default=8, show_default=True, help="Rank of the LoRA pairs.")
@click.option("--seed", default=0, show_default=True)
@click.option(
    "--precision",
    type=click.Choice(["auto", "no", "bf16"]),
    default="auto",
    show_default=True,
    help="auto: bf16 where the device multiplies it.",
)
@click.option(
    "--texts",
    type=click.IntRange(0),
    default=30,
    show_default=True,
    help="Texts to evaluate; 0: no evaluation.",
)
@click.option(
    "--answers",
    type=click.IntRange(0),
    default=60,
    show_default=True,
    help="Questions to ask in evaluation.",
)
@click.option(
    "--weights",
    "weights_folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of weights in whose card the tuned part is entered.",
)
def main(
    *,
    embeddings: Path,
    out: Path,
    folder: Path | None,
    align_steps: int,
    steps: int,
    batch: int,
    accumulation: int,
    save_memory: bool,
    rank: int,
    seed: int,
    precision: str,
    texts: int,
    answers: int,
    weights_folder: Path | None,
) -> None:
    """Tune the language model on UMiCon's embeddings and evaluate it on women kept back.

    Several GPUs: start it with ``accelerate launch -m mammovlm.training.tune_language_model``.
    """
    arithmetic = chosen_precision(precision, PartialState().device)
    accelerator = Accelerator(mixed_precision=arithmetic)  # first: it knows this process's GPU
    exams, sizes = read_exams(embeddings), (batch, accumulation)
    config = TuningConfig(
        align=StageConfig("S3a", align_steps, *sizes, seed=seed),
        tune=StageConfig("S3b", steps, *sizes, seed=seed),
        rank=rank,
        seed=seed,
        save_memory=save_memory,
    )
    weights = _tuned(folder, exams, config, out, accelerator)
    if not accelerator.is_main_process:
        return
    click.echo(f"{weights}  SHA-256 {file_sha256(weights)}")
    if weights_folder:
        enter_weights(weights_folder, {"language_model": weights}, exams.trained_on)
    if texts:
        measured = evaluate(_base(folder, accelerator), weights, exams, texts, answers)
        told = json.dumps(measured, indent=1)
        (out / "evaluation.json").write_text(told)
        click.echo(told)


def _tuned(
    folder: Path | None, exams: Exams, config: TuningConfig, out: Path, accelerator: Accelerator
) -> Path:
    most = None if folder else COMPACT_BYTES
    try:
        return tune(_base(folder, accelerator), exams, config, out, accelerator, most=most)
    except ValueError as failure:
        raise click.ClickException(str(failure)) from failure


def _base(folder: Path | None, accelerator: Accelerator) -> Base:
    compute = ComputeDevice(accelerator.device)
    if folder is None:
        return compact_base(Settings().cache_dir, compute=compute)
    return folder_base(folder, compute)


if __name__ == "__main__":
    main()
