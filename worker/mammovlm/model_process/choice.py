"""Whether a worker has a model process."""

import torch

from mammovlm.settings import Settings


def wants_model_process(settings: Settings) -> bool:
    """Tell whether one process holds the model, or each worker process its own.

    "auto" means yes on a GPU. Looking for one here starts nothing on it: a worker's children could
    not use it any more.
    """
    if settings.model_process != "auto":
        return settings.model_process == "always"
    if settings.device == "auto":
        return torch.cuda.device_count() > 0
    return settings.device != "cpu"
