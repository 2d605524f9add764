"""Hybrids in the form in which experts learn lesions: prepared like phantoms, with their truth.

One real film gives one "exam" of four pictures: its right breast's are two pictures of one lesion,
its left breast's two of another, each somewhere else in the film. Only stage "lesions" reads them:
no woman has four such views, so UMiCon and heads never see one.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mammovlm.findings import DensityCategory
from mammovlm.model.image_processor import ImageProcessor
from mammovlm.training.features import CompactEncoders
from mammovlm.training.hybrids import (
    Background,
    background_of,
    hybrid,
    normal_films,
    women_of_hybrids,
)
from mammovlm.training.phantom_exams import (
    COLUMNS,
    ROWS,
    SHARD,
    ExamTruth,
    PhantomExams,
    SeenLesion,
    joined,
    phantoms_fingerprint,
    read_shard,
    write_shard,
)
from mammovlm.training.phantoms import Lesion, draw_lesion
from mammovlm.training.real_films import Film

ASSESSMENTS = (2, 3, 4, 5)
_SHARES = (0.2, 0.25, 0.35, 0.2)
VIEWS = 4


def hybrid_exams(
    films: Sequence[Film],
    count: int,
    folder: Path,
    encoders: CompactEncoders,
    progress: Callable[[int], None] = lambda done: None,
) -> PhantomExams:
    """Give hybrid exams, from the folder where they are there already.

    Parameters
    ----------
    films
        Those without a finding are used, in turn, of every second woman; see `women_of_hybrids`.
    count
        Exams.
    folder
        Where shards are kept, below a folder named after films and code.
    encoders
        The selector's is asked.
    progress
        Told the number of exams done.

    Raises
    ------
    ValueError
        Where no film of these women is normal.
    """
    women = women_of_hybrids(films)
    normal = normal_films([film for film in films if film.patient in women])
    if not normal:
        raise ValueError("no film is without a finding")
    home = folder / f"hybrids-{_fingerprint(normal)[:12]}"
    home.mkdir(parents=True, exist_ok=True)
    shards = []
    for start in range(0, count, SHARD):
        seeds = range(start, min(start + SHARD, count))
        path = home / f"{seeds[0]:06d}-{seeds[-1]:06d}.safetensors"
        if not path.is_file():
            exams = [_exam(normal[seed % len(normal)], seed) for seed in seeds]
            write_shard(path, exams, encoders)
        shards.append(read_shard(path))
        progress(seeds[-1] + 1)
    return joined(iter(shards))


def _exam(film: Film, seed: int) -> tuple[Tensor, ExamTruth]:
    """Make four pictures of one film; the sides stand for two lesions."""
    background, rng = background_of(film), np.random.default_rng([seed, 13])
    lesions = [draw_lesion(rng, int(rng.choice(ASSESSMENTS, p=_SHARES))) for _ in range(VIEWS // 2)]
    pictures, marks = [], []
    for view in range(VIEWS):
        picture, mark = _prepared(background, lesions[view % 2], view, VIEWS * seed + view)
        pictures.append(picture)
        marks.append(mark)
    right, left = lesions
    category = sorted(film.densities, key=list(DensityCategory).index)[-1]
    density = list(DensityCategory).index(category)
    truth = ExamTruth(
        seed=seed,
        densities=(density, density),
        assessments=(right.assessment, left.assessment),
        suspicious=(_suspicious(right), _suspicious(left)),
        metadata={},
        lesions=tuple(marks),
    )
    return torch.stack(pictures), truth


def _prepared(
    background: Background, lesion: Lesion, view: int, seed: int
) -> tuple[Tensor, SeenLesion]:
    made = hybrid(background, lesion, seed)
    prepared, placement = ImageProcessor(ROWS, COLUMNS).placed(made.pixels)
    row, column = placement.to_input(made.mark.row, made.mark.column)
    radius = made.mark.radius * placement.scale
    seen = SeenLesion(view, row, column, radius, lesion.assessment, str(lesion.kind))
    return (prepared[0] * 255).round().byte(), seen


def _suspicious(lesion: Lesion) -> int:
    """Give the 3-versus-4 label corrected by biopsy; -1 where it is not asked."""
    if lesion.assessment < 3:
        return -1
    return int(lesion.assessment > 3 and lesion.malignant)


def _fingerprint(films: Sequence[Film]) -> str:
    """Hash the films and the code that lesions and preparation depend on."""
    code = (Path(__file__).parent / name for name in ("hybrids.py", "grey_curves.py"))
    told = hashlib.sha256(phantoms_fingerprint().encode())
    for path in (*code, Path(__file__)):
        told.update(path.read_bytes())
    for film in films:
        told.update(film.name.encode() + film.pixels.tobytes())
    return told.hexdigest()
