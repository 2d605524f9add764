"""All measurements of one model, in an order in which none disturbs the next."""

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mammovlm.cli.model_bench.bandwidth import Bandwidth, bytes_per_token, measure_bandwidth
from mammovlm.cli.model_bench.first_answer import FirstAnswer, measure_first_answer
from mammovlm.cli.model_bench.language import (
    WORKER_WIDTH,
    WordsMeasured,
    answering,
    measure_words,
)
from mammovlm.cli.model_bench.random_folder import why_not_written, write_random_folder
from mammovlm.cli.model_bench.reading_rate import (
    Readers,
    ReadingMeasured,
    measure_reading,
    read_exam,
)
from mammovlm.cli.model_bench.subject import Subject
from mammovlm.cli.model_bench.vision import (
    VisionMeasured,
    experts_to_measure,
    measure_vision,
)
from mammovlm.model.model_input import prepared
from mammovlm.model.peak_memory import begin_peaks, device_peak_gib, resident_peak_gib

Told = Callable[[str], None]


@dataclass(frozen=True)
class Amount:
    """How much is measured.

    Parameters
    ----------
    repeats
        Of every measurement.
    batches
        Numbers of studies that are assessed together.
    readers
        Processes that decode.
    reading_s
        Seconds that they do so.
    prompt, answer
        Tokens.
    memory_block
        Bytes of the tensor that the bandwidth is measured with; None: by device.
    as_on_gpu
        Whether to decode at the worker's width on a GPU too, and with words beside the reading.
    """

    repeats: int
    batches: Sequence[int]
    readers: int
    reading_s: float
    prompt: int
    answer: int
    memory_block: int | None = None
    as_on_gpu: bool = False


@dataclass(frozen=True)
class Measured:
    """What was measured of one model.

    Parameters
    ----------
    label, left_out
        Of the subject.
    vision
        By expert.
    words
        By number of studies and width; none where the language model was left out.
    token_bytes
        Weights that a token reads; 0 without language model.
    bandwidth
        Of the device's memory.
    reading
        By transfer syntax.
    reads_beside_words
        Whether the model worded too while studies were read.
    first
        Cold start; None where it was not measured.
    no_first
        Why it was not; else empty.
    resident_gib, device_gib
        Peaks of the measuring process with this model, largest batch included.
    """

    label: str
    left_out: str
    vision: Sequence[VisionMeasured]
    words: Sequence[WordsMeasured]
    token_bytes: int
    bandwidth: Bandwidth
    reading: Sequence[ReadingMeasured]
    reads_beside_words: bool
    first: FirstAnswer | None
    no_first: str
    resident_gib: float
    device_gib: float

    @property
    def limit(self) -> float:
        """Tokens a second, of one study, at which the bandwidth is used up."""
        return self.bandwidth.limit / self.token_bytes


def count_of_steps(subject: Subject, amount: Amount, syntaxes: int) -> int:
    """Count what `measure` will announce."""
    words = len(_widths(amount)) * (len(amount.batches) + 1)
    words = words if subject.causal_lm is not None else 0
    return 1 + len(experts_to_measure(subject)) + words + syntaxes + 1


def measure(
    subject: Subject, exams: dict[str, Sequence[Path]], amount: Amount, told: Told
) -> Measured:
    """Measure one model.

    Parameters
    ----------
    exams
        Files of one exam by the name of their transfer syntax.
    told
        Told what comes next.
    """
    told("memory bandwidth")
    device = subject.compute.device
    bandwidth = measure_bandwidth(device, size=amount.memory_block)
    begin_peaks(device)
    vision = _vision(subject, next(iter(exams.values())), amount, told)
    words = _words(subject, amount, told)
    reading = _reading(subject, exams, amount, vision, told)
    told("cold start")
    first = _first_answer(subject, next(iter(exams.values())), amount)
    return Measured(
        label=subject.label,
        left_out=subject.left_out,
        vision=vision,
        words=words,
        token_bytes=bytes_per_token(subject.causal_lm) if subject.causal_lm is not None else 0,
        bandwidth=bandwidth,
        reading=reading,
        reads_beside_words=_reads_beside_words(subject, amount),
        first=first if isinstance(first, FirstAnswer) else None,
        no_first=first if isinstance(first, str) else "",
        resident_gib=resident_peak_gib(),
        device_gib=device_peak_gib(device),
    )


def _vision(
    subject: Subject, paths: Sequence[Path], amount: Amount, told: Told
) -> list[VisionMeasured]:
    study, found = read_exam(paths), []
    for expert in experts_to_measure(subject):
        told(f"a study shown to {subject.preset.experts[expert].label}")
        found.append(measure_vision(subject, expert, study, amount.batches, amount.repeats))
    return found


def _first_answer(subject: Subject, paths: Sequence[Path], amount: Amount) -> FirstAnswer | str:
    """Start fresh processes, or tell why not; random weights are written to files for it."""
    preset = {"MAMMOVLM_PRESET": subject.preset.name}
    if not subject.is_random:
        return measure_first_answer(paths, amount.repeats, preset)
    with tempfile.TemporaryDirectory() as kept:
        if refused := why_not_written(subject, Path(kept)):
            return refused
        write_random_folder(subject, Path(kept))
        weights = {"MAMMOVLM_WEIGHTS_DIR": kept}
        try:
            return measure_first_answer(paths, min(amount.repeats, 2), preset | weights)
        except subprocess.CalledProcessError as failed:  # all that was measured before stays
            return f"a fresh process ended with {failed.stderr.strip().splitlines()[-1:]}"


def _words(subject: Subject, amount: Amount, told: Told) -> list[WordsMeasured]:
    if subject.causal_lm is None:
        return []
    found = []
    for width in _widths(amount):
        for studies in (1, *amount.batches):
            told(f"words for {studies} at once, {width} wide")
            found.append(
                measure_words(
                    subject.causal_lm,
                    studies,
                    amount.repeats,
                    prompt=amount.prompt,
                    answer=amount.answer,
                    width=width,
                )
            )
    return found


def _widths(amount: Amount) -> tuple[int, ...]:
    return (1, WORKER_WIDTH) if amount.as_on_gpu else (1,)


def _reads_beside_words(subject: Subject, amount: Amount) -> bool:
    return amount.as_on_gpu and subject.causal_lm is not None


def _reading(
    subject: Subject,
    exams: dict[str, Sequence[Path]],
    amount: Amount,
    vision: Sequence[VisionMeasured],
    told: Told,
) -> list[ReadingMeasured]:
    expert = vision[-1].expert
    model = subject.routed_to(expert)
    given = prepared(read_exam(next(iter(exams.values()))), subject.preset)
    count = max(amount.batches, default=1) if amount.as_on_gpu else 1
    words = None
    if _reads_beside_words(subject, amount):
        words = answering(subject.causal_lm, count, amount.prompt)

    def assess() -> int:
        model.assess_together([given] * count)
        if words is not None:
            words(amount.answer)
        return count

    found = []
    for syntax, paths in exams.items():
        told(f"reading {syntax}")
        readers = Readers(paths, subject.preset.height, subject.preset.width, amount.readers)
        found.append(measure_reading(syntax, readers, amount.reading_s, assess))
    return found
