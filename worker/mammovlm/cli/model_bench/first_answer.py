"""One study in a fresh process, from its start to its words: run as a program, prints figures.

``python -m mammovlm.cli.model_bench.first_answer FOLDER`` with an exam's files in FOLDER.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from mammovlm.cli.model_bench.timing import Spread

_PATIENCE_S = 600


@dataclass(frozen=True)
class FirstAnswer:
    """Cold start and memory.

    Parameters
    ----------
    seconds
        From the start of the process to its first answer: imports, weights, on a GPU the warm-up,
        reading, model, words.
    explained
        Seconds of the words alone, as the worker makes them: drafted, and checked.
    resident_gib, device_gib
        Peak resident memory of the process; peak of torch's memory on a GPU, 0 without one.
    """

    seconds: Spread
    explained: Spread
    resident_gib: float
    device_gib: float


def measure_first_answer(
    paths: Sequence[Path], repeats: int, settings: Mapping[str, str] | None = None
) -> FirstAnswer:
    """Start fresh processes, one after the other; the files are in the system's cache.

    Parameters
    ----------
    paths
        Files of an exam.
    settings
        Variables of their environment beside this process's own.
    """
    seconds, told = [], []
    command = [sys.executable, "-m", __name__, str(paths[0].parent)]
    for _ in range(repeats):
        begun = perf_counter()
        done = subprocess.run(
            command,
            check=True,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            env=os.environ | dict(settings or {}),
        )
        seconds.append(perf_counter() - begun)
        told.append(json.loads(done.stdout.splitlines()[-1]))
    return FirstAnswer(
        seconds=Spread.of(seconds),
        explained=Spread.of([each["explained"] for each in told]),
        resident_gib=max(each["resident_gib"] for each in told),
        device_gib=max(each["device_gib"] for each in told),
    )


def main(folder: Path) -> None:
    """Answer once and print what it took."""
    # imports are part of what is measured
    from mammovlm.cli.model_bench.reading_rate import files, read_exam  # noqa: PLC0415
    from mammovlm.explanation import explain  # noqa: PLC0415
    from mammovlm.model.device import compute_device  # noqa: PLC0415
    from mammovlm.model.peak_memory import device_peak_gib, resident_peak_gib  # noqa: PLC0415
    from mammovlm.model.ready_model import ready_model  # noqa: PLC0415
    from mammovlm.model.write_request import about_views  # noqa: PLC0415
    from mammovlm.settings import Settings  # noqa: PLC0415

    settings = Settings()
    model = ready_model(settings)
    output = model.assess(read_exam(files(folder)))
    slots = [view.slot for view in output.findings.views]
    write = about_views(model.write, output.embeddings, slots)
    begun = perf_counter()
    explain(output.findings, write, settings.language, settings.suspicion_threshold)
    explained = perf_counter() - begun
    figures = {
        "explained": explained,
        "resident_gib": resident_peak_gib(),
        "device_gib": device_peak_gib(compute_device(settings).device),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
