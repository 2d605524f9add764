"""What the weights decide: density, expert, embedding, likelihoods, words. Knows no DICOM."""

import os

# Threads that wait asleep make the language model half as fast, threads that wait awake for long
# stop it on a busy machine: a fraction of a millisecond awake lies between. libgomp reads this
# when torch is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

from mammovlm.model.torchvision_operators import declare_missing_operators

declare_missing_operators()  # timm and transformers import torchvision, whichever comes first

from mammovlm.model.mammovlm import MammoVLM  # noqa: E402
from mammovlm.model.model import Model  # noqa: E402
from mammovlm.model.model_output import ModelOutput  # noqa: E402

__all__ = ["MammoVLM", "Model", "ModelOutput"]
