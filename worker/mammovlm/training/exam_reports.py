"""The reports of phantom exams as the text branch reads them: described, never assessed.

Only training sees them: when a study arrives at a PACS there is no report yet (four-systems A9).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from mammovlm.training.kept_encodings import Encode
from mammovlm.training.phantoms import CaseMix, phantom_truths
from mammovlm.training.phantoms.truth import BreastTruth
from mammovlm.training.reports import Renderer, findings_of, render, scrub


def breast_report(breast: BreastTruth, seed: int) -> str:
    """Write the radiologist's description of one breast, without category and verdict (A10).

    Parameters
    ----------
    breast
        What is true of it.
    seed
        Chooses among synonyms.
    """
    return scrub(render(findings_of((breast,)), Renderer.RADIOLOGY, seed))


@torch.no_grad()
def exam_reports(
    seeds: Sequence[int], text_encoder: Encode, case_mix: CaseMix, batch: int = 32
) -> Tensor:
    """Encode the report of every breast and give it to the breast's views.

    Parameters
    ----------
    seeds
        Of the phantom exams.
    case_mix
        That they were drawn by.
    batch
        Texts that are encoded together.

    Returns
    -------
    Tensor
        (exams, 4, width), in hanging order.
    """
    texts = [
        breast_report(breast, 2 * seed + side)
        for seed in seeds
        for side, breast in enumerate(phantom_truths(seed, case_mix))
    ]
    encoded = torch.cat(
        [text_encoder(texts[start : start + batch]) for start in range(0, len(texts), batch)]
    )
    return encoded.view(len(seeds), 2, -1).repeat(1, 2, 1)
