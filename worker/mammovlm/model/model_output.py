"""What the model makes of a study: findings, embeddings and the evidence behind the regions."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mammovlm.evidence import EvidenceMap
from mammovlm.findings import Findings


@dataclass(frozen=True)
class ModelOutput:
    """What the model makes of one study.

    Parameters
    ----------
    findings
        Every number, from trained heads only.
    embeddings
        UMiCon's embeddings, float32, (views, 128): one row of length 1 per view of ``findings``;
        rows of zeros where UMiCon is untrained.
    evidence
        Of every view, from which its regions were taken; none where nothing looks for them.
    """

    findings: Findings
    embeddings: npt.NDArray[np.float32] = field(repr=False, compare=False)
    evidence: tuple[EvidenceMap, ...] = field(default=(), repr=False, compare=False)
