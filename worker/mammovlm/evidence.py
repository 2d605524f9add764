"""The model's evidence itself, cell by cell, and where its cells lie in the stored image."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class EvidenceMap:
    """What the routed expert's lesion finder saw in every cell of one view.

    Its most evident cells decide UMiCon's summary of the image, and so every likelihood; the
    regions of the findings are its local maxima.

    Parameters
    ----------
    sop_instance_uid
        The image.
    logits
        That a finding of BI-RADS 3 or higher lies there; float32, (cell rows, cell columns), as the
        cells lie in the stored image; very low outside the breast.
    top, left, bottom, right
        Edges of the cells in pixels of the stored image, from its upper left corner
        (PS3.3 C.18.6.1.2); they may lie outside it.
    marked_from
        Logit from which a local maximum is a region.
    """

    sop_instance_uid: str
    logits: npt.NDArray[np.float32] = field(repr=False, compare=False)
    top: float
    left: float
    bottom: float
    right: float
    marked_from: float
