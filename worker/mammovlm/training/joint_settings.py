"""Trains UMiCon in several settings and measures each on validation patients (stages S1 and S2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from mammovlm.model.heads import HEAD_NAMES
from mammovlm.model.presets import Pooling, Preset, UMiConSpec
from mammovlm.training.contrast import Negatives
from mammovlm.training.evaluation import Numbers, area_under_curve
from mammovlm.training.joint_data import JointData
from mammovlm.training.joint_evaluation import labels_of
from mammovlm.training.joint_stage import JointConfig, JointModel, train_joint
from mammovlm.training.joint_vectors import SeenWomen, fit_adapters, routed_vectors
from mammovlm.training.lesion_stage import LesionExpert
from mammovlm.training.loss_curves import Curve, untold
from mammovlm.training.routed_views import RoutedViews
from mammovlm.training.umicon_pretraining import (
    PretrainingConfig,
    PretrainingData,
    PretrainingResult,
    pretrain,
)


@dataclass(frozen=True)
class Setting:
    """One way to train UMiCon.

    Parameters
    ----------
    pooling
        Of UMiCon.
    unimodal, multimodal
        Contrasts of stage S1; without both the stage is left out.
    contrast
        Weight of the contrast between patients in stage S2.
    report_share
        Share of the exams of stage S2 that come with their report.
    mode
        Whom stage S1 pushes apart (four-systems A2).
    linear
        A linear map in the place of UMiCon's perceptron, for comparison.
    seed
        Of weights, order and dropout.
    """

    pooling: Pooling = "lesions"
    unimodal: bool = False
    multimodal: bool = False
    contrast: float = 0.0
    report_share: float = 0.0
    mode: Negatives = "negatives"
    linear: bool = False
    seed: int = 0

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing of the paper's method is left out (3.2 and 3.3)."""
        contrasts = self.unimodal and self.multimodal and self.contrast > 0
        return contrasts and self.report_share > 0 and not self.linear


@dataclass(frozen=True)
class JointWomen:
    """The women that UMiCon learns from and is measured on: train, then validation, then test.

    Parameters
    ----------
    seen
        By the expert of their density.
    by_expert
        The training women as every expert sees them.
    fallback
        The test women by the fallback expert.
    masked
        The first of the training women as two masked copies, for stage S1.
    data
        Everything else, with no vectors yet.
    train, validation, test
        Rows of these.
    """

    seen: RoutedViews
    by_expert: Mapping[str, RoutedViews]
    fallback: RoutedViews
    masked: tuple[RoutedViews, RoutedViews]
    data: JointData
    train: Tensor
    validation: Tensor
    test: Tensor


@dataclass(frozen=True)
class TrainedSetting:
    """A setting with what it gave.

    Parameters
    ----------
    model, data
        The trained model, and all women with their vectors.
    pretraining
        How stage S1 ended; None without it.
    auc
        On validation patients, by head.
    """

    setting: Setting
    model: JointModel
    data: JointData
    pretraining: PretrainingResult | None
    auc: Mapping[str, float]

    @property
    def score(self) -> float:
        """What settings are compared by: the mean AUC of the heads."""
        return sum(self.auc.values()) / len(self.auc)


class Told(Protocol):
    """Whom a training tells how far it is."""

    def __call__(self, stage: str, done: int, total: int, /) -> None:
        """Take the stage's name, epochs done and epochs to do."""


def spec_for(preset: Preset, setting: Setting) -> UMiConSpec:
    """Give UMiCon's sizes in a setting."""
    hidden = () if setting.linear else preset.umicon.hidden
    return replace(preset.umicon, pooling=setting.pooling, hidden=hidden)


def train_setting(
    setting: Setting,
    women: JointWomen,
    experts: Mapping[str, LesionExpert],
    preset: Preset,
    *,
    config: JointConfig,
    told: Told,
    curve: Curve = untold,
) -> TrainedSetting:
    """Run stage S1, where the setting has it, and stage S2.

    Parameters
    ----------
    told
        Told how far each stage is.
    curve
        Told the loss of S1 and the spread of its embeddings, and the validation loss of S2, by
        epoch.
    """
    torch.manual_seed(setting.seed)
    model = JointModel(preset, spec_for(preset, setting))
    everyone = SeenWomen(women.seen, women.data.routes, women.train, women.by_expert)
    fit_adapters(model, everyone, experts)
    data = replace(women.data, vectors=routed_vectors(model, women.seen, women.data.routes))
    train, validation = data.rows(women.train), data.rows(women.validation)
    result = None
    if setting.unimodal or setting.multimodal:
        result = _pretrained(
            setting, model, women, train=train, validation=validation, told=told, curve=curve
        )
    joint = replace(
        config, contrast=setting.contrast, report_share=setting.report_share, seed=setting.seed
    )
    progress = _epochs(told, "S2", joint.epochs, curve)
    train_joint(model, train, validation, config=joint, progress=progress)
    return TrainedSetting(setting, model, data, result, validation_auc(model, validation))


def validation_auc(model: JointModel, validation: JointData) -> dict[str, float]:
    """Measure both heads on patients kept back."""
    measured = {}
    for name, scores in validation_scores(model, validation).items():
        labels = labels_of(name, validation).flatten().numpy()
        asked = labels >= 0
        measured[name] = area_under_curve(labels[asked], scores[asked])
    return measured


def validation_scores(model: JointModel, validation: JointData) -> dict[str, Numbers]:
    """Give every head's logits, (breasts,), before refits and calibration, which keep the order."""
    model.eval()
    with torch.inference_mode():
        logits = model.breast_logits(model(validation.vectors, validation.texts[0]))
    return {name: logits[name].flatten().double().numpy() for name in HEAD_NAMES}


def _pretrained(
    setting: Setting,
    model: JointModel,
    women: JointWomen,
    *,
    train: JointData,
    validation: JointData,
    told: Told,
    curve: Curve,
) -> PretrainingResult:
    config = PretrainingConfig(
        unimodal=setting.unimodal,
        multimodal=setting.multimodal,
        mode=setting.mode,
        seed=setting.seed,
    )
    first, second = women.masked
    rows = torch.arange(len(first.pools))
    routes = train.routes[rows]
    copies = (routed_vectors(model, first, routes), routed_vectors(model, second, routes))
    data = PretrainingData(train, rows, copies)
    spreads = _epochs(
        told, "S1", config.epochs, lambda _, step, value: curve("spread", step, value)
    )
    return pretrain(model, data, validation, config, spreads, curve=partial(curve, "S1"))


def _epochs(told: Told, stage: str, total: int, curve: Curve) -> Callable[[int, float], None]:
    def note(epoch: int, value: float) -> None:
        told(stage, epoch + 1, total)
        curve(stage, epoch + 1, value)

    return note
