"""How a stage is shown an exam: masked copies for S1, headers with gaps, words as numbers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor

from mammovlm.findings import DensityCategory
from mammovlm.model.metadata_text import FIELDS, metadata_text
from mammovlm.study import HANGING_ORDER
from mammovlm.training.full_size.exams import masked_copies
from mammovlm.training.full_size.plan import FullStage
from mammovlm.training.joint_data import BLANK_SHARE

Tokenise = Callable[[list[str]], Tensor]
"""From texts to their token numbers, (texts, length), 0 behind the end of each."""

REPORT_SHARE: Final = 0.5
"""Share of the exams of stage S2 that come with their report (four-systems A9)."""
_STREAM: Final = 10


def chance_of(patient: int, step: int) -> np.random.Generator:
    """Give what an exam's gaps are drawn by at a step, the same in every process."""
    return np.random.default_rng([patient, step, _STREAM])


def copies_of(stage: FullStage, views: Tensor, patients: Sequence[int], step: int) -> Tensor:
    """Mask every exam's views twice for S1; copies without rows for the other stages."""
    if stage != "S1":
        return views[:, None, :, :0, :0]
    pairs = zip(views, patients, strict=True)
    return torch.stack([masked_copies(each, patient, step) for each, patient in pairs])


def header_texts(
    stage: FullStage,
    headers: Sequence[Mapping[str, str]],
    density: DensityCategory | None,
    chance: np.random.Generator,
) -> list[str]:
    """Word an exam's headers, one a view, with fields blanked at random; in S1 all of them."""
    share = 1.0 if stage == "S1" else BLANK_SHARE
    texts = []
    for slot, header in zip(HANGING_ORDER, headers, strict=True):
        blanked = [name for name in FIELDS if chance.random() < share]
        texts.append(metadata_text(slot, header, density, blanked))
    return texts


def numbers_of(tokenise: Tokenise, texts: list[str], each: int) -> Tensor:
    """Give the token numbers of exams' texts, (exams, each, length)."""
    numbers = tokenise(texts)
    return numbers.view(-1, each, numbers.shape[1])
