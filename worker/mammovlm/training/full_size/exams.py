"""Exams as the stages at full size take them, and exams of noise to try the stages with."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

_STREAM = 9


@dataclass(frozen=True)
class ExamBatch:
    """Exams of four views in hanging order.

    Parameters
    ----------
    views
        uint8, (exams, 4, rows, columns), 255 = 1.
    copies
        The same twice, each with a square blacked out, (exams, 2, 4, rows, columns); no rows in
        stages that need none.
    allowed
        (exams, 4, 4), 1 where a view's label allows that composition.
    experts
        Index of each exam's expert, (exams,).
    metadata
        Token numbers of each view's text, (exams, 4, length), 0 behind its end.
    reports
        Token numbers of each breast's report, right first, (exams, 2, length).
    told
        Which exams come with their report, (exams,).
    presence, suspicious
        As in `mammovlm.training.joint_data.JointData`, (exams, 2); -1 also where nobody has said.
    patients
        Whose they are, (exams,), integers.
    """

    views: Tensor
    copies: Tensor
    allowed: Tensor
    experts: Tensor
    metadata: Tensor
    reports: Tensor
    told: Tensor
    presence: Tensor
    suspicious: Tensor
    patients: Tensor

    def rows(self, which: slice) -> "ExamBatch":
        """Give some of the exams."""
        return ExamBatch(*(getattr(self, field.name)[which] for field in fields(self)))

    def to(self, device: torch.device) -> "ExamBatch":
        """Give the same exams on a device."""
        moved = (getattr(self, field.name).to(device, non_blocking=True) for field in fields(self))
        return ExamBatch(*moved)

    def pin_memory(self) -> "ExamBatch":
        """Give the same exams in memory that a GPU reads faster."""
        return ExamBatch(*(getattr(self, field.name).pin_memory() for field in fields(self)))


class ExamSource(Protocol):
    """Exams by number; the same number and step give the same exam in every process."""

    @property
    def patients(self) -> Sequence[int]:
        """Whose the exams are, in their order; a number is one patient in every source."""
        ...

    @property
    def experts(self) -> Sequence[int]:
        """Indices of the experts that the exams are shown to."""
        ...

    @property
    def identity(self) -> str:
        """What the exams are, for checkpoints: other exams, or others of them, have another."""
        ...

    def __len__(self) -> int:
        """Count the exams."""
        ...

    def batch(self, rows: Sequence[int], step: int) -> ExamBatch:
        """Give exams.

        Parameters
        ----------
        rows
            Their numbers.
        step
            Of the training; what is drawn anew each time differs by it.
        """
        ...


class CompleteExams(ExamSource, Protocol):
    """Exams that also say everything a header would, as it is at a site."""

    def metadata(self, rows: Sequence[int], categories: Sequence[int]) -> Tensor:
        """Give the texts of exams with no field blanked, (exams, 4, length), as in `ExamBatch`.

        Parameters
        ----------
        rows
            Their numbers.
        categories
            What the density selector says of each study, 0..3 for A..D.
        """
        ...

    def routed(self, categories: Sequence[int]) -> Tensor:
        """Give the index of the expert that sees studies of some densities, (exams,).

        Parameters
        ----------
        categories
            As of `metadata`.
        """
        ...


@dataclass(frozen=True)
class RandomExams:
    """Noise with random labels: for shapes, memory and time, never for weights that are kept.

    Parameters
    ----------
    rows, columns
        Of a view.
    expert_count
        Number of experts.
    vocabulary, tokens
        Of the text encoder, and length of every text.
    masked
        True where the stage needs masked copies.
    count
        Number of exams.
    """

    rows: int
    columns: int
    expert_count: int
    vocabulary: int
    tokens: int
    masked: bool = False
    count: int = 512

    @property
    def patients(self) -> Sequence[int]:
        """Whose they are."""
        return range(self.count)

    @property
    def experts(self) -> Sequence[int]:
        """Indices of all experts."""
        return range(self.expert_count)

    @property
    def identity(self) -> str:
        """All that noise is made of."""
        return str(self)

    def __len__(self) -> int:
        """Count the exams."""
        return self.count

    def batch(self, rows: Sequence[int], step: int) -> ExamBatch:
        """Draw exams; see `ExamSource`."""
        drawn = [self._exam(row, step) for row in rows]
        return ExamBatch(*(torch.cat(parts) for parts in zip(*drawn, strict=True)))

    def _exam(self, row: int, step: int) -> tuple[Tensor, ...]:
        fixed = torch.Generator().manual_seed(row)

        def integers(low: int, high: int, *shape: int) -> Tensor:
            return torch.randint(low, high, (1, *shape), generator=fixed)

        size = (4, self.rows, self.columns)
        suspicious = integers(-1, 2, 2)
        fresh = torch.Generator().manual_seed(2**32 * (row + 1) + step)
        return (
            integers(1, 256, *size).to(torch.uint8),
            self._copies(row, step, integers(1, 256, *size).to(torch.uint8)),
            torch.nn.functional.one_hot(integers(0, 4, 4), 4).float(),
            integers(0, self.expert_count),
            integers(1, self.vocabulary, 4, self.tokens),
            integers(1, self.vocabulary, 2, self.tokens),
            torch.rand(1, generator=fresh) < 0.5,
            (suspicious >= 0).long(),
            suspicious,
            torch.tensor([row]),
        )

    def _copies(self, row: int, step: int, views: Tensor) -> Tensor:
        if not self.masked:
            return views[:, None, :, :0, :0]
        return masked_copies(views[0], row, step)[None]


def masked_copies(views: Tensor, patient: int, step: int) -> Tensor:
    """Mask the views of one exam twice, (2, 4, rows, columns); see `masked_views.masked`."""
    from mammovlm.training.masked_views import masked  # noqa: PLC0415 - heavy

    rng = np.random.default_rng([patient, step, _STREAM])
    return torch.stack([masked(views, rng), masked(views, rng)])
