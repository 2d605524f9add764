"""Phantoms for training at tiny size: true labels beside pictures of noise."""

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import torch
from safetensors.torch import save_file

from mammovlm.training.phantom_exams import PhantomExams, truth_of
from mammovlm.training.phantoms import CaseMix, Patient, PhantomExam, phantom_truths

_PATIENT: Final = Patient(age=57, vendor="GE", thickness_mm=55, force_n=90, kvp=29, depth_mm=90)


def tiny_phantoms(seeds: Sequence[int], path: Path) -> PhantomExams:
    """Write noise of 64 × 48 pixels, as bright as the breasts are dense, and tell what is true."""
    truths = []
    chance = torch.Generator().manual_seed(0)
    views = torch.randint(1, 60, (len(seeds), 4, 64, 48), generator=chance)
    for row, seed in enumerate(seeds):
        breasts = phantom_truths(seed, CaseMix.TEACHING)
        truths.append(truth_of(PhantomExam(seed, _PATIENT, breasts, MappingProxyType({}))))
        views[row] += 40 * torch.tensor(truths[-1].densities)[[0, 1, 0, 1], None, None]
    save_file({"views": views.to(torch.uint8)}, path)
    pictures = tuple((path, row) for row in range(len(seeds)))
    return PhantomExams(pictures, torch.zeros(len(seeds), 4, 0), tuple(truths))
