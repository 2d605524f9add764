"""A study of noise, to run every network once before the first real one."""

import numpy as np

from mammovlm.model.image_processor import Placement
from mammovlm.model.model_input import ModelInput, ViewInput
from mammovlm.model.presets import Preset
from mammovlm.study import HANGING_ORDER


def made_up_input(preset: Preset) -> ModelInput:
    """Make four views of grey noise beside background, of the preset's size; always the same."""
    rng = np.random.default_rng(0)
    grey = np.zeros((1, preset.height, preset.width), dtype=np.float32)
    tissue = grey[:, :, : preset.width // 2]
    tissue[:] = rng.random(tissue.shape, dtype=np.float32)
    placement = Placement(row=0, column=0, scale=1, rows_above=0, mirrored_width=None)
    views = (
        ViewInput(slot, "", grey, placement, preset.height, preset.width, {})
        for slot in HANGING_ORDER
    )
    return ModelInput("", tuple(views))
