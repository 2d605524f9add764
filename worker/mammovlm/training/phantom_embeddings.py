"""Embeddings and findings of phantom exams, for the stages that tune the language model on them."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from mammovlm.model.density_selector import DensityHead
from mammovlm.model.heads import PRESENCE, SUSPICION, Head
from mammovlm.training.compact_joint import JointOutcome
from mammovlm.training.compact_run import Collected
from mammovlm.training.joint_data import breast_means, study_densities
from mammovlm.training.joint_evaluation import fused_breasts


def write_embeddings(
    path: Path, collected: Collected, selector: DensityHead, outcome: JointOutcome
) -> None:
    """Write what the model makes of every phantom exam of a run.

    Parameters
    ----------
    path
        A safetensors file with ``embeddings`` (exams, 4, 128), views in hanging order; ``density``
        (exams, 4) of the study; ``breast_density`` (exams, 2, 4), ``presence`` and ``suspicion``
        (exams, 2), right breast first, calibrated; and ``split`` (exams,): 0 training, 1
        validation, 2 test.
    """
    data, model = outcome.data, outcome.model
    _, views = study_densities(selector, collected.phantoms.selector)
    breasts = breast_means(views)
    denser = breasts.argmax(-1).argmax(-1)
    with torch.inference_mode():
        embeddings = model.umicon(data.vectors.flatten(0, 1)).view(len(data.routes), 4, -1)
    fused = fused_breasts(model, data)
    split = torch.zeros(len(data.routes), dtype=torch.int64)
    split[collected.validation], split[collected.test] = 1, 2
    save_file(
        {
            "embeddings": embeddings.contiguous(),
            "density": breasts[torch.arange(len(denser)), denser].contiguous(),
            "breast_density": breasts.contiguous(),
            "presence": _likelihood(outcome.heads[PRESENCE], fused),
            "suspicion": _likelihood(outcome.heads[SUSPICION], fused),
            "split": split,
        },
        path,
    )


def _likelihood(head: Head, fused: Tensor) -> Tensor:
    with torch.inference_mode():
        return head.calibrated(head(fused)[..., 0]).contiguous()
