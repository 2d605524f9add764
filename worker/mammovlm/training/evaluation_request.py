"""What is asked of an evaluation: which exams, how thoroughly, and where the result goes."""

from dataclasses import dataclass
from pathlib import Path

from mammovlm.settings import Settings
from mammovlm.training.study_evaluation_sources import ExamSource


@dataclass(frozen=True)
class Evaluation:
    """What to measure, and where the result goes.

    Parameters
    ----------
    settings
        The limits and the threshold that the worker has.
    source
        Labelled exams; None for films alone.
    are_phantoms
        Whether none of the exams is real.
    mini_mias
        Folder of mini-MIAS films; None without.
    out
        Gets evaluation.md, results.csv, metrics.json, the plots, and the journals from which a
        later call goes on.
    draws
        Of the bootstrap over patients.
    every_expert
        Whether all experts look at every study, not only the one that its density picks.
    texts
        How many texts the language model shall write of the exams; 0: none.
    training_run
        Folder ``run`` of the training that made the weights, whose own tables (ablation, a linear
        map in UMiCon's place, routes) the report shall hold; None without.
    """

    settings: Settings
    source: ExamSource | None
    are_phantoms: bool
    mini_mias: Path | None
    out: Path
    draws: int = 2000
    every_expert: bool = False
    texts: int = 0
    training_run: Path | None = None
