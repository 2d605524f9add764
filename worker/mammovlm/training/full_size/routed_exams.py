"""What the exams of all sources share: experts by density, and headers worded in full."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor

from mammovlm.findings import DensityCategory
from mammovlm.model.metadata_text import metadata_text
from mammovlm.study import HANGING_ORDER
from mammovlm.training.full_size.plan import FullStage
from mammovlm.training.full_size.shown_exams import Tokenise, numbers_of

_CATEGORIES = tuple(DensityCategory)
_Exams = TypeVar("_Exams")


@dataclass(frozen=True)
class RoutedExams(ABC, Generic[_Exams]):
    """Exams as one stage is shown them; part of `CompleteExams`.

    Parameters
    ----------
    exams
        Prepared, with labels.
    stage
        S0 gets no texts; S1 masked copies and no metadata but side and view; S2 metadata with
        fields blanked at random.
    tokenise
        The text encoder's.
    routes
        Indices of the experts that see studies of density A, B, C and D.
    """

    exams: _Exams
    stage: FullStage
    tokenise: Tokenise
    routes: tuple[int, ...]

    @abstractmethod
    def headers(self, row: int) -> Sequence[Mapping[str, str]]:
        """Give what the header of each of an exam's views says, in hanging order."""

    @property
    def experts(self) -> Sequence[int]:
        """Indices of the experts that see exams."""
        return sorted(set(self.routes))

    def metadata(self, rows: Sequence[int], categories: Sequence[int]) -> Tensor:
        """Word headers; see `CompleteExams`."""
        texts = [
            metadata_text(slot, header, _CATEGORIES[category])
            for row, category in zip(rows, categories, strict=True)
            for slot, header in zip(HANGING_ORDER, self.headers(row), strict=True)
        ]
        return numbers_of(self.tokenise, texts, len(HANGING_ORDER))

    def routed(self, categories: Sequence[int]) -> Tensor:
        """Name the experts of densities; see `CompleteExams`."""
        return torch.tensor([self.routes[category] for category in categories])
