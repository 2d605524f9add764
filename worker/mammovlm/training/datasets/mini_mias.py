"""mini-MIAS (Suckling et al., Exerpta Medica 1069, 1994): digitised MLO films, research use only.

Layout: ``labels.csv`` with the columns image, patient, tissue, abnormality and severity (the
publisher's list as a table, with the patient number written out) and ``images/<image>.png``.
Checked with the real table.
"""

from collections.abc import Sequence
from pathlib import Path

import imagecodecs
import numpy as np

from mammovlm.study import ViewPosition
from mammovlm.training.datasets.imported import (
    Imported,
    Progress,
    Reason,
    ViewRefused,
    collect,
    existing,
    known,
    silent,
)
from mammovlm.training.datasets.labels import FindingType, Truth, worst_truth
from mammovlm.training.datasets.layout import find_entry
from mammovlm.training.datasets.rows import ManifestRow
from mammovlm.training.datasets.tables import Cells, csv_rows
from mammovlm.training.real_films import TISSUE_DENSITIES, chest_wall_side

NAME = "mini-MIAS"
_NEEDED = ("image", "patient", "tissue", "abnormality", "severity")
_ABNORMALITIES = {
    "NORM": None,
    "CALC": FindingType.CALCIFICATIONS,
    "CIRC": FindingType.MASS,  # well-defined mass
    "SPIC": FindingType.MASS,  # spiculated mass
    "MISC": FindingType.MASS,  # other, ill-defined mass
    "ARCH": FindingType.ARCHITECTURAL_DISTORTION,
    "ASYM": FindingType.ASYMMETRY,
}
_SEVERITIES = {"": Truth.BENIGN, "B": Truth.BENIGN, "M": Truth.MALIGNANT}
"""Only normal films have no severity."""


def import_mini_mias(folder: Path, progress: Progress = silent) -> Imported:
    """Make a manifest of a local copy of mini-MIAS: one row a film.

    Tissue is not BI-RADS: fatty may be A or B, fatty-glandular B or C, dense-glandular C or D. The
    publisher does not say how a severity was found out, so it is an outcome and no biopsy. The side
    is read from the film, by where the chest wall lies.

    Raises
    ------
    DataSetUnreadable
        Where the table is missing or has other columns.
    """
    table = find_entry(folder, "labels.csv")
    films: dict[str, list[Cells]] = {}
    for cells in csv_rows(table, _NEEDED):
        films.setdefault(cells["image"], []).append(cells)
    images = table.parent / "images"
    return collect(films.items(), lambda film: _row(film, images), progress, len(films))


def _row(film: Sequence[Cells], images: Path) -> ManifestRow:
    first = film[0]
    file = existing(images / f"{first['image']}.png")
    kinds = {known(_ABNORMALITIES, each["abnormality"], "abnormality") for each in film}
    return ManifestRow(
        patient=f"{NAME} {first['patient']}",
        exam=f"{NAME} {first['patient']}",
        laterality=chest_wall_side(_pixels(file)),
        view=ViewPosition.MLO,
        file=file,
        densities=known(TISSUE_DENSITIES, first["tissue"], "tissue"),
        outcome=worst_truth(known(_SEVERITIES, each["severity"], "severity") for each in film),
        finding_types=frozenset(kind for kind in kinds if kind is not None),
    )


def _pixels(file: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    try:
        stored = imagecodecs.png_decode(file.read_bytes())
    except (OSError, ValueError, imagecodecs.PngError) as error:
        raise ViewRefused(Reason.UNREADABLE) from error
    grey = stored if stored.ndim == 2 else stored[..., 0]
    return np.asarray(grey, np.float32) / np.float32(255)
