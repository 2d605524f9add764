"""Real pictures that may be trained on, from a local copy: mini-MIAS films and M-SYNTH (VICTRE).

mini-MIAS (Suckling et al., Digital Mammogram Database, Exerpta Medica 1069, 1994) is for research
only; M-SYNTH (arXiv 2310.18494) is CC0. Neither is part of this project: folders are arguments.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import imagecodecs
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality, Slot, ViewPosition

Pixels = npt.NDArray[np.float32]

TISSUE_DENSITIES = MappingProxyType(
    {
        "F": frozenset({DensityCategory.A, DensityCategory.B}),
        "G": frozenset({DensityCategory.B, DensityCategory.C}),
        "D": frozenset({DensityCategory.C, DensityCategory.D}),
    }
)
"""mini-MIAS' fatty, fatty-glandular and dense-glandular in BI-RADS: each may be one of two."""
VICTRE_DENSITIES = MappingProxyType(
    {
        "fatty": DensityCategory.A,
        "scattered": DensityCategory.B,
        "hetero": DensityCategory.C,
        "dense": DensityCategory.D,
    }
)
MINI_MIAS_SPACING_MM = 0.2
"""50 µm films reduced to 200 µm."""


@dataclass(frozen=True)
class FilmMark:
    """A marked abnormality, in pixels of `Film.pixels`."""

    row: float
    column: float
    radius: float


@dataclass(frozen=True)
class Film:
    """One real or in-silico mammogram with what is known about it.

    Parameters
    ----------
    name
        File name without its ending.
    patient
        Same for all pictures of one woman, unique over data sets.
    source
        "mini-MIAS" or "M-SYNTH".
    slot
        Side, by where the chest wall lies, and view.
    pixels
        float32, 0..1, 0 = air, chest wall at its side.
    spacing_mm
        Pixel spacing; None where unknown.
    tissue
        mini-MIAS' own letter F, G or D; empty for M-SYNTH.
    densities
        BI-RADS compositions that the picture's own label allows.
    abnormality
        "NORM", "CIRC", "SPIC", "MISC", "ARCH", "ASYM", "CALC"; "MASS" for M-SYNTH, whose
        pictures may all hold one.
    severity
        "B", "M" or empty.
    marks
        Places of the abnormalities that have one.
    """

    name: str
    patient: str
    source: str
    slot: Slot
    pixels: Pixels = field(repr=False, compare=False)
    spacing_mm: float | None
    tissue: str
    densities: frozenset[DensityCategory]
    abnormality: str
    severity: str
    marks: tuple[FilmMark, ...] = ()


def load_mini_mias(folder: Path) -> tuple[Film, ...]:
    """Read mini-MIAS films: ``labels.csv`` and ``images/*.png``.

    Where a film has several abnormalities, the worst severity and its abnormality count and all
    marks are kept.

    Raises
    ------
    FileNotFoundError
        Where the table or a film is missing.
    ValueError
        Where the table has not the expected columns.
    """
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    needed = {"image", "patient", "tissue", "abnormality", "severity", "x_px", "y_px_from_bottom"}
    if not rows or not needed <= rows[0].keys():
        msg = f"labels.csv needs the columns {', '.join(sorted(needed))}"
        raise ValueError(msg)
    by_image: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_image.setdefault(row["image"], []).append(row)
    return tuple(_mini_mias_film(folder, name, found) for name, found in by_image.items())


def _mini_mias_film(folder: Path, name: str, rows: Sequence[Mapping[str, str]]) -> Film:
    pixels = _grey(imagecodecs.png_decode((folder / "images" / f"{name}.png").read_bytes()))
    worst = max(rows, key=lambda row: " BM".find(row["severity"] or " "))
    marks = tuple(
        FilmMark(
            row=pixels.shape[0] - float(row["y_px_from_bottom"]),
            column=float(row["x_px"]),
            radius=float(row["radius_px"]),
        )
        for row in rows
        if row["x_px"]
    )
    return Film(
        name=name,
        patient=f"mini-MIAS {worst['patient']}",
        source="mini-MIAS",
        slot=Slot(chest_wall_side(pixels), ViewPosition.MLO),
        pixels=pixels,
        spacing_mm=MINI_MIAS_SPACING_MM,
        tissue=worst["tissue"],
        densities=TISSUE_DENSITIES[worst["tissue"]],
        abnormality=worst["abnormality"],
        severity=worst["severity"],
        marks=marks,
    )


def load_victre(folder: Path) -> tuple[Film, ...]:
    """Read M-SYNTH pictures: ``metadata.json`` and ``images/*.jpg``.

    The pictures hang with the chest wall on top; they are turned so that it lies at the left.
    Breast size goes with density there (fatty ones are the largest), and several pictures show
    the same breast at another dose or lesion size: those share a patient.

    Raises
    ------
    FileNotFoundError
        Where the list or a picture is missing.
    """
    entries = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))["images"]
    return tuple(_victre_picture(folder, entry) for entry in entries)


def _victre_picture(folder: Path, entry: Mapping[str, str]) -> Film:
    upright = _grey(imagecodecs.jpeg8_decode((folder / "images" / entry["filename"]).read_bytes()))
    density = VICTRE_DENSITIES[entry["breast_density"]]
    return Film(
        name=Path(entry["filename"]).stem,
        patient=f"M-SYNTH {density} {entry['patient_id']}",
        source="M-SYNTH",
        slot=Slot(Laterality.LEFT, ViewPosition.CC),
        pixels=np.ascontiguousarray(upright.T),
        spacing_mm=None,
        tissue="",
        densities=frozenset({density}),
        abnormality="MASS",
        severity="",
    )


def _grey(stored: npt.NDArray[np.uint8]) -> Pixels:
    picture = stored if stored.ndim == 2 else stored[..., 0]
    return picture.astype(np.float32) / np.float32(255)


def chest_wall_side(pixels: Pixels) -> Laterality:
    """Tell the side from where the chest wall lies: left breasts have it at the left.

    The chest wall is the upright edge at which the breast is cut off: more of the breast's rows
    end at its outermost column there than at the curved side.
    """
    breast = largest_bright_part(pixels[::4, ::4])
    rows = np.flatnonzero(breast.any(axis=1))
    first = breast[rows].argmax(axis=1)
    last = breast.shape[1] - 1 - breast[rows, ::-1].argmax(axis=1)
    near = max(1, breast.shape[1] // 100)
    at_left = int(np.sum(first <= np.quantile(first, 0.02) + near))
    at_right = int(np.sum(last >= np.quantile(last, 0.98) - near))
    return Laterality.LEFT if at_left >= at_right else Laterality.RIGHT


def largest_bright_part(pixels: Pixels, threshold: float = 0.12) -> npt.NDArray[np.bool_]:
    """Find the breast as the largest connected part brighter than a threshold (0..1)."""
    labels, count = ndimage.label(ndimage.binary_opening(pixels > threshold, iterations=2))
    if count == 0:
        return np.ones(pixels.shape, dtype=np.bool_)
    sizes = np.bincount(labels.ravel())[1:]
    return np.asarray(labels == 1 + int(sizes.argmax()))


def patient_folds(films: Sequence[Film], folds: int, seed: int) -> tuple[tuple[int, ...], ...]:
    """Split films into folds so that no woman is in two of them.

    Women are spread by their density label, so that every fold has all of them.

    Parameters
    ----------
    films
        Films of any number of data sets.
    folds
        How many, at least 2.
    seed
        Same seed, same folds.

    Returns
    -------
    tuple of tuple of int
        Indices into ``films``, one tuple a fold.

    Raises
    ------
    ValueError
        Where there are fewer women than folds.
    """
    women: dict[str, list[int]] = {}
    for index, film in enumerate(films):
        women.setdefault(film.patient, []).append(index)
    if folds < 2 or len(women) < folds:
        msg = f"{len(women)} patients cannot make {folds} folds"
        raise ValueError(msg)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(women))
    names = [list(women)[index] for index in order]
    names.sort(key=lambda name: sorted(films[women[name][0]].densities))
    parts: list[list[int]] = [[] for _ in range(folds)]
    for place, name in enumerate(names):
        parts[place % folds] += women[name]
    return tuple(tuple(sorted(part)) for part in parts)
