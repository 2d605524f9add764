"""VinDr-Mammo (Nguyen et al., Sci Data 10:277, 2023; PhysioNet): digital exams of four views.

Layout: ``breast-level_annotations.csv``, ``finding_annotations.csv`` and
``images/<study_id>/<image_id>.dicom``. The real tables are behind PhysioNet's access agreement:
columns and values are from its published description and from counts of the real values, not
checked row by row.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from mammovlm.training.datasets.imported import Imported, Progress, collect, existing, known, silent
from mammovlm.training.datasets.labels import (
    LETTERED_DENSITIES,
    SIDES,
    VIEWS,
    Assessment,
    FindingType,
    Split,
)
from mammovlm.training.datasets.layout import find_entry
from mammovlm.training.datasets.rows import ManifestRow
from mammovlm.training.datasets.tables import Cells, csv_rows

NAME = "VinDr-Mammo"
_BREASTS = "breast-level_annotations.csv"
_FINDINGS = "finding_annotations.csv"
_BREAST_COLUMNS = (
    "study_id",
    "image_id",
    "laterality",
    "view_position",
    "breast_birads",
    "breast_density",
    "split",
)
_DENSITIES = {f"DENSITY {letter}": each for letter, each in LETTERED_DENSITIES.items()}
_ASSESSMENTS = {f"BI-RADS {each}": Assessment(str(each)) for each in range(7)}
_SPLITS = {"training": None, "test": Split.TEST}
_CATEGORIES: Mapping[str, FindingType | None] = {
    "No Finding": None,
    "Mass": FindingType.MASS,
    "Suspicious Calcification": FindingType.CALCIFICATIONS,
    "Architectural Distortion": FindingType.ARCHITECTURAL_DISTORTION,
    "Asymmetry": FindingType.ASYMMETRY,
    "Focal Asymmetry": FindingType.FOCAL_ASYMMETRY,
    "Global Asymmetry": FindingType.GLOBAL_ASYMMETRY,
    "Skin Thickening": FindingType.SKIN_THICKENING,
    "Skin Retraction": FindingType.SKIN_RETRACTION,
    "Nipple Retraction": FindingType.NIPPLE_RETRACTION,
    "Suspicious Lymph Node": FindingType.LYMPH_NODE,
}
_FINDING_COLUMNS = ("image_id", "finding_categories")
_IN_LIST = re.compile(r"""['"]([^'"]+)['"]""")


def import_vindr_mammo(folder: Path, progress: Progress = silent) -> Imported:
    """Make a manifest of a local copy of VinDr-Mammo: one row a view.

    Assessments and densities are the readers' for the breast; there are no biopsies. Which exams
    are of one woman is not published: each study counts as a patient. Finding types are those
    marked in the view; the publisher marks findings of BI-RADS 3 and higher only.

    Raises
    ------
    DataSetUnreadable
        Where a table is missing or has other columns.
    """
    table = find_entry(folder, _BREASTS)
    marked: dict[str, list[str]] = {}
    for cells in csv_rows(find_entry(folder, _FINDINGS), _FINDING_COLUMNS):
        marked.setdefault(cells["image_id"], []).append(cells["finding_categories"])
    views = list(csv_rows(table, _BREAST_COLUMNS))

    def read(cells: Cells) -> ManifestRow:
        return _row(cells, table.parent / "images", marked.get(cells["image_id"]))

    named = ((f"{cells['study_id']}/{cells['image_id']}", cells) for cells in views)
    return collect(named, read, progress, len(views))


def _row(cells: Cells, images: Path, marked: Sequence[str] | None) -> ManifestRow:
    return ManifestRow(
        patient=f"{NAME} {cells['study_id']}",
        exam=f"{NAME} {cells['study_id']}",
        laterality=known(SIDES, cells["laterality"], "laterality"),
        view=known(VIEWS, cells["view_position"], "view_position"),
        file=existing(images / cells["study_id"] / f"{cells['image_id']}.dicom"),
        densities=known(_DENSITIES, cells["breast_density"], "breast_density"),
        birads=known(_ASSESSMENTS, cells["breast_birads"], "breast_birads"),
        finding_types=None if marked is None else _findings(marked),
        split=known(_SPLITS, cells["split"], "split"),
    )


def _findings(marked: Sequence[str]) -> frozenset[FindingType]:
    words = [word for cell in marked for word in _IN_LIST.findall(cell)]
    found = [known(_CATEGORIES, word, "finding_categories") for word in words]
    return frozenset(each for each in found if each is not None)
