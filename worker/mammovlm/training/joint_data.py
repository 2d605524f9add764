"""What stage S2 learns from: pooled features by route, encoded metadata, labels per breast."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from mammovlm.findings import DensityCategory
from mammovlm.model.density_selector import DensityHead
from mammovlm.model.metadata_text import FIELDS, metadata_text
from mammovlm.model.presets import Pooling, Preset
from mammovlm.model.text_encoder import TextEncoder
from mammovlm.study import HANGING_ORDER
from mammovlm.training.features import choose_pool
from mammovlm.training.phantom_features import ExamTruth, PhantomFeatures

BLANK_SHARE = 0.15
"""Each field is blanked with this probability (four-systems 2.1)."""
_CATEGORIES = tuple(DensityCategory)
_EVERY_PHANTOM = {"sex": "female", "implant": "no"}
"""What a header says of nearly every exam, and phantoms do not say."""


@dataclass(frozen=True)
class JointData:
    """Exams for stage S2.

    Parameters
    ----------
    vectors
        Pooled features by expert, float32, (exams, 4, width).
    routes
        Index into ``experts`` per exam, by the selector's density of the study.
    experts
        Names.
    texts
        Encoded metadata, float32, (variants, exams, 4, width): complete, then with blanked fields.
    blank
        The same with every field blanked, (exams, 4, width).
    presence
        (exams, 2), right breast first: 1 for BI-RADS 3 or higher.
    suspicious
        (exams, 2): 1 or 0, -1 where BI-RADS is 1 or 2.
    density
        Probabilities of each view, (exams, 4, 4).
    """

    vectors: dict[str, Tensor]
    routes: Tensor
    experts: tuple[str, ...]
    texts: Tensor
    blank: Tensor
    presence: Tensor
    suspicious: Tensor
    density: Tensor

    def rows(self, rows: Tensor) -> "JointData":
        """Give some of the exams."""
        return replace(
            self,
            vectors={name: tensor[rows] for name, tensor in self.vectors.items()},
            routes=self.routes[rows],
            texts=self.texts[:, rows],
            blank=self.blank[rows],
            presence=self.presence[rows],
            suspicious=self.suspicious[rows],
            density=self.density[rows],
        )

    def routed(self, routes: Tensor | None = None) -> Tensor:
        """Give the vectors that the routed experts see, (exams, 4, width)."""
        chosen = self.routes if routes is None else routes
        stacked = torch.stack([self.vectors[name] for name in self.experts])
        return stacked[chosen, torch.arange(len(chosen))]


def joint_data(
    phantoms: PhantomFeatures,
    selector: DensityHead,
    text_encoder: TextEncoder,
    preset: Preset,
    *,
    pooling: Pooling,
    variants: int,
    seed: int,
) -> JointData:
    """Prepare phantoms for stage S2, with the selector's densities, not the true ones.

    Parameters
    ----------
    variants
        Metadata texts per view: one complete, the others with fields blanked at random.
    """
    with torch.inference_mode():
        density = torch.softmax(selector(phantoms.selector.flatten(0, 1)), dim=1)
    density = density.view(-1, 4, 4)
    categories = study_categories(density)
    experts = tuple(preset.experts)
    routes = torch.tensor([experts.index(preset.routes[_CATEGORIES[c]]) for c in categories])
    rng = np.random.default_rng(seed)
    texts = [_encode(phantoms.truths, categories, text_encoder, rng, 0.0)]
    texts += [
        _encode(phantoms.truths, categories, text_encoder, rng, BLANK_SHARE)
        for _ in range(variants - 1)
    ]
    return JointData(
        vectors={
            name: choose_pool(phantoms.experts[name].flatten(0, 1), pooling).view(
                len(routes), 4, -1
            )
            for name in experts
        },
        routes=routes,
        experts=experts,
        texts=torch.stack(texts),
        blank=_encode(phantoms.truths, categories, text_encoder, rng, 1.0),
        presence=torch.tensor([[int(a >= 3) for a in t.assessments] for t in phantoms.truths]),
        suspicious=torch.tensor([t.suspicious for t in phantoms.truths]),
        density=density,
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
    text_encoder: TextEncoder,
    rng: np.random.Generator,
    blank_share: float,
) -> Tensor:
    texts = []
    for truth, category in zip(truths, categories, strict=True):
        for slot in HANGING_ORDER:
            blanked = [name for name in FIELDS if rng.random() < blank_share]
            known = _EVERY_PHANTOM | truth.metadata
            texts.append(metadata_text(slot, known, _CATEGORIES[category], blanked))
    return _encode_each_once(texts, text_encoder).view(len(truths), 4, -1)


@torch.no_grad()
def _encode_each_once(texts: Sequence[str], text_encoder: TextEncoder, batch: int = 64) -> Tensor:
    different = sorted(set(texts), key=lambda text: (len(text), text))
    encoded = torch.cat(
        [
            text_encoder(different[start : start + batch])
            for start in range(0, len(different), batch)
        ]
    )
    place = {text: row for row, text in enumerate(different)}
    return encoded[[place[text] for text in texts]]
