"""RSNA Screening Mammography Breast Cancer Detection, 2022 (Kaggle): digital screening exams.

Layout: ``train.csv`` and ``train_images/<patient_id>/<image_id>.dcm``. Columns and values are from
public copies of the table's first lines and its data dictionary; the whole table was not at hand.
"""

from pathlib import Path

from mammovlm.findings import DensityCategory
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
from mammovlm.training.datasets.labels import LETTERED_DENSITIES, SIDES, VIEWS, Assessment, Truth
from mammovlm.training.datasets.layout import find_entry
from mammovlm.training.datasets.rows import ManifestRow
from mammovlm.training.datasets.tables import Cells, csv_rows, whole

NAME = "RSNA 2022"
_NEEDED = (
    "patient_id",
    "image_id",
    "laterality",
    "view",
    "cancer",
    "biopsy",
    "BIRADS",
    "density",
)
_OTHER_VIEWS = {"AT", "LM", "ML", "LMO", "XCCL"}
_DENSITIES = {"": frozenset[DensityCategory](), **LETTERED_DENSITIES}
_ASSESSMENTS = {
    "": None,
    "0": Assessment.INCOMPLETE,
    "1": Assessment.NEGATIVE,
    "2": Assessment.BENIGN,
}
_YES_NO = {"0": False, "1": True}


def import_rsna_2022(folder: Path, progress: Progress = silent) -> Imported:
    """Make a manifest of a local copy of the training set: one row a view.

    Labels hold for the breast. ``cancer`` is the outcome; ``biopsy`` tells whether tissue was
    taken, so that a breast without cancer has a benign biopsy only where there was one. The
    publisher names one exam a patient.

    Raises
    ------
    DataSetUnreadable
        Where the table is missing or has other columns.
    """
    table = find_entry(folder, "train.csv")
    images = table.parent / "train_images"
    views = list(csv_rows(table, _NEEDED))
    named = ((f"{cells['patient_id']}/{cells['image_id']}", cells) for cells in views)
    return collect(named, lambda cells: _row(cells, images), progress, len(views))


def _row(cells: Cells, images: Path) -> ManifestRow:
    if cells["view"] in _OTHER_VIEWS:
        raise ViewRefused(Reason.VIEW_NOT_STANDARD, cells["view"])
    has_cancer = known(_YES_NO, whole(cells["cancer"]), "cancer")
    was_biopsied = known(_YES_NO, whole(cells["biopsy"]), "biopsy")
    outcome = Truth.MALIGNANT if has_cancer else Truth.BENIGN
    return ManifestRow(
        patient=f"{NAME} {cells['patient_id']}",
        exam=f"{NAME} {cells['patient_id']}",
        laterality=known(SIDES, cells["laterality"], "laterality"),
        view=known(VIEWS, cells["view"], "view"),
        file=existing(images / cells["patient_id"] / f"{cells['image_id']}.dcm"),
        densities=known(_DENSITIES, cells["density"], "density"),
        birads=known(_ASSESSMENTS, whole(cells["BIRADS"]), "BIRADS"),
        biopsy=outcome if was_biopsied else None,
        outcome=outcome,
    )
