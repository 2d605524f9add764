"""What each stage of UMiCon brings: the paper's tables 8 and 3 on held-out phantoms."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from statistics import mean
from typing import Final

import torch
from torch import Tensor

from mammovlm.model.heads import HEAD_NAMES
from mammovlm.model.presets import Preset
from mammovlm.training.evaluation import Measured, auc_by_patient
from mammovlm.training.joint_evaluation import labels_of
from mammovlm.training.joint_settings import (
    JointWomen,
    Setting,
    Told,
    TrainedSetting,
    train_setting,
)
from mammovlm.training.joint_stage import JointConfig
from mammovlm.training.lesion_stage import LesionExpert

ROWS: Final[Mapping[str, Setting]] = {
    "supervised only": Setting(),
    "+ unimodal": Setting(unimodal=True),
    "+ multimodal": Setting(unimodal=True, multimodal=True),
    "+ cross-modal (UMiCon)": Setting(unimodal=True, multimodal=True, contrast=1.0),
    "linear map in UMiCon's place": Setting(linear=True),
}
"""Paper, table 8: four rows, each adds one thing to the row before; then table 3's linear map."""
SEEDS: Final = (0, 1, 2)
"""One training says little: the rows differ by less than one seed from another."""


@dataclass(frozen=True)
class AblationRow:
    """One row of the table.

    Parameters
    ----------
    name
        Of `ROWS`.
    auc
        By head, of the mean score over `SEEDS` on test patients.
    by_seed
        By head, the AUC of every seed alone.
    spread, retrieved
        Mean over the seeds of what stage S1 measured; None without it.
    alarm
        Whether an embedding collapsed in stage S1.
    """

    name: str
    auc: Mapping[str, Measured]
    by_seed: Mapping[str, tuple[float, ...]]
    spread: float | None
    retrieved: float | None
    alarm: bool

    def as_dict(self) -> dict[str, object]:
        """Give plain numbers for JSON."""
        return asdict(self)


def ablation(
    women: JointWomen,
    experts: Mapping[str, LesionExpert],
    preset: Preset,
    *,
    config: JointConfig,
    told: Told,
    settings: Mapping[str, Setting] = ROWS,
) -> list[AblationRow]:
    """Train every row with every seed and measure it on the test women, images with metadata.

    Parameters
    ----------
    women, experts, preset, config, told
        As of `mammovlm.training.joint_settings.train_setting`.
    settings
        The rows by name; their seeds are set here.
    """
    rows, total = [], len(settings) * len(SEEDS)
    for number, (name, setting) in enumerate(settings.items()):
        trained = []
        for turn, seed in enumerate(SEEDS):
            told("ablation", number * len(SEEDS) + turn, total)
            trained.append(
                train_setting(
                    replace(setting, seed=seed), women, experts, preset, config=config, told=_nobody
                )
            )
        rows.append(_row(name, trained, women))
    told("ablation", total, total)
    return rows


def _row(name: str, trained: list[TrainedSetting], women: JointWomen) -> AblationRow:
    aucs: dict[str, Measured] = {}
    by_seed: dict[str, tuple[float, ...]] = {}
    for head in HEAD_NAMES:
        labels = labels_of(head, women.data.rows(women.test))
        asked = (labels >= 0).flatten()
        patients = torch.arange(len(labels)).repeat_interleave(2)[asked].numpy()
        truth = labels.flatten()[asked].numpy()
        scores = [_scores(each, women, head).flatten()[asked].double() for each in trained]
        mixed = torch.stack(scores).mean(0)
        aucs[head] = auc_by_patient(truth, mixed.numpy(), patients)
        by_seed[head] = tuple(
            auc_by_patient(truth, score.numpy(), patients, draws=1).value for score in scores
        )
    results = [each.pretraining for each in trained if each.pretraining is not None]
    found = [each.retrieved for each in results if each.retrieved is not None]
    return AblationRow(
        name,
        aucs,
        by_seed,
        spread=mean(each.spread for each in results) if results else None,
        retrieved=mean(found) if found else None,
        alarm=any(each.alarm for each in results),
    )


@torch.inference_mode()
def _scores(trained: TrainedSetting, women: JointWomen, head: str) -> Tensor:
    test = trained.data.rows(women.test)
    return trained.model.breast_logits(trained.model(test.vectors, test.texts[0]))[head]


def _nobody(_stage: str, _done: int, _total: int, /) -> None:
    """Leave the parts of a row untold: the rows are counted."""
