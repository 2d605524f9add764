"""A model that is loaded and, where its first run is slow, has run once."""

import torch

from mammovlm.errors import DeviceUnusable
from mammovlm.model.mammovlm import MammoVLM
from mammovlm.settings import Settings


def ready_model(settings: Settings) -> MammoVLM:
    """Load the preset that the settings name; on a GPU also run it once on a made-up study.

    Raises
    ------
    WeightsUnusable
        Where weights are missing, damaged or not the expected ones.
    DeviceUnusable
        Where the device is missing or its memory does not suffice.
    """
    try:
        model = MammoVLM.load(settings)
        if model.on_gpu:
            model.warm_up()
    except torch.OutOfMemoryError as error:
        raise DeviceUnusable(
            "The GPU's memory does not suffice for the model and its first study. End other "
            "programs on it, or set MAMMOVLM_QUANTISE (see docs/operations.md)."
        ) from error
    return model
