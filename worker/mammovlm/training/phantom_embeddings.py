"""Embeddings and findings of phantom exams, for the stages that tune the language model on them."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from mammovlm.explanation.facts import ScoreRange, score_range
from mammovlm.findings import BreastFindings
from mammovlm.model.aggregation import SIDES
from mammovlm.model.density_selector import DensityHead
from mammovlm.model.heads import PRESENCE, SUSPICION, Head
from mammovlm.training.compact_joint import JointOutcome
from mammovlm.training.compact_run import Collected
from mammovlm.training.joint_data import breast_means, study_densities
from mammovlm.training.joint_evaluation import fused_breasts

_RANGES = tuple(ScoreRange)


def write_embeddings(
    path: Path,
    collected: Collected,
    selector: DensityHead,
    outcome: JointOutcome,
    *,
    trained_on: str,
) -> None:
    """Write what the model makes of every woman of stage S2.

    Parameters
    ----------
    path
        A safetensors file with ``embeddings`` float32 (exams, 4, 128), views in hanging order;
        ``density`` (exams,), 0..3 for A..D of the study; ``scores`` (exams, 2), right breast first,
        0..2 as in `ScoreRange`; and ``held_out`` (exams,), not 0 for women kept back.
    collected, selector, outcome
        Of the run.
    trained_on
        In words, for the model card.
    """
    data, model = outcome.data, outcome.model
    women = torch.cat([collected.train, collected.validation, collected.test])
    _, views = study_densities(selector, collected.phantoms.selector[women])
    breasts = breast_means(views)
    with torch.inference_mode():
        embeddings = model.umicon(data.vectors.flatten(0, 1)).view(len(data.routes), 4, -1)
        fused = fused_breasts(model, data)
        logits = {name: outcome.heads[name](fused) for name in (PRESENCE, SUSPICION)}
    held_out = torch.zeros(len(data.routes), dtype=torch.int64)
    held_out[outcome.women.validation] = held_out[outcome.women.test] = 1
    save_file(
        {
            "embeddings": embeddings.contiguous(),
            "density": breasts.argmax(-1).amax(-1).contiguous(),
            "scores": _scores(outcome.heads, logits),
            "held_out": held_out,
        },
        path,
        {"trained_on": trained_on},
    )


def _scores(heads: dict[str, Head], logits: dict[str, Tensor]) -> Tensor:
    """Put the scores of each breast into words, as a report does; (exams, 2) of `ScoreRange`."""
    exams = len(logits[SUSPICION])
    scores = torch.zeros(exams, len(SIDES), dtype=torch.int64)
    for exam in range(exams):
        for column, side in enumerate(SIDES):
            presence, suspicion = (
                heads[name].likelihood(logits[name][exam, column : column + 1])
                for name in (PRESENCE, SUSPICION)
            )
            found = score_range(BreastFindings(side, None, presence, suspicion), threshold=0.5)
            scores[exam, column] = _RANGES.index(found or ScoreRange.MIDDLE)
    return scores
