"""``python -m mammovlm.training.dry_run``: a few steps of a stage on noise, at true or tiny size.

Says whether a stage fits on a device, with how much memory and in how many seconds a step. Several
GPUs: ``accelerate launch -m mammovlm.training.dry_run --stage S2``. No weights are read or kept.
"""

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import cast

import click
import torch
from accelerate import Accelerator
from rich.console import Console
from rich.progress import Progress

from mammovlm.model.peak_memory import begin_peaks, device_peak_gib, resident_peak_gib
from mammovlm.training.full_size.plan import FullStage, Precision, StagePlan
from mammovlm.training.full_size.random_pairs import RandomPairs
from mammovlm.training.full_size.random_start import (
    random_exams,
    random_language_model,
    random_vision,
)
from mammovlm.training.full_size.sizes import SizeName, Sizes, sizes_of
from mammovlm.training.full_size.steps import (
    READERS,
    FullSizePlace,
    new_accelerator,
    train_full_size,
)
from mammovlm.training.language_model_stage import StageConfig, StagePlace, train_stage

STAGES: tuple[FullStage, ...] = ("S0", "S1", "S2", "S3")
_console = Console(stderr=True)


@dataclass(frozen=True)
class DryRun:
    """What a dry run measured.

    Parameters
    ----------
    stage, size, device, processes
        What ran where.
    batch, at_once, precision
        Of all processes together; worked through in such parts; see `StagePlan`.
    seconds
        Of each step.
    memory_gib
        Peak of this process in this stage: on a GPU what torch held there, else its resident
        memory, with what a stage before it in the same process has left there.
    losses
        Of each step's whole batch.
    """

    stage: str
    size: str
    device: str
    processes: int
    batch: int
    at_once: int
    precision: str
    seconds: tuple[float, ...]
    memory_gib: float
    losses: tuple[float, ...]

    @property
    def seconds_a_step(self) -> float:
        """Median without the first step, which warms up."""
        return median(self.seconds[1:] or self.seconds)

    def __str__(self) -> str:
        parts = f"{self.batch} a step, {self.processes} processes, {self.at_once} at once"
        return (
            f"{self.stage}, {self.size} size, random weights and data, {self.device}: {parts}, "
            f"{self.precision}: {self.seconds_a_step:.2f} s a step, {self.memory_gib:.2f} GiB, "
            f"loss {self.losses[0]:.4f} → {self.losses[-1]:.4f}"
        )


def dry_run(
    stage: FullStage,
    size: SizeName,
    plan: StagePlan,
    steps: int,
    accelerator: Accelerator,
    *,
    told: Callable[[int, float], None] = lambda step, loss: None,
) -> DryRun:
    """Take a few steps of one stage on noise.

    Parameters
    ----------
    plan
        Batch and parts to try, precision and rate.
    told
        Told every step and its loss.
    """
    torch.manual_seed(0)
    sizes, cuda = sizes_of(size), accelerator.device.type == "cuda"
    accelerator.free_memory()
    begin_peaks(accelerator.device)
    seconds: list[float] = []
    losses: list[float] = []
    train = (_language_model if stage == "S3" else _vision)(stage, sizes, plan, steps, accelerator)
    begun = time.perf_counter()

    def note(step: int, loss: float) -> None:  # reading the loss has waited for the GPU
        seconds.append(time.perf_counter() - begun - sum(seconds))
        losses.append(loss)
        told(step, loss)

    train(note)
    name = torch.cuda.get_device_name() if cuda else "CPU"
    return DryRun(
        stage=stage,
        size=size,
        device=name,
        processes=accelerator.num_processes,
        batch=plan.batch,
        at_once=plan.at_once,
        precision=plan.precision,
        seconds=tuple(seconds),
        memory_gib=device_peak_gib(accelerator.device) if cuda else resident_peak_gib(),
        losses=tuple(losses),
    )


_Told = Callable[[int, float], None]
_Train = Callable[[_Told], None]


def _vision(
    stage: FullStage, sizes: Sizes, plan: StagePlan, steps: int, accelerator: Accelerator
) -> _Train:
    loss = random_vision(stage, sizes, plan)
    readers = READERS if accelerator.device.type == "cuda" else 0

    def train(told: _Told) -> None:
        place = FullSizePlace(accelerator, readers=readers, progress=told)
        train_full_size(loss, random_exams(stage, sizes), plan, steps, place)

    return train


def _language_model(
    stage: FullStage,
    sizes: Sizes,
    plan: StagePlan,
    steps: int,
    accelerator: Accelerator,
) -> _Train:
    half = plan.precision == "bf16"
    dtype = torch.bfloat16 if half else torch.float32
    loss = random_language_model(sizes, accelerator.device, dtype)
    pairs = RandomPairs(
        sizes.language_model.vocab_size,
        sizes.prompt_tokens,
        sizes.answer_tokens,
        sizes.preset.umicon.size,
    )
    parts = max(1, -(-plan.batch // (accelerator.num_processes * plan.at_once)))
    config = StageConfig(
        "S3b", steps, plan.batch, parts, lora_rate=plan.rate, checkpoint_every=steps + 1
    )

    def train(told: _Told) -> None:
        with tempfile.TemporaryDirectory() as kept:
            place = StagePlace(Path(kept) / "S3b.safetensors", accelerator, told)
            train_stage(loss, pairs, config, place)

    return train


@click.command()
@click.option("--stage", type=click.Choice([*STAGES, "all"]), default="all", show_default=True)
@click.option("--size", type=click.Choice(["true", "tiny"]), default="true", show_default=True)
@click.option("--steps", type=click.IntRange(1), default=4, show_default=True)
@click.option("--batch", type=click.IntRange(1), help="Samples a step; default: the paper's.")
@click.option("--at-once", type=click.IntRange(1), help="Samples a process works on at once.")
@click.option("--precision", type=click.Choice(["no", "bf16"]), help="Default: the stage's.")
@click.option("--cpu", is_flag=True, help="Leave a GPU aside.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write figures there.")
def main(
    *,
    stage: str,
    size: str,
    steps: int,
    batch: int | None,
    at_once: int | None,
    precision: Precision | None,
    cpu: bool,
    json_path: Path | None,
) -> None:
    """Take a few steps of training at full size on noise; say memory and seconds a step."""
    asked = {"batch": batch, "at_once": at_once, "precision": precision}
    changes = {name: value for name, value in asked.items() if value is not None}
    runs = []
    for each in STAGES if stage == "all" else [cast("FullStage", stage)]:
        named = cast("SizeName", size)
        plan: StagePlan = replace(sizes_of(named).plans[each], **changes)  # type: ignore[arg-type]
        accelerator = new_accelerator(plan.precision, cpu=cpu)
        runs.append(_shown(each, named, plan, steps, accelerator))
        if accelerator.is_main_process:
            click.echo(str(runs[-1]))
    if json_path and accelerator.is_main_process:
        json_path.write_text(json.dumps([asdict(run) for run in runs], indent=1) + "\n")
    accelerator.end_training()


def _shown(
    stage: FullStage, size: SizeName, plan: StagePlan, steps: int, accelerator: Accelerator
) -> DryRun:
    with Progress(console=_console, disable=not accelerator.is_main_process) as bar:
        task = bar.add_task(f"{stage}, {size} size", total=steps)
        try:
            return dry_run(
                stage,
                size,
                plan,
                steps,
                accelerator,
                told=lambda step, _: bar.update(task, completed=step),
            )
        except (torch.OutOfMemoryError, ValueError) as failure:
            raise click.ClickException(_advice(stage, plan, failure)) from failure


def _advice(stage: FullStage, plan: StagePlan, failure: Exception) -> str:
    if isinstance(failure, ValueError):
        return f"{stage}: {failure}"
    return (
        f"{stage} does not fit into this GPU's memory with {plan.at_once} samples at once: "
        "choose fewer with --at-once. The batch, and what is learned, stay the same."
    )


if __name__ == "__main__":
    main()
