"""INbreast (Moreira et al., Acad Radiol 19:236, 2012): digital exams with a BI-RADS assessment.

Layout: ``INbreast.csv`` (separated by semicolons) and
``AllDICOMs/<file name>_<patient>_MG_<side>_<view>_ANON.dcm``, and, where it was downloaded too,
``AllXML/<file name>.xml``. Columns, file names and values are
from public copies of the header line and from file names; the whole table was not at hand.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mammovlm.findings import DensityCategory
from mammovlm.study import ViewPosition
from mammovlm.training.datasets.imported import (
    Imported,
    Progress,
    Reason,
    ViewRefused,
    collect,
    known,
    silent,
)
from mammovlm.training.datasets.inbreast_findings import finding_types
from mammovlm.training.datasets.labels import ASSESSMENTS, NUMBERED_DENSITIES, SIDES
from mammovlm.training.datasets.layout import files_below, find_entry
from mammovlm.training.datasets.rows import ManifestRow
from mammovlm.training.datasets.tables import Cells, csv_rows, whole

NAME = "INbreast"
_NEEDED = ("Laterality", "View", "Acquisition date", "File Name", "ACR", "Bi-Rads")
_DENSITIES = {"": frozenset[DensityCategory](), **NUMBERED_DENSITIES}
_VIEWS = {"CC": ViewPosition.CC, "MLO": ViewPosition.MLO, "ML": ViewPosition.MLO}
"""In file names, and perhaps in the table, INbreast writes ML for its oblique views."""


def import_inbreast(folder: Path, progress: Progress = silent) -> Imported:
    """Make a manifest of a local copy of INbreast: one row a view.

    The patient is in the file's name (the table has it removed), the exam is the patient's images
    of one acquisition date. Finding types come from ``AllXML`` beside the table, and are empty
    without it; biopsies are not published.

    Raises
    ------
    DataSetUnreadable
        Where the table or the folder of images is missing, or the table has other columns.
    """
    table = find_entry(folder, "INbreast.csv")
    files: dict[str, list[Path]] = {}
    for file in files_below(find_entry(folder, "AllDICOMs"), ".dcm"):
        files.setdefault(file.name.split("_")[0], []).append(file)
    views = list(csv_rows(table, _NEEDED, delimiter=";"))
    annotations = table.parent / "AllXML"
    named = ((cells["File Name"], cells) for cells in views)
    return collect(named, lambda cells: _row(cells, files, annotations), progress, len(views))


def _row(cells: Cells, files: Mapping[str, Sequence[Path]], annotations: Path) -> ManifestRow:
    fitting = files.get(whole(cells["File Name"]), [])
    if len(fitting) != 1:
        raise ViewRefused(Reason.SEVERAL_FILES if fitting else Reason.FILE_MISSING)
    annotation = annotations / f"{whole(cells['File Name'])}.xml"
    patient = f"{NAME} {fitting[0].stem.split('_')[1]}"
    return ManifestRow(
        patient=patient,
        exam=f"{patient} {cells['Acquisition date']}",
        laterality=known(SIDES, cells["Laterality"], "Laterality"),
        view=known(_VIEWS, cells["View"], "View"),
        file=fitting[0],
        densities=known(_DENSITIES, whole(cells["ACR"]), "ACR"),
        birads=known(ASSESSMENTS, whole(cells["Bi-Rads"]).upper(), "Bi-Rads"),
        finding_types=finding_types(annotation) if annotations.is_dir() else None,
    )
