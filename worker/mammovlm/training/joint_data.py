"""What stage S2 learns from: pooled features by route, encoded metadata, labels per breast."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mammovlm.findings import DensityCategory
from mammovlm.model.density_selector import DensityHead
from mammovlm.model.metadata_text import FIELDS, metadata_text
from mammovlm.model.presets import Preset
from mammovlm.study import HANGING_ORDER
from mammovlm.training.exam_reports import exam_reports
from mammovlm.training.kept_encodings import Encode
from mammovlm.training.phantom_exams import ExamTruth
from mammovlm.training.phantoms import CaseMix

BLANK_SHARE = 0.15
"""Each field is blanked with this probability (four-systems 2.1)."""
_CATEGORIES = tuple(DensityCategory)
EVERY_PHANTOM = {"sex": "female", "implant": "no"}
"""What a header says of nearly every exam, and phantoms do not say."""


@dataclass(frozen=True)
class JointData:
    """Exams for stage S2.

    Parameters
    ----------
    vectors
        Pooled and scaled features of each exam's expert, float32, (exams, 4, width).
    routes
        Index of the expert per exam, by the selector's density of the study.
    texts
        Encoded metadata, float32, (variants, exams, 4, width): complete, then with blanked fields.
    blank
        The same with every field blanked, (exams, 4, width).
    reports
        Encoded reports of the views' breasts, without assessments, (exams, 4, width); for training
        and for comparison, never at inference.
    presence
        (exams, 2), right breast first: 1 for BI-RADS 3 or higher.
    suspicious
        (exams, 2): 1 or 0, -1 where BI-RADS is 1 or 2.
    """

    vectors: Tensor
    routes: Tensor
    texts: Tensor
    blank: Tensor
    reports: Tensor
    presence: Tensor
    suspicious: Tensor

    def rows(self, rows: Tensor) -> "JointData":
        """Give some of the exams."""
        return JointData(
            vectors=self.vectors[rows],
            routes=self.routes[rows],
            texts=self.texts[:, rows],
            blank=self.blank[rows],
            reports=self.reports[rows],
            presence=self.presence[rows],
            suspicious=self.suspicious[rows],
        )


@dataclass(frozen=True)
class ExamTexts:
    """Encoded metadata and report of every view; see `JointData`."""

    variants: Tensor
    blank: Tensor
    reports: Tensor


def study_densities(selector: DensityHead, features: Tensor) -> tuple[list[int], Tensor]:
    """Give the category of each study's denser breast, 0..3, and view probabilities.

    Parameters
    ----------
    features
        Of the selector, (exams, 4, features).
    """
    with torch.inference_mode():
        density = torch.softmax(selector(features.flatten(0, 1)), dim=1).view(-1, 4, 4)
    return study_categories(density), density


def routed_experts(categories: Sequence[int], preset: Preset) -> list[str]:
    """Name the expert of each study."""
    return [preset.routes[_CATEGORIES[category]] for category in categories]


def exam_texts(
    truths: Sequence[ExamTruth],
    categories: Sequence[int],
    text_encoder: Encode,
    variants: int,
    seed: int,
) -> ExamTexts:
    """Encode reports, and metadata with the selector's densities, not the true ones.

    Parameters
    ----------
    variants
        Texts per view: one complete, the others with fields blanked at random.
    """
    rng = np.random.default_rng(seed)
    shares = [0.0] + [BLANK_SHARE] * (variants - 1)
    texts = [_encode(truths, categories, text_encoder, rng, share) for share in shares]
    return ExamTexts(
        torch.stack(texts),
        _encode(truths, categories, text_encoder, rng, 1.0),
        exam_reports([truth.seed for truth in truths], text_encoder, CaseMix.TEACHING),
    )


def joint_data(
    truths: Sequence[ExamTruth],
    vectors: Tensor,
    experts: Sequence[str],
    names: Sequence[str],
    texts: ExamTexts,
) -> JointData:
    """Put together what stage S2 needs.

    Parameters
    ----------
    vectors, experts
        Pooled features, and which expert gave them.
    names
        Of all experts, in the order that `JointData.routes` counts.
    """
    return JointData(
        vectors=vectors,
        routes=torch.tensor([names.index(name) for name in experts]),
        texts=texts.variants,
        blank=texts.blank,
        reports=texts.reports,
        presence=torch.tensor([[int(a >= 3) for a in t.assessments] for t in truths]),
        suspicious=torch.tensor([t.suspicious for t in truths]),
    )


def breast_means(views: Tensor) -> Tensor:
    """Average over the views of each breast: (exams, 4, …) in hanging order to (exams, 2, …)."""
    pairs: Tensor = views.unflatten(1, (2, 2))
    return pairs.mean(1)


def study_categories(density: Tensor) -> list[int]:
    """Category of the denser breast, 0..3, from view probabilities (exams, 4, 4)."""
    return [int(value) for value in breast_means(density).argmax(-1).amax(-1)]


def _encode(
    truths: Sequence[ExamTruth],
    categories: Sequence[int],
    text_encoder: Encode,
    rng: np.random.Generator,
    blank_share: float,
) -> Tensor:
    texts = []
    for truth, category in zip(truths, categories, strict=True):
        for slot in HANGING_ORDER:
            blanked = [name for name in FIELDS if rng.random() < blank_share]
            known = EVERY_PHANTOM | truth.metadata
            texts.append(metadata_text(slot, known, _CATEGORIES[category], blanked))
    return _encode_each_once(texts, text_encoder).view(len(truths), 4, -1)


@torch.no_grad()
def _encode_each_once(texts: Sequence[str], text_encoder: Encode, batch: int = 64) -> Tensor:
    different = sorted(set(texts), key=lambda text: (len(text), text))
    encoded = torch.cat(
        [
            text_encoder(different[start : start + batch])
            for start in range(0, len(different), batch)
        ]
    )
    place = {text: row for row, text in enumerate(different)}
    return encoded[[place[text] for text in texts]]
