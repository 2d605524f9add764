"""Projects places in the breast into a view, and tissue along the ray into attenuation."""

import numpy as np
import numpy.typing as npt

from mammovlm.study import ViewPosition
from mammovlm.training.phantoms.noise import Field
from mammovlm.training.phantoms.outline import OBLIQUE, Outline
from mammovlm.training.phantoms.truth import BreastPoint

FAT_PER_MM = 0.0456
GLAND_PER_MM = 0.0802
CANCER_PER_MM = 0.0844
"""Linear attenuation at 20 keV of fat, fibroglandular tissue and ductal carcinoma (Johns & Yaffe,
Phys Med Biol 1987, table 3), per millimetre."""
CALCIUM_PER_MM = 1.2
"""Calcification, hydroxyapatite partly filled, at 20 keV, per millimetre."""
SKIN_MM = 1.7


def project(point: BreastPoint, position: ViewPosition, outline: Outline) -> tuple[float, float]:
    """Give row and column in millimetres at which a place of the breast is seen.

    Places that compression would bring under the skin are kept 5 mm inside it.
    """
    along = point.lateral
    if position is ViewPosition.MLO:
        along = OBLIQUE * (point.cranial + point.lateral)
    reach = outline.reach_mm[0] if along >= 0 else outline.reach_mm[1]
    row = outline.centre_mm - along * reach
    column = point.depth * outline.depth_mm
    return row, min(column, _deepest(outline, row, margin_mm=5.0))


def project_many(
    places: npt.NDArray[np.float32], position: ViewPosition, outline: Outline
) -> tuple[Field, Field]:
    """Project many places at once: columns depth, lateral, cranial; no correction at the skin."""
    along = places[:, 1]
    if position is ViewPosition.MLO:
        along = np.float32(OBLIQUE) * (places[:, 2] + places[:, 1])
    reach = np.where(along >= 0, *outline.reach_mm).astype(np.float32)
    return outline.centre_mm - along * reach, places[:, 0] * np.float32(outline.depth_mm)


def _deepest(outline: Outline, row_mm: float, margin_mm: float) -> float:
    """Give the largest column in millimetres that lies well inside the breast on a row."""
    spacing = outline.frame.spacing_mm
    row = int(np.clip(row_mm / spacing, 0, outline.frame.rows - 1))
    inside = np.flatnonzero(outline.inside_mm[row] > margin_mm)
    return float(inside[-1] * spacing) if inside.size else 0.0


def thickness(inside_mm: Field, compressed_mm: float, roundness: float) -> Field:
    """Give the compressed thickness along the ray, which falls off towards the skin.

    Parameters
    ----------
    inside_mm
        Distance to the skin.
    compressed_mm
        Distance of the plates.
    roundness
        Width of the rounded rim as a share of the thickness; 0.5 is a half circle.
    """
    rim = max(roundness * compressed_mm, 1e-3)
    share = np.clip(inside_mm / rim, 0, 1)
    return np.asarray(compressed_mm * np.sqrt(share * (2 - share)), dtype=np.float32)


def attenuation(
    inside_mm: Field, gland: Field, muscle: Field, compressed_mm: float, roundness: float
) -> tuple[Field, Field]:
    """Sum attenuation along the ray.

    Parameters
    ----------
    inside_mm
        Distance to the skin, millimetres.
    gland, muscle
        Shares 0..1 of the inner thickness that are fibroglandular and muscle.
    compressed_mm, roundness
        See `thickness`.

    Returns
    -------
    tuple of Field
        The line integral of attenuation (no unit), and the inner thickness in millimetres.
    """
    whole = thickness(inside_mm, compressed_mm, roundness)
    inner = thickness(inside_mm - SKIN_MM, max(compressed_mm - 2 * SKIN_MM, 1.0), roundness)
    dense = np.maximum(gland, muscle)
    integral = GLAND_PER_MM * (whole - inner)
    integral += inner * (FAT_PER_MM + (GLAND_PER_MM - FAT_PER_MM) * dense)
    return np.asarray(integral, dtype=np.float32), inner
