"""What the weights decide: density, expert, embedding, likelihoods, words. Knows no DICOM."""

from mammovlm.model.mammovlm import MammoVLM, ModelOutput

__all__ = ["MammoVLM", "ModelOutput"]
