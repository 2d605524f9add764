"""The same ranking on parts of the data: density, vendor, age, views, expert, kind of finding."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from mammovlm.training.evaluation import DRAWS
from mammovlm.training.evaluation_binary import Cases, Ranking, ranking
from mammovlm.training.evaluation_table import BreastRow, category

UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Question:
    """A question that a score answers and that labels know the answer of.

    Parameters
    ----------
    name
        Of the score.
    asked
        In words.
    label, score
        Of one breast; None where the label does not say, or the head is untrained.
    """

    name: str
    asked: str
    label: Callable[[BreastRow], int | None]
    score: Callable[[BreastRow], float | None]

    def cases(self, rows: Sequence[BreastRow]) -> Cases:
        """Gather the breasts of which label and score are known."""
        known = [
            (label, score, row.patient)
            for row in rows
            if (label := self.label(row)) is not None and (score := self.score(row)) is not None
        ]
        return Cases(
            np.array([label for label, _, _ in known], dtype=np.int64),
            np.array([score for _, score, _ in known], dtype=np.float64),
            np.array([patient for _, _, patient in known], dtype=np.int64),
        )


SUSPICION: Final = Question(
    "suspicion",
    "BI-RADS 4 or higher against 3, corrected by biopsy",
    lambda row: row.labels.suspicious,
    lambda row: row.scores.suspicion,
)
PRESENCE: Final = Question(
    "presence",
    "BI-RADS 3 or higher against 1 and 2",
    lambda row: row.labels.present,
    lambda row: row.scores.presence,
)
MALIGNANCY: Final = Question(
    "presence × suspicion",
    "malignant against benign, by biopsy, else by outcome",
    lambda row: row.labels.malignant,
    lambda row: row.malignancy,
)
MALIGNANCY_BY_SUSPICION: Final = Question(
    "suspicion",
    "malignant against benign, by biopsy, else by outcome",
    lambda row: row.labels.malignant,
    lambda row: row.scores.suspicion,
)


@dataclass(frozen=True)
class Slice:
    """One question on one part of the breasts.

    Parameters
    ----------
    kind, value
        Such as "vendor" and "GE".
    ranking
        Without AUC where there are too few.
    """

    kind: str
    value: str
    ranking: Ranking


def _one(value: object) -> tuple[str, ...]:
    return (str(value or UNKNOWN),)


KINDS: Final[Mapping[str, Callable[[BreastRow], tuple[str, ...]]]] = MappingProxyType(
    {
        "density (label)": lambda row: _one(row.labels.density),
        "density (as told)": lambda row: _one(category(row.scores.density)),
        "vendor": lambda row: _one(row.study.vendor),
        "views": lambda row: ("complete" if row.study.complete else "partial",),
        "age": lambda row: _one(row.study.age_band),
        "expert": lambda row: _one(row.study.expert),
        "finding (label)": lambda row: tuple(sorted(row.labels.finding_types)) or ("none named",),
    }
)
"""A breast with several kinds of finding is in several slices."""


def slices_of(
    question: Question, rows: Sequence[BreastRow], draws: int = DRAWS
) -> tuple[Slice, ...]:
    """Measure a question on every part that has a breast of which the question is asked."""
    asked = [row for row in rows if question.label(row) is not None]
    found = []
    for kind, read in KINDS.items():
        for value in sorted({name for row in asked for name in read(row)}):
            part = question.cases([row for row in asked if value in read(row)])
            if part.labels.size:
                found.append(Slice(kind, value, ranking(part, draws)))
    return tuple(found)
