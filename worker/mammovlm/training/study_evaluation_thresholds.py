"""At which thresholds the heads are measured: the stated one, and one stored with the weights."""

from typing import Final

from mammovlm.model.heads import HEAD_NAMES, SUSPICION
from mammovlm.model.parts import COMPACT_WEIGHTS
from mammovlm.model.weights import WeightsFolder
from mammovlm.settings import Settings
from mammovlm.training.study_evaluation_measures import Thresholds

STORED: Final = "stored with the weights"
SETTING: Final = "setting suspicion_threshold"
HALF: Final = "one half"


def operating_thresholds(settings: Settings) -> Thresholds:
    """Give the thresholds to report: the stated one, and that of the weights' card if it has one.

    Parameters
    ----------
    settings
        ``suspicion_threshold`` decides what a report suggests; presence has no such setting.

    Raises
    ------
    WeightsUnusable
        Where the card cannot be understood.
    """
    stored = WeightsFolder(settings.weights_dir or COMPACT_WEIGHTS).card.thresholds
    stated = {name: {HALF: 0.5} for name in HEAD_NAMES}
    stated[SUSPICION] = {SETTING: settings.suspicion_threshold}
    for name, value in stored.items():
        if name in stated:
            stated[name][STORED] = value
    return stated


def fixed_thresholds(points: Thresholds) -> dict[str, float]:
    """Give one threshold a head: the one stored with the weights, else the first one stated."""
    return {
        name: each.get(STORED, next(iter(each.values()))) for name, each in points.items() if each
    }
