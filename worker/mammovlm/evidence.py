"""The model's evidence itself, cell by cell, and where its cells lie in the stored image."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class EvidenceMap:
    """What the 3/4 likelihood rests on in every cell of one view.

    The class activation of the routed expert through UMiCon to the 3/4 logit, on the scale of the
    expert's lesion finder; the regions of the findings are its local maxima.

    Parameters
    ----------
    sop_instance_uid
        The image.
    logits
        Of the evidence that a finding of BI-RADS 3 or higher lies there, weighed by how much the
        cell changes the 3/4 logit; float32, (cell rows, cell columns), as the cells lie in the
        stored image; very low outside the breast.
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
