"""Phantom exams as the stages at full size take them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from mammovlm.findings import DensityCategory
from mammovlm.model.metadata_text import FIELDS, metadata_text
from mammovlm.study import HANGING_ORDER
from mammovlm.training.exam_reports import breast_report
from mammovlm.training.full_size.exams import ExamBatch, masked_copies
from mammovlm.training.full_size.plan import FullStage
from mammovlm.training.joint_data import BLANK_SHARE, EVERY_PHANTOM
from mammovlm.training.phantom_exams import ExamTruth, PhantomExams
from mammovlm.training.phantoms import CaseMix, phantom_truths

Tokenise = Callable[[list[str]], Tensor]
"""From texts to their token numbers, (texts, length), 0 behind the end of each."""

REPORT_SHARE = 0.5
"""Share of the exams of stage S2 that come with their report (four-systems A9)."""
_STREAM = 10
_CATEGORIES = tuple(DensityCategory)


@dataclass(frozen=True)
class PhantomTraining:
    """Prepared phantoms, each with its labels and texts; see `ExamSource`.

    Every exam is shown to one expert, the one that is trained along with UMiCon (paper 3.2.3).

    Parameters
    ----------
    exams
        With pictures of the preset's size.
    stage
        S0 gets no texts; S1 masked copies and no metadata but side and view; S2 metadata with
        fields blanked at random.
    tokenise
        The text encoder's.
    expert
        Its index among the preset's.
    """

    exams: PhantomExams
    stage: FullStage
    tokenise: Tokenise
    expert: int

    @property
    def patients(self) -> Sequence[int]:
        """Seeds of the phantoms."""
        return [truth.seed for truth in self.exams.truths]

    @property
    def experts(self) -> Sequence[int]:
        """Indices of the experts that see them: one."""
        return [self.expert]

    def __len__(self) -> int:
        """Count the exams."""
        return len(self.exams.truths)

    def batch(self, rows: Sequence[int], step: int) -> ExamBatch:
        """Read exams; see `ExamSource`."""
        truths = [self.exams.truths[row] for row in rows]
        chance = [np.random.default_rng([truth.seed, step, _STREAM]) for truth in truths]
        views = torch.stack([self.exams.views(row) for row in rows])
        suspicious = torch.tensor([truth.suspicious for truth in truths])
        densities = torch.tensor([truth.densities for truth in truths])
        return ExamBatch(
            views=views,
            copies=self._copies(views, [truth.seed for truth in truths], step),
            allowed=one_hot(densities.repeat(1, 2), 4).float(),
            experts=torch.full((len(rows),), self.expert),
            metadata=self._blanked(rows, chance),
            reports=self._reports(truths),
            told=torch.tensor([rng.random() < REPORT_SHARE for rng in chance]),
            presence=torch.tensor([[int(a >= 3) for a in each.assessments] for each in truths]),
            suspicious=suspicious,
            patients=torch.tensor([truth.seed for truth in truths]),
        )

    def metadata(self, rows: Sequence[int], categories: Sequence[int]) -> Tensor:
        """Word headers; see `CompleteExams`."""
        return self._tokens(
            [
                metadata_text(slot, self._header(row), _CATEGORIES[category])
                for row, category in zip(rows, categories, strict=True)
                for slot in HANGING_ORDER
            ]
        )

    def _tokens(self, texts: list[str]) -> Tensor:
        """Give the token numbers of the texts of whole exams, (exams, 4, length)."""
        numbers = self.tokenise(texts)
        return numbers.view(-1, len(HANGING_ORDER), numbers.shape[1])

    def _copies(self, views: Tensor, patients: Sequence[int], step: int) -> Tensor:
        if self.stage != "S1":
            return views[:, None, :, :0, :0]
        pairs = zip(views, patients, strict=True)
        return torch.stack([masked_copies(each, patient, step) for each, patient in pairs])

    def _header(self, row: int) -> dict[str, str]:
        return EVERY_PHANTOM | self.exams.truths[row].metadata

    def _reports(self, truths: Sequence[ExamTruth]) -> Tensor:
        if self.stage == "S0":
            return torch.zeros(len(truths), 2, 0, dtype=torch.long)
        reports = [
            breast_report(breast, 2 * truth.seed + side)
            for truth in truths
            for side, breast in enumerate(phantom_truths(truth.seed, CaseMix.TEACHING))
        ]
        return self.tokenise(reports).view(len(truths), 2, -1)

    def _blanked(self, rows: Sequence[int], chance: Sequence[np.random.Generator]) -> Tensor:
        """Word headers with fields blanked at random."""
        if self.stage == "S0":
            return torch.zeros(len(rows), len(HANGING_ORDER), 0, dtype=torch.long)
        pairs = zip(rows, chance, strict=True)
        return self._tokens([text for row, rng in pairs for text in self._texts(row, rng)])

    def _texts(self, row: int, rng: np.random.Generator) -> list[str]:
        truth = self.exams.truths[row]
        share = 1.0 if self.stage == "S1" else BLANK_SHARE
        density = _CATEGORIES[max(truth.densities)]
        texts = []
        for slot in HANGING_ORDER:
            blanked = [name for name in FIELDS if rng.random() < share]
            texts.append(metadata_text(slot, self._header(row), density, blanked))
        return texts
