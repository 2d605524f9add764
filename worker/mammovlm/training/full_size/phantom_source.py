"""Phantom exams as the stages at full size take them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from mammovlm.findings import DensityCategory
from mammovlm.study import HANGING_ORDER
from mammovlm.training.exam_reports import breast_report
from mammovlm.training.full_size.exams import ExamBatch
from mammovlm.training.full_size.routed_exams import RoutedExams
from mammovlm.training.full_size.shown_exams import (
    REPORT_SHARE,
    chance_of,
    copies_of,
    header_texts,
    numbers_of,
)
from mammovlm.training.joint_data import EVERY_PHANTOM
from mammovlm.training.made_of import hash_of
from mammovlm.training.phantom_exams import ExamTruth, PhantomExams, phantoms_fingerprint
from mammovlm.training.phantoms import CaseMix, phantom_truths

_CATEGORIES = tuple(DensityCategory)


@dataclass(frozen=True)
class PhantomTraining(RoutedExams[PhantomExams]):
    """Prepared phantoms, each with its labels and texts; see `CompleteExams`.

    The paper trains one expert along with UMiCon and shows every exam to it (3.2.3); with more than
    one in the routes each exam is shown to its own, which has an adapter of its own (four-systems
    A7).

    Parameters
    ----------
    exams
        With pictures of the preset's size.
    stage, tokenise
        See `RoutedExams`.
    routes
        Indices of the experts that see phantoms whose denser breast has density A, B, C and D.
    """

    routes: tuple[int, int, int, int]

    @property
    def patients(self) -> Sequence[int]:
        """Seeds of the phantoms."""
        return [truth.seed for truth in self.exams.truths]

    @property
    def identity(self) -> str:
        """Hash of the code that drew the phantoms, their seeds, and how they are shown."""
        return hash_of(
            {
                "phantoms": phantoms_fingerprint(),
                "seeds": list(self.patients),
                "stage": self.stage,
                "routes": self.routes,
            }
        )

    def __len__(self) -> int:
        """Count the exams."""
        return len(self.exams.truths)

    def batch(self, rows: Sequence[int], step: int) -> ExamBatch:
        """Read exams; see `ExamSource`."""
        truths = [self.exams.truths[row] for row in rows]
        chance = [chance_of(truth.seed, step) for truth in truths]
        views = torch.stack([self.exams.views(row) for row in rows])
        suspicious = torch.tensor([truth.suspicious for truth in truths])
        densities = torch.tensor([truth.densities for truth in truths])
        return ExamBatch(
            views=views,
            copies=copies_of(self.stage, views, [truth.seed for truth in truths], step),
            allowed=one_hot(densities.repeat(1, 2), 4).float(),
            experts=self.routed([max(truth.densities) for truth in truths]),
            metadata=self._blanked(rows, chance),
            reports=self._reports(truths),
            told=torch.tensor([self.stage == "S1" or r.random() < REPORT_SHARE for r in chance]),
            presence=torch.tensor([[int(a >= 3) for a in each.assessments] for each in truths]),
            suspicious=suspicious,
            patients=torch.tensor([truth.seed for truth in truths]),
        )

    def headers(self, row: int) -> Sequence[Mapping[str, str]]:
        """Give the phantom's for every view; see `RoutedExams`."""
        return [EVERY_PHANTOM | self.exams.truths[row].metadata] * len(HANGING_ORDER)

    def _reports(self, truths: Sequence[ExamTruth]) -> Tensor:
        if self.stage == "S0":
            return torch.zeros(len(truths), 2, 0, dtype=torch.long)
        reports = [
            breast_report(breast, 2 * truth.seed + side)
            for truth in truths
            for side, breast in enumerate(phantom_truths(truth.seed, CaseMix.TEACHING))
        ]
        return numbers_of(self.tokenise, reports, 2)

    def _blanked(self, rows: Sequence[int], chance: Sequence[np.random.Generator]) -> Tensor:
        """Word headers with fields blanked at random."""
        if self.stage == "S0":
            return torch.zeros(len(rows), len(HANGING_ORDER), 0, dtype=torch.long)
        texts = [text for row in zip(rows, chance, strict=True) for text in self._texts(*row)]
        return numbers_of(self.tokenise, texts, len(HANGING_ORDER))

    def _texts(self, row: int, chance: np.random.Generator) -> list[str]:
        density = _CATEGORIES[max(self.exams.truths[row].densities)]
        return header_texts(self.stage, self.headers(row), density, chance)
