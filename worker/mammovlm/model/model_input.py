"""What the model reads of a study: prepared images, and what goes with them. No DICOM in it.

Preparing takes a tenth of a second a view and needs no weights, so it happens where the images are
decoded; what is left is small enough to hand to another process.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mammovlm.model.image_processor import ImageProcessor, Placement
from mammovlm.model.metadata_text import FIELDS
from mammovlm.model.presets import Preset
from mammovlm.study import LeftOut, Slot, Study, View


@dataclass(frozen=True)
class ViewInput:
    """One view as the networks take it.

    Parameters
    ----------
    slot, sop_instance_uid
        Which view, and the image it came from.
    grey
        float32, (1, height, width) of the preset, 0..1, background 0, chest wall at the left edge.
    placement
        Where the pixels of the view went.
    rows, columns
        Of the stored image.
    metadata
        What the text encoder may read, by the field names of `metadata_text`.
    """

    slot: Slot
    sop_instance_uid: str
    grey: npt.NDArray[np.float32] = field(repr=False, compare=False)
    placement: Placement
    rows: int
    columns: int
    metadata: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class ModelInput:
    """One study as the model takes it; parameters as those of `mammovlm.study.Study`."""

    study_instance_uid: str
    views: tuple[ViewInput, ...]
    missing: tuple[Slot, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Of the views, in their order."""
        return tuple(view.slot for view in self.views)


def prepared(study: Study, preset: Preset) -> ModelInput:
    """Crop, window and letterbox the views of a study for a preset."""
    processor = ImageProcessor(preset.height, preset.width)
    return ModelInput(
        study_instance_uid=study.study_instance_uid,
        views=tuple(_prepared(view, processor) for view in study.views),
        missing=study.missing,
        left_out=study.left_out,
    )


def _prepared(view: View, processor: ImageProcessor) -> ViewInput:
    grey, placement = processor.placed(view.pixels, view.breast)
    rows, columns = view.pixels.shape
    return ViewInput(
        slot=view.slot,
        sop_instance_uid=view.source.sop_instance_uid,
        grey=grey.numpy(),
        placement=placement,
        rows=rows,
        columns=columns,
        metadata={name: text for name, text in view.metadata.items() if name in FIELDS},
    )
