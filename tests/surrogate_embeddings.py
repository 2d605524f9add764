"""Made-up embeddings that follow density and scores: a stand-in for UMiCon's, for tests only."""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file


def write_surrogate(path: Path, exams: int = 40, seed: int = 0, noise: float = 0.5) -> None:
    """Write a file as `mammovlm.training.explanation_pairs.read_exams` wants it."""
    draw = np.random.default_rng(seed)
    density = draw.integers(0, 4, exams)
    scores = draw.integers(0, 3, (exams, 2))
    of_density, of_score = draw.normal(size=(4, 128)), draw.normal(size=(3, 128))
    side = np.array([0, 1, 0, 1])  # hanging order: right and left in turn
    raw = of_density[density][:, None] + of_score[scores[:, side]]
    raw = raw + noise * draw.normal(size=raw.shape)
    save_file(
        {
            "embeddings": (raw / np.linalg.norm(raw, axis=2, keepdims=True)).astype(np.float32),
            "density": density,
            "scores": scores,
            "held_out": (np.arange(exams) % 4 == 0).astype(np.uint8),
        },
        path,
        metadata={"trained_on": "surrogate embeddings of a test"},
    )
