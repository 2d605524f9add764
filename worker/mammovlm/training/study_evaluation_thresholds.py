"""At which thresholds the heads are measured: the stated one, and one stored with the weights."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from mammovlm.model.heads import HEAD_NAMES, SUSPICION
from mammovlm.model.parts import COMPACT_WEIGHTS
from mammovlm.model.weights import CARD_NAME
from mammovlm.settings import Settings
from mammovlm.training.study_evaluation_measures import Thresholds

STORED: Final = "stored with the weights"
SETTING: Final = "setting suspicion_threshold"
HALF: Final = "one half"


class _CardThresholds(BaseModel):
    """What a card may say of operating points, by head, fixed on validation patients."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    thresholds: Mapping[str, float] = {}


def operating_thresholds(settings: Settings) -> Thresholds:
    """Give the thresholds to report: the stated one, and that of the weights' card if it has one.

    Parameters
    ----------
    settings
        ``suspicion_threshold`` decides what a report suggests; presence has no such setting.
    """
    stored = _stored(settings)
    stated = {name: {HALF: 0.5} for name in HEAD_NAMES}
    stated[SUSPICION] = {SETTING: settings.suspicion_threshold}
    for name, value in stored.items():
        if name in stated:
            stated[name][STORED] = value
    return stated


def _stored(settings: Settings) -> Mapping[str, float]:
    path = (settings.weights_dir or COMPACT_WEIGHTS) / CARD_NAME
    try:
        return _CardThresholds.model_validate_json(path.read_bytes()).thresholds
    except (OSError, ValidationError):
        return {}
