"""Evidence that fits findings: high where they mark a region, low everywhere else."""

import numpy as np

from mammovlm.evidence import EvidenceMap
from mammovlm.findings import Findings
from mammovlm.study import Study

MARKED_FROM = 2.4
CELL = 5.0


def evidence_of(study: Study, findings: Findings) -> tuple[EvidenceMap, ...]:
    """Give a map of cells of 5 pixels for each view."""
    maps = []
    for view, found in zip(study.views, findings.views, strict=True):
        rows, columns = (max(1, round(n / CELL)) for n in view.pixels.shape)
        logits = np.full((rows, columns), -4.0, np.float32)
        for region in found.regions:
            row, column = min(region.row, rows * CELL - 1), min(region.column, columns * CELL - 1)
            down, across = ((np.arange(count) + 0.5) * CELL for count in (rows, columns))
            inside = ((down - row) / region.row_radius)[:, None] ** 2 + (
                (across - column) / region.column_radius
            ) ** 2 < 1
            logits[inside] = MARKED_FROM + 3
            logits[int(row // CELL), int(column // CELL)] = MARKED_FROM + 3
        edges = (0.0, 0.0, rows * CELL, columns * CELL)
        maps.append(EvidenceMap(found.sop_instance_uid, logits, *edges, MARKED_FROM))
    return tuple(maps)
