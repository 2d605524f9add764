"""A study of noise, and words about it, to run everything once before the first real study."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from mammovlm.model.image_processor import Placement
from mammovlm.model.model_input import ModelInput, ViewInput
from mammovlm.model.presets import Preset
from mammovlm.model.write_request import WriteRequest
from mammovlm.study import HANGING_ORDER, Slot

_PROMPT: Final = (
    "Breasts: right, left. Missing: none. Density: very dense. Score: right unknown, left unknown. "
    "Tell the patient."
)
_LIKELY: Final = "A computer has read the X-ray images of both breasts. A doctor will read them."


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


def made_up_request(preset: Preset, slots: Sequence[Slot]) -> WriteRequest:
    """Ask for a text in the form in which a worker asks for a report's.

    Its prompt is as long and it has drafts, so that what is made for it serves real studies too.
    """
    size = preset.umicon.size
    rows = np.full((len(slots), size), size**-0.5, dtype=np.float32)
    return WriteRequest(_PROMPT, rows, slots, (_LIKELY,))
