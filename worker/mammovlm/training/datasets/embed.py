"""EMBED, the Emory Breast Imaging Dataset (Jeong et al., Radiol AI 5:e220047, 2023; AWS Open Data).

Layout: ``tables/EMBED_OpenData_clinical.csv`` (one row a finding),
``tables/EMBED_OpenData_metadata.csv`` (one row a file), or their ``_reduced`` forms, and
``images/cohort_*/<patient>/...``. Columns and codes are from the publisher's data descriptor and
clinical legend; the tables were not at hand.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality
from mammovlm.training.datasets.embed_findings import finding_types
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
from mammovlm.training.datasets.labels import (
    NUMBERED_DENSITIES,
    SIDES,
    VIEWS,
    Assessment,
    Truth,
    highest_assessment,
    worst_truth,
)
from mammovlm.training.datasets.layout import find_entry
from mammovlm.training.datasets.rows import ManifestRow
from mammovlm.training.datasets.tables import Cells, csv_rows, whole

NAME = "EMBED"
_CLINICAL = "EMBED_OpenData_clinical"
_METADATA = "EMBED_OpenData_metadata"
_CLINICAL_COLUMNS = (
    "acc_anon",
    "side",
    "asses",
    "tissueden",
    "massshape",
    "calcfind",
    "calcdistri",
    "path_severity",
)
_METADATA_COLUMNS = (
    "empi_anon",
    "acc_anon",
    "anon_dicom_path",
    "FinalImageType",
    "ImageLateralityFinal",
    "ViewPosition",
)
_ASSESSMENTS = {
    "": None,
    "X": None,  # no assessment
    "A": Assessment.INCOMPLETE,
    "N": Assessment.NEGATIVE,
    "B": Assessment.BENIGN,
    "P": Assessment.PROBABLY_BENIGN,
    "S": Assessment.SUSPICIOUS,
    "M": Assessment.HIGHLY_SUGGESTIVE,
    "K": Assessment.KNOWN_MALIGNANCY,
}
_MALE = "5"
_DENSITIES = {"": frozenset[DensityCategory](), **NUMBERED_DENSITIES}
_BIOPSIES = {
    "": None,
    "0": Truth.MALIGNANT,  # invasive cancer
    "1": Truth.MALIGNANT,  # non-invasive cancer
    "2": Truth.BENIGN,  # high-risk lesion
    "3": Truth.BENIGN,  # borderline lesion
    "4": Truth.BENIGN,  # benign findings
    "5": Truth.BENIGN,  # normal breast tissue
    "6": None,  # cancer, but not of the breast
}
_EMPTY = {"nan", "NaN", "None"}


def import_embed(folder: Path, progress: Progress = silent) -> Imported:
    """Make a manifest of a local copy of EMBED: one row a two-dimensional standard view.

    Findings belong to the images of their side; those of both sides or none to all of the exam.
    A biopsy belongs to ``bside``, where the table says it. Of several findings of a breast the
    highest assessment and the worst biopsy count. High-risk and borderline lesions are benign
    here.

    Raises
    ------
    DataSetUnreadable
        Where a table is missing or has other columns.
    """
    metadata = find_entry(folder, f"{_METADATA}.csv", f"{_METADATA}_reduced.csv")
    clinical = find_entry(folder, f"{_CLINICAL}.csv", f"{_CLINICAL}_reduced.csv")
    exams: dict[str, list[Cells]] = defaultdict(list)
    for cells in csv_rows(clinical, _CLINICAL_COLUMNS):
        wanted = (*_CLINICAL_COLUMNS, "bside")
        exams[whole(cells["acc_anon"])].append({name: _value(cells, name) for name in wanted})
    images = find_entry(folder, "images")
    views = ((Path(c["anon_dicom_path"]).name, c) for c in csv_rows(metadata, _METADATA_COLUMNS))
    return collect(views, lambda cells: _row(cells, exams, images), progress)


def _value(cells: Cells, column: str) -> str:
    value = whole(cells.get(column, ""))
    return "" if value in _EMPTY else value


def _row(cells: Cells, exams: Mapping[str, Sequence[Cells]], images: Path) -> ManifestRow:
    _refuse_what_is_no_standard_view(cells)
    side = known(SIDES, _value(cells, "ImageLateralityFinal"), "ImageLateralityFinal")
    exam = exams.get(whole(cells["acc_anon"]))
    if not exam:
        raise ViewRefused(Reason.NOT_IN_TABLE, "acc_anon")
    if any(each["tissueden"] == _MALE for each in exam):
        raise ViewRefused(Reason.MALE)
    hers = [each for each in exam if each["side"] in ("", "B", side)]
    biopsy = worst_truth(_biopsies(exam, side))
    return ManifestRow(
        patient=f"{NAME} {whole(cells['empi_anon'])}",
        exam=f"{NAME} {whole(cells['acc_anon'])}",
        laterality=side,
        view=known(VIEWS, cells["ViewPosition"], "ViewPosition"),
        file=_file(cells["anon_dicom_path"], images),
        densities=_densities(exam),
        birads=highest_assessment(_assessments(hers)),
        biopsy=biopsy,
        outcome=biopsy,
        finding_types=frozenset().union(*(finding_types(each) for each in hers)) if hers else None,
    )


def _refuse_what_is_no_standard_view(cells: Cells) -> None:
    if cells["FinalImageType"] != "2D":
        raise ViewRefused(Reason.NOT_2D, cells["FinalImageType"])
    if _value(cells, "spot_mag") not in ("", "0"):
        raise ViewRefused(Reason.SPOT_OR_MAGNIFICATION)
    if cells["ViewPosition"] not in VIEWS:
        raise ViewRefused(Reason.VIEW_NOT_STANDARD, cells["ViewPosition"])


def _densities(exam: Sequence[Cells]) -> frozenset[DensityCategory]:
    return known(_DENSITIES, exam[0]["tissueden"], "tissueden")


def _assessments(findings: Sequence[Cells]) -> list[Assessment]:
    given = [known(_ASSESSMENTS, each["asses"], "asses") for each in findings]
    return [each for each in given if each is not None]


def _biopsies(exam: Sequence[Cells], side: Laterality) -> list[Truth]:
    hers = [each for each in exam if (each["bside"] or each["side"]) in ("", "B", side)]
    given = [known(_BIOPSIES, each["path_severity"], "path_severity") for each in hers]
    return [each for each in given if each is not None]


def _file(path: str, images: Path) -> Path:
    """Find the file below the local copy: the table's paths begin on the publisher's machine."""
    parts = Path(path).parts
    start = next((n for n, part in enumerate(parts) if part.startswith("cohort_")), None)
    if start is None:
        raise ViewRefused(Reason.FILE_MISSING, "anon_dicom_path")
    return existing(images.joinpath(*parts[start:]))
