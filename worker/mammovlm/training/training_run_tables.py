"""The tables of a training run in an evaluation: what only training anew can measure."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLES, NUMBERS = "tables.md", "metrics.json"


@dataclass(frozen=True)
class TrainingRun:
    """What `mammovlm.training.train_compact` left in its folder ``run``.

    Parameters
    ----------
    tables
        Markdown: ablation (paper, table 8), settings, routes, and held-out phantoms.
    numbers
        The same for programs.
    """

    tables: str
    numbers: dict[str, Any]

    def lines(self) -> Iterator[str]:
        """Give a section of an evaluation's report."""
        yield ""
        yield "## The training run that was named for these weights"
        yield ""
        yield "Measured by the run itself, on phantoms and films of its own."
        yield ""
        yield from re.sub("^#+ ", "### ", self.tables, flags=re.MULTILINE).splitlines()


def read_training_run(folder: Path) -> TrainingRun:
    """Read a run's tables.

    Raises
    ------
    FileNotFoundError
        Where the folder is none of a finished run.
    """
    numbers = json.loads((folder / NUMBERS).read_text(encoding="utf-8"))
    return TrainingRun((folder / TABLES).read_text(encoding="utf-8"), numbers)
