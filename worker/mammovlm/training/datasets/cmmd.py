"""CMMD, the Chinese Mammography Database (Cui et al., 2021; TCIA): digital exams with biopsies.

Layout: ``CMMD_clinicaldata_revision.xlsx`` (or the same saved as ``.csv``) and ``CMMD/<patient>/``
with DICOM below, as the NBIA Data Retriever writes it. Columns and values are from public
descriptions of the table; it was not at hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mammovlm.study import Laterality
from mammovlm.training.datasets.dicom_folder import import_dicom_folder
from mammovlm.training.datasets.imported import (
    Imported,
    PassedOver,
    Progress,
    Reason,
    ViewRefused,
    known,
    silent,
)
from mammovlm.training.datasets.labels import SIDES, FindingType, Truth, worst_truth
from mammovlm.training.datasets.layout import find_entry
from mammovlm.training.datasets.rows import ManifestRow
from mammovlm.training.datasets.tables import Cells, csv_rows, excel_rows

NAME = "CMMD"
_TABLE = "CMMD_clinicaldata_revision"
_NEEDED = ("ID1", "LeftRight", "abnormality", "classification")
_ABNORMALITIES = {
    "mass": {FindingType.MASS},
    "calcification": {FindingType.CALCIFICATIONS},
    "both": {FindingType.MASS, FindingType.CALCIFICATIONS},
}
_CLASSIFICATIONS = {"benign": Truth.BENIGN, "malignant": Truth.MALIGNANT}


@dataclass(frozen=True)
class _Breast:
    findings: frozenset[FindingType]
    biopsy: Truth | None


def import_cmmd(folder: Path, progress: Progress = silent) -> Imported:
    """Make a manifest of a local copy of CMMD: one row a view.

    Side, view and patient are read from the DICOM headers. Every classification is
    biopsy-proven, for the breast; of the other breast, where it is not in the table, nothing is
    said. Assessment and density are not published.

    Raises
    ------
    DataSetUnreadable
        Where the table or the folder of images is missing, or the table has other columns.
    """
    table = find_entry(folder, f"{_TABLE}.xlsx", f"{_TABLE}.csv")
    breasts, unknown = _breasts(table)
    patients = {patient for patient, _ in breasts}
    images = import_dicom_folder(_images(folder), progress)
    passed = [*unknown, *images.passed_over]
    rows = []
    for row in images.rows:
        if row.patient in patients:
            rows.append(_labelled(row, breasts.get((row.patient, row.laterality))))
        else:
            passed.append(PassedOver(row.file.name, Reason.NOT_IN_TABLE))
    return Imported(tuple(rows), tuple(passed))


def _images(folder: Path) -> Path:
    """Give the folder of images: a user may also point at it and keep the table in it."""
    return folder if folder.name == "CMMD" else find_entry(folder, "CMMD")


def _breasts(
    table: Path,
) -> tuple[Mapping[tuple[str, Laterality], _Breast], list[PassedOver]]:
    read = csv_rows if table.suffix.lower() == ".csv" else excel_rows
    breasts: dict[tuple[str, Laterality], _Breast] = {}
    passed = []
    for cells in read(table, _NEEDED):
        try:
            key = cells["ID1"], known(SIDES, cells["LeftRight"].upper(), "LeftRight")
            breasts[key] = _breast(cells, breasts.get(key))
        except ViewRefused as refusal:
            name = f"{cells['ID1']} {cells['LeftRight']}"
            passed.append(PassedOver(name, refusal.reason, refusal.detail))
    return breasts, passed


def _breast(cells: Cells, earlier: _Breast | None) -> _Breast:
    before = earlier or _Breast(frozenset(), None)
    findings = known(_ABNORMALITIES, cells["abnormality"].lower(), "abnormality")
    biopsy = known(_CLASSIFICATIONS, cells["classification"].lower(), "classification")
    proven = [each for each in (before.biopsy, biopsy) if each is not None]
    return _Breast(before.findings | findings, worst_truth(proven))


def _labelled(row: ManifestRow, breast: _Breast | None) -> ManifestRow:
    named = replace(row, patient=f"{NAME} {row.patient}", exam=f"{NAME} {row.exam}")
    if breast is None:
        return named
    return replace(
        named, biopsy=breast.biopsy, outcome=breast.biopsy, finding_types=breast.findings
    )
