"""Embeddings and findings of phantom exams, for the stages that tune the language model on them."""

from collections.abc import Mapping
from dataclasses import dataclass
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
from mammovlm.training.joint_data import study_densities
from mammovlm.training.joint_evaluation import fused_breasts

_RANGES = tuple(ScoreRange)


@dataclass(frozen=True)
class EmbeddedExams:
    """Exams as stage S2 leaves them.

    Parameters
    ----------
    embeddings
        UMiCon's, float32, (exams, 4, 128), views in hanging order.
    density
        Of the study, 0..3 for A..D, (exams,).
    fused
        The mean of each breast's views, right first, (exams, 2, 256).
    held_out
        (exams,), not 0 for women kept back.
    """

    embeddings: Tensor
    density: Tensor
    fused: Tensor
    held_out: Tensor


def save_embeddings(
    path: Path, exams: EmbeddedExams, heads: Mapping[str, Head], *, trained_on: str
) -> None:
    """Write what the language model is tuned on.

    Parameters
    ----------
    path
        A safetensors file with ``embeddings``, ``density`` and ``held_out`` as above, and
        ``scores`` (exams, 2), right breast first, 0..2 as in `ScoreRange`.
    exams
        Those of training and those kept back.
    heads
        Both, calibrated.
    trained_on
        In words, for the model card.
    """
    with torch.inference_mode():
        logits = {name: heads[name](exams.fused) for name in (PRESENCE, SUSPICION)}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(
        {
            "embeddings": exams.embeddings.contiguous(),
            "density": exams.density.contiguous(),
            "scores": _scores(heads, logits),
            "held_out": exams.held_out,
        },
        path,
        {"trained_on": trained_on},
    )


def write_embeddings(
    path: Path,
    collected: Collected,
    selector: DensityHead,
    outcome: JointOutcome,
    *,
    trained_on: str,
) -> None:
    """Write what the model makes of every woman of stage S2; see `save_embeddings`.

    Parameters
    ----------
    collected, selector, outcome
        Of the run.
    """
    data, model = outcome.data, outcome.model
    women = torch.cat([collected.train, collected.validation, collected.test])
    categories, _ = study_densities(selector, collected.phantoms.selector[women])
    with torch.inference_mode():
        embeddings = model.umicon(data.vectors.flatten(0, 1)).view(len(data.routes), 4, -1)
        fused = fused_breasts(model, data)
    held_out = torch.zeros(len(data.routes), dtype=torch.int64)
    held_out[outcome.women.validation] = held_out[outcome.women.test] = 1
    exams = EmbeddedExams(embeddings, torch.tensor(categories), fused, held_out)
    save_embeddings(path, exams, outcome.heads, trained_on=trained_on)


def _scores(heads: Mapping[str, Head], logits: Mapping[str, Tensor]) -> Tensor:
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
