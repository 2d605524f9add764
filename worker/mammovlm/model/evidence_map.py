"""From the cells of the lesion finder to a map that lies as the stored image does."""

import numpy as np

from mammovlm.evidence import EvidenceMap
from mammovlm.model.lesion_finder import DecisiveCells
from mammovlm.model.regions import LEAST_EVIDENCE, InputGrid, corner


def evidence_map(sop_instance_uid: str, cells: DecisiveCells, grid: InputGrid) -> EvidenceMap:
    """Turn the cells of one view until they lie as in the stored image.

    Parameters
    ----------
    sop_instance_uid
        Of the view.
    cells
        Of one image.
    grid
        How its cells lie in the stored image.
    """
    top, first = corner(grid, 0, 0)
    bottom, last = corner(grid, grid.height, grid.width)
    logits = cells.weight[0].float().numpy()
    if last < first:
        logits, first, last = logits[:, ::-1], last, first
    return EvidenceMap(
        sop_instance_uid=sop_instance_uid,
        logits=np.ascontiguousarray(logits, dtype=np.float32),
        top=top,
        left=first,
        bottom=bottom,
        right=last,
        marked_from=LEAST_EVIDENCE,
    )
