"""``mammovlm bench-model``: measure the model on whatever device is there; writes a dated page."""

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mammovlm.cli.model_bench.machine import load_average, this_machine
from mammovlm.cli.model_bench.measures import Amount, Measured, Told, count_of_steps, measure
from mammovlm.cli.model_bench.reading_rate import write_exams
from mammovlm.cli.model_bench.subject import Subject, random_subject, shipped
from mammovlm.cli.model_bench.table import Run, now, page
from mammovlm.errors import DeviceUnusable, WeightsUnusable
from mammovlm.model.device import ComputeDevice, compute_device
from mammovlm.settings import Settings

_console = Console(stderr=True)
_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
)
_FULL = Amount(repeats=5, batches=(2, 4, 8), readers=1, reading_s=20.0, prompt=384, answer=150)
_TINY = Amount(
    repeats=1,
    batches=(2,),
    readers=1,
    reading_s=1.0,
    prompt=16,
    answer=6,
    memory_block=2**22,
    as_on_gpu=True,
)


@click.command()
@click.option(
    "--preset",
    "presets",
    type=click.Choice(["compact", "paper"]),
    multiple=True,
    default=["compact", "paper"],
    show_default=True,
    help="compact: the shipped weights. paper: its sizes with random weights, for timing only.",
)
@click.option("--tiny", is_flag=True, help="Networks and amounts of a size for tests.")
@click.option("--repeats", type=click.IntRange(1), help="Of every measurement; default: 5.")
@click.option(
    "--batch",
    "batches",
    type=click.IntRange(1),
    multiple=True,
    help="Studies at once, beside one alone; default: 2, 4, 8; 1: none beside it.",
)
@click.option(
    "--words/--no-words",
    default=True,
    show_default=True,
    help="Whether to measure the paper's language model, if it fits.",
)
@click.option(
    "--readers",
    type=click.IntRange(1),
    help="Processes that decode; default: one a core; beside a model on the cores half of it.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("docs/bench"),
    show_default=True,
    help="Folder for <date>-<device>-<presets>.md and .json.",
)
def bench_model(
    *,
    presets: Sequence[str],
    tiny: bool,
    repeats: int | None,
    batches: Sequence[int],
    words: bool,
    readers: int | None,
    out: Path,
) -> None:
    """Measure the model: seconds a study, each stage, tokens a second, memory, reading, cold start.

    Absolute times hold for this machine and what else it does. The settings choose device and
    precision (MAMMOVLM_DEVICE, MAMMOVLM_PRECISION).
    """
    settings = Settings(preset="compact")
    try:
        compute = compute_device(settings)
        amount = _TINY if tiny else _full(compute)
        amount = replace(
            amount, repeats=repeats or amount.repeats, readers=readers or amount.readers
        )
        if batches:
            amount = replace(amount, batches=tuple(count for count in batches if count > 1))
        names = ["tiny"] if tiny else list(presets)
        run = _run(names, settings, compute, amount, words=words)
    except (DeviceUnusable, WeightsUnusable) as failure:
        raise click.ClickException(str(failure)) from failure
    except torch.OutOfMemoryError as failure:
        raise click.ClickException(
            "The GPU's memory does not suffice; measure smaller batches with --batch 2."
        ) from failure
    click.echo(f"The page is {_written(run, out)}.")


def _full(compute: ComputeDevice) -> Amount:
    return replace(_FULL, readers=_readers(compute), as_on_gpu=compute.is_cuda)


def _readers(compute: ComputeDevice) -> int:
    """Give every core a reader, or half of them where the model needs the cores too."""
    cores = len(os.sched_getaffinity(0))
    return cores if compute.is_cuda else max(1, cores // 2)


def _run(
    names: Sequence[str],
    settings: Settings,
    compute: ComputeDevice,
    amount: Amount,
    *,
    words: bool,
) -> Run:
    machine, begun, load = this_machine(compute), now(), load_average()
    measured = []
    with tempfile.TemporaryDirectory() as folder, Progress(*_COLUMNS, console=_console) as bars:
        with _shown(bars, "writing an exam", 1) as told:
            told("writing an exam")
            exams = write_exams(Path(folder), small=names == ["tiny"])
        work = _Work(exams, amount, bars, words)
        for name in names:
            measured.append(_measured(name, settings, compute, work))
    return Run(machine, begun, load, load_average(), amount, tuple(names), measured)


@dataclass(frozen=True)
class _Work:
    exams: dict[str, Sequence[Path]]
    amount: Amount
    bars: Progress
    words: bool


def _measured(
    name: str,
    settings: Settings,
    compute: ComputeDevice,
    work: "_Work",
) -> Measured:
    subject = _subject(name, settings, compute, words=work.words)
    exams, amount, bars = work.exams, work.amount, work.bars
    with _shown(bars, name, count_of_steps(subject, amount, len(exams))) as told:
        return measure(subject, exams, amount, told)


def _subject(name: str, settings: Settings, compute: ComputeDevice, *, words: bool) -> Subject:
    if name == "compact":
        return shipped(settings, compute)
    return random_subject("true" if name == "paper" else "tiny", compute, words=words)


@contextmanager
def _shown(bars: Progress, name: str, total: int) -> Iterator[Told]:
    """Show what is being measured, and count what is done."""
    task, begun = bars.add_task(name, total=total), [False]

    def told(what: str) -> None:
        bars.update(task, description=f"{name}: {what}", advance=int(begun[0]))
        begun[0] = True

    yield told
    bars.update(task, completed=total, description=name)


def _written(run: Run, out: Path) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{run.begun:%Y-%m-%d}-{run.machine.slug}-{'-'.join(run.names)}.md"
    path.write_text(page(run), encoding="utf-8")
    path.with_suffix(".json").write_text(
        json.dumps(asdict(run), indent=1, default=str) + "\n", encoding="utf-8"
    )
    return path
