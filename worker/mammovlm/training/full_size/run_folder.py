"""The run folder of a stage at full size: its settings, and the curves of its loss with plots."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import torch

from mammovlm.training.full_size.plan import FullStage, StagePlan
from mammovlm.training.full_size.stage_run import FirstWeights
from mammovlm.training.full_size.steps import FullSizePlace
from mammovlm.training.loss_curves import LossCurves


@contextmanager
def run_folder(
    folder: Path,
    stage: FullStage,
    plan: StagePlan,
    place: FullSizePlace,
    first: FirstWeights,
    *,
    exams: int,
) -> Iterator[None]:
    """Keep ``config.json`` and ``loss.csv`` while a stage runs, and plot the curves after it.

    The first process writes; the others keep nothing. A run that is stopped leaves its curves and
    plots too.

    Parameters
    ----------
    folder
        Made where it is not there; a run that goes on adds to its curves.
    place
        Is given the curves to tell.
    exams
        Number of exams that the stage learns from.
    """
    if not place.accelerator.is_main_process:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "stage": stage,
        **asdict(plan),
        "processes": place.accelerator.num_processes,
        "device": str(place.accelerator.device.type),
        "exams": exams,
        "first": {name: str(path) if path else None for name, path in asdict(first).items()},
        "torch": torch.__version__,
    }
    (folder / "config.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    curves = LossCurves(folder)
    place.curve = curves.note
    try:
        yield
    finally:
        curves.plot(folder / "loss.png", (stage,), across="step", up="loss of the batch")
        spread = f"{stage} spread"
        curves.plot(folder / "spread.png", (spread,), across="step", up="distance of patients")
