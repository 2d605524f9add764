"""The measurements as a dated page for docs: every line of random weights says that they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mammovlm.cli.model_bench.language import WordsMeasured
from mammovlm.cli.model_bench.machine import Machine
from mammovlm.cli.model_bench.measures import Amount, Measured
from mammovlm.cli.model_bench.timing import Spread
from mammovlm.cli.model_bench.vision import VisionMeasured

_HEAD = ("", "| measure | median | lowest – highest | unit |", "|---|---|---|---|")


@dataclass(frozen=True)
class Run:
    """One run of the command.

    Parameters
    ----------
    machine
        Where.
    begun
        When, in UTC.
    load_before, load_after
        Load averages of the last minute.
    amount
        How much was measured.
    names
        Of the models, for the file's name.
    measured
        By model.
    """

    machine: Machine
    begun: datetime
    load_before: float
    load_after: float
    amount: Amount
    names: Sequence[str]
    measured: Sequence[Measured]


def now() -> datetime:
    """Give the time as tables show it."""
    return datetime.now(UTC).replace(microsecond=0)


def page(run: Run) -> str:
    """Write the page."""
    lines = [*_top(run)]
    for measured in run.measured:
        lines += ["", f"## {measured.label}", *_of_one(measured, run.amount)]
    return "\n".join(lines) + "\n"


def _top(run: Run) -> Iterator[str]:
    machine, amount = run.machine, run.amount
    yield f"# The model on {machine.device}, {run.begun:%Y-%m-%d}"
    yield ""
    yield (
        f"Measured by `make bench-model` at {run.begun:%H:%M} UTC: {machine.cores} cores, "
        f"{machine.memory_gib} GiB, torch {machine.torch}, encoders in {machine.precision}. "
        f"Medians of {amount.repeats} repeats after a warm-up; a study has four views "
        "(CBIS-DDSM, films of about 4500×2870 pixels)."
    )
    yield ""
    yield (
        f"Load average: {run.load_before:.1f} when it began, {run.load_after:.1f} when it ended. "
        "What it was at the beginning is other work on this machine, and makes every time longer "
        "than it is on a quiet one. Ratios are taken within this run."
    )


def _of_one(measured: Measured, amount: Amount) -> Iterator[str]:
    if measured.left_out:
        yield ""
        yield f"Of {measured.label} {measured.left_out}."
    yield from _HEAD
    for vision in measured.vision:
        yield from _studies(measured, vision)
    yield from _decoding(measured)
    yield from _memory_and_start(measured)
    yield from _reading(measured, amount)
    yield from _stages(measured)


def _studies(measured: Measured, vision: VisionMeasured) -> Iterator[str]:
    shown = f"{measured.label}, study shown to {vision.expert}"
    prepare, alone = vision.prepare, _plus(vision.prepare, vision.assessed)
    yield _row(f"{shown}: no explanation, batch 1", alone, "s/study")
    if measured.first is not None:
        worded = _plus(alone, measured.first.explained)
        yield _row(f"{shown}: with the worker's drafted explanation, batch 1", worded, "s/study")
    answered = {each.studies: each.answered for each in measured.words if each.width == 1}
    told = f"an explanation of {measured.words[0].answer} tokens" if measured.words else ""
    if 1 in answered:
        yield _row(f"{shown}: with {told}, batch 1", _plus(alone, answered[1]), "s/study")
    for count, together in vision.together.items():
        each = together.per(count)
        yield _row(f"{shown}: no explanation, batch {count}", _plus(prepare, each), "s/study")
        yield _row(f"{shown}: networks alone, batch {count}", _rate(count, together), "studies/s")
        if count in answered:
            words = _plus(_plus(prepare, each), answered[count].per(count))
            yield _row(f"{shown}: with {told}, batch {count}", words, "s/study")
            both = _rate(count, _plus(together, answered[count]))
            yield _row(f"{shown}: networks and {told}, batch {count}", both, "studies/s")


def _decoding(measured: Measured) -> Iterator[str]:
    widths = measured.bandwidth
    for name, spread in (("copy", widths.copy), ("triad", widths.triad), ("read", widths.read)):
        yield _row(f"memory bandwidth, {name}", spread.per(1e9), "GB/s")
    for words in measured.words:
        wide = "" if words.width == 1 else f", {words.width} wide as the worker on a GPU"
        shown = f"{measured.label}, {words.studies} at once{wide}"
        yield _row(f"{shown}: prompt of {words.prompt} tokens read", words.prefill, "s")
        yield _row(f"{shown}: the other {words.answer - 1} tokens", words.decoding, "s")
        rate = _rate(words.studies * (words.answer - 1), words.decoding)
        yield _row(f"{shown}: decoding, {_drafts(words)}", rate, "tokens/s")
        share = rate.median / words.studies / measured.limit
        yield (
            f"| {shown}: share of the limit of {measured.limit:.1f} passes/s "
            f"({measured.token_bytes / 1e9:.3f} GB of weights a pass at "
            f"{measured.bandwidth.limit / 1e9:.1f} GB/s) | {100 * share:.0f} | | % |"
        )


def _drafts(words: WordsMeasured) -> str:
    return "without drafts" if words.width == 1 else "no draft right"


def _memory_and_start(measured: Measured) -> Iterator[str]:
    yield _plain(f"{measured.label}: peak memory, whole measurement", measured.resident_gib, "GiB")
    if measured.device_gib:
        yield _plain(f"{measured.label}: peak memory on the GPU", measured.device_gib, "GiB")
    first = measured.first
    if first is None:
        yield f"| {measured.label}: cold start | not measured: {measured.no_first} | | |"
        return
    label = measured.label
    yield _row(f"{label}: cold start, process start to first answer", first.seconds, "s")
    yield _row(f"{label}: explanation as the worker makes it, drafted", first.explained, "s")
    yield _plain(f"{label}: peak memory of that process", first.resident_gib, "GiB")
    if first.device_gib:
        yield _plain(f"{label}: its peak memory on the GPU", first.device_gib, "GiB")


def _reading(measured: Measured, amount: Amount) -> Iterator[str]:
    yield ""
    worded = f" and writes {amount.answer} tokens a study" if measured.reads_beside_words else ""
    yield (
        f"Decoding and preparing in {amount.readers} processes, alone and while the model "
        f"assesses{worded} (both at once share the processor's cores):"
    )
    yield ""
    yield "| model | files | read alone | read | assessed | with decoding | bottleneck |"
    yield "|---|---|---|---|---|---|---|"
    for each in measured.reading:
        rates = (each.alone, each.read, each.assessed, each.together)
        told = " | ".join(f"{rate:.2f}/s" for rate in rates)
        yield f"| {measured.label} | {each.syntax} | {told} | {each.bottleneck} |"


def _stages(measured: Measured) -> Iterator[str]:
    yield ""
    yield "Stages of one study, batch 1 (each waited for, so their sum is a little more):"
    yield ""
    yield f"| stage, seconds | {' | '.join(each.expert for each in measured.vision)} |"
    yield f"|---|{'---|' * len(measured.vision)}"
    for stage in measured.vision[0].stages:
        told = " | ".join(f"{each.stages[stage]:.3f}" for each in measured.vision)
        yield f"| {measured.label}: {stage} | {told} |"


def _row(name: str, spread: Spread, unit: str) -> str:
    middle, low, high = (_number(each) for each in (spread.median, spread.low, spread.high))
    return f"| {name} | {middle} | {low} – {high} | {unit} |"


def _plain(name: str, value: float, unit: str) -> str:
    return f"| {name} | {_number(value)} | | {unit} |"


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _plus(one: Spread, other: Spread) -> Spread:
    """Add two parts of a way, measured one after the other."""
    repeats = min(one.repeats, other.repeats)
    return Spread(one.median + other.median, one.low + other.low, one.high + other.high, repeats)


def _rate(count: float, seconds: Spread) -> Spread:
    return Spread(
        count / seconds.median, count / seconds.high, count / seconds.low, seconds.repeats
    )
