"""All measurements of one model, in an order in which none disturbs the next."""

import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from mammovlm.cli.model_bench.bandwidth import Bandwidth, bytes_per_token, measure_bandwidth
from mammovlm.cli.model_bench.first_answer import FirstAnswer, measure_first_answer
from mammovlm.cli.model_bench.language import WordsMeasured, measure_words
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
    """

    repeats: int
    batches: Sequence[int]
    readers: int
    reading_s: float
    prompt: int
    answer: int
    memory_block: int | None = None


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
        By number of studies; none where the language model was left out.
    token_bytes
        Weights that a token reads; 0 without language model.
    bandwidth
        Of the device's memory.
    reading
        By transfer syntax.
    first
        Cold start; None for random weights, which are not read from files.
    resident_gib, device_gib
        Peaks of the measuring process, largest batch included.
    """

    label: str
    left_out: str
    vision: Sequence[VisionMeasured]
    words: Sequence[WordsMeasured]
    token_bytes: int
    bandwidth: Bandwidth
    reading: Sequence[ReadingMeasured]
    first: FirstAnswer | None
    resident_gib: float
    device_gib: float

    @property
    def limit(self) -> float:
        """Tokens a second, of one study, at which the bandwidth is used up."""
        return self.bandwidth.limit / self.token_bytes


def count_of_steps(subject: Subject, amount: Amount, syntaxes: int) -> int:
    """Count what `measure` will announce."""
    words = len(amount.batches) + 1 if subject.causal_lm is not None else 0
    return 1 + len(experts_to_measure(subject)) + words + syntaxes + (not subject.is_random)


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
    bandwidth = measure_bandwidth(subject.compute.device, size=amount.memory_block)
    vision = _vision(subject, next(iter(exams.values())), amount, told)
    words = _words(subject, amount, told)
    reading = _reading(subject, exams, amount, vision, told)
    first = None
    if not subject.is_random:
        told("cold start")
        first = measure_first_answer(next(iter(exams.values())), amount.repeats)
    cuda = subject.compute.is_cuda
    return Measured(
        label=subject.label,
        left_out=subject.left_out,
        vision=vision,
        words=words,
        token_bytes=bytes_per_token(subject.causal_lm) if subject.causal_lm is not None else 0,
        bandwidth=bandwidth,
        reading=reading,
        first=first,
        resident_gib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        device_gib=torch.cuda.max_memory_allocated() / 2**30 if cuda else 0.0,
    )


def _vision(
    subject: Subject, paths: Sequence[Path], amount: Amount, told: Told
) -> list[VisionMeasured]:
    study, found = read_exam(paths), []
    for expert in experts_to_measure(subject):
        told(f"a study shown to {subject.preset.experts[expert].label}")
        found.append(measure_vision(subject, expert, study, amount.batches, amount.repeats))
    return found


def _words(subject: Subject, amount: Amount, told: Told) -> list[WordsMeasured]:
    if subject.causal_lm is None:
        return []
    found = []
    for studies in (1, *amount.batches):
        told(f"words for {studies} at once")
        found.append(
            measure_words(subject.causal_lm, studies, amount.repeats, amount.prompt, amount.answer)
        )
    return found


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
    count = max(amount.batches, default=1) if subject.compute.is_cuda else 1

    def assess() -> int:
        return len(model.assess_together([given] * count))

    found = []
    for syntax, paths in exams.items():
        told(f"reading {syntax}")
        readers = Readers(paths, subject.preset.height, subject.preset.width, amount.readers)
        found.append(measure_reading(syntax, readers, amount.reading_s, assess))
    return found
