"""The networks that stages S0 to S2 train at full size, put together from the model's own parts."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from mammovlm.model.density_selector import DensityHead, density_features
from mammovlm.model.encoders import Encoder, create_encoder
from mammovlm.model.expert_view import expert_view
from mammovlm.model.presets import Preset
from mammovlm.training.full_size.exams import ExamBatch
from mammovlm.training.joint_stage import JointModel

_LEAST_SPREAD = 1e-2


class SelectorNetwork(nn.Module):
    """The density selector, trained as a whole (paper 3.1).

    Parameters
    ----------
    preset
        Names its encoder.
    """

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        self.encoder = create_encoder(preset.selector)
        # one view without content: only the sizes of the maps are asked for
        empty = torch.zeros(1, 1, preset.height, preset.width)
        with torch.no_grad():
            width = density_features(self.encoder(empty), empty).shape[1]
        self.head = DensityHead(width)

    def features(self, views: Tensor) -> Tensor:
        """Compute what the head reads, (exams × 4, features), from uint8 (exams, 4, …)."""
        grey = _grey(views)
        return density_features(self.encoder(grey), grey)

    def forward(self, views: Tensor) -> Tensor:
        """Give logits of A to D, (exams, 4, 4)."""
        logits: Tensor = self.head(self.features(views).float())
        return logits.view(len(views), 4, 4)

    @torch.no_grad()
    def fit_scale(self, batch: ExamBatch, at_once: int) -> None:
        """Set the head's scale by what the encoder makes of some exams before training."""
        features = _one_by_one(lambda part: self.features(part.views), batch, at_once)
        self.head.feature_mean.copy_(features.mean(0))
        self.head.feature_spread.copy_(features.std(0) + _LEAST_SPREAD)


class JointNetwork(nn.Module):
    """Experts, text encoder, UMiCon, fusion and heads.

    Parameters
    ----------
    preset
        Their sizes.
    text
        Sizes of the text encoder.
    """

    def __init__(self, preset: Preset, text: BertConfig) -> None:
        super().__init__()
        self._pooling = preset.text.pooling
        self.experts = nn.ModuleDict(
            {name: create_encoder(spec) for name, spec in preset.experts.items()}
        )
        # evaluation mode: the paper names no dropout
        self.text_encoder = BertModel(text, add_pooling_layer=False)
        self.text_encoder.train(False)
        self.joint = JointModel(preset, preset.umicon)
        self.joint.umicon.adapters.requires_grad_(requires_grad=False)

    def vectors(self, views: Tensor, experts: Tensor) -> Tensor:
        """Let each exam's expert see its views, and pool and scale them, (exams, 4, width)."""
        found, order = [], []
        for index, name in enumerate(self.experts):
            mine = (experts == index).nonzero()[:, 0]
            if len(mine):
                found.append(self._seen(name, views[mine]))
                order.append(mine)
        return torch.cat(found)[torch.cat(order).argsort()]

    def embeddings(self, views: Tensor, experts: Tensor) -> Tensor:
        """Give UMiCon's embeddings, (exams × 4, 128)."""
        embedded: Tensor = self.joint.umicon(self.vectors(views, experts).flatten(0, 1))
        return embedded

    def texts(self, numbers: Tensor) -> Tensor:
        """Encode texts, (exams, texts, width), from token numbers (exams, texts, length)."""
        flat = numbers.flatten(0, 1)
        mask = (flat != 0).long()
        states: Tensor = self.text_encoder(input_ids=flat, attention_mask=mask)[0]
        if self._pooling == "first":
            return states[:, 0].view(*numbers.shape[:2], -1)
        weights = mask[:, :, None].to(states.dtype)
        pooled = (states * weights).sum(1) / weights.sum(1)
        return pooled.view(*numbers.shape[:2], -1)

    @torch.no_grad()
    def fit_scale(self, batch: ExamBatch, at_once: int, experts: Sequence[int]) -> None:
        """Set adapters' scales by what their experts make of some exams before training.

        Parameters
        ----------
        batch, at_once
            Exams on the networks' device, and how many of them it works on at once.
        experts
            Indices of the experts that will see exams; the others' adapters stay as they are.
        """
        names = list(self.experts)
        for name in (names[index] for index in experts):
            adapter = self.joint.umicon.adapter(name)
            seen = _one_by_one(partial(self._raw_part, name), batch, at_once)
            adapter.mean.copy_(seen.mean(0))
            adapter.spread.copy_(seen.std(0) + _LEAST_SPREAD)

    def _raw_part(self, name: str, part: ExamBatch) -> Tensor:
        return self._raw(name, part.views)

    def _raw(self, name: str, views: Tensor) -> Tensor:
        grey = _grey(views)
        view = expert_view(cast("Encoder", self.experts[name])(grey), grey)
        return self.joint.umicon.adapter(name).raw(view).float()

    def _seen(self, name: str, views: Tensor) -> Tensor:
        adapter = self.joint.umicon.adapter(name)
        scaled = (self._raw(name, views) - adapter.mean) / adapter.spread
        return scaled.view(len(views), 4, -1)


def _grey(views: Tensor) -> Tensor:
    return views.flatten(0, 1)[:, None].float() / 255


def _one_by_one(compute: Callable[[ExamBatch], Tensor], batch: ExamBatch, at_once: int) -> Tensor:
    starts: Sequence[int] = range(0, len(batch.patients), at_once)
    return torch.cat([compute(batch.rows(slice(start, start + at_once))) for start in starts])
