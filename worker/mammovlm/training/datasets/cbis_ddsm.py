"""CBIS-DDSM (Lee et al., Sci Data 4:170177, 2017; TCIA): digitised films with biopsy results.

Layout: the four tables ``{mass,calc}_case_description_{train,test}_set.csv``, and one folder a
film and kind of abnormality (``Mass-Training_P_00001_LEFT_CC``), as the NBIA Data Retriever writes
them. Labels and column names were checked with the real tables. The column ``image file path``
(absent in the copy they were checked with) and the two folder layouts below a case folder (UIDs or
dates and ``full mammogram images``) are from public descriptions.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality, ViewPosition
from mammovlm.training.datasets.imported import (
    Imported,
    PassedOver,
    Progress,
    Reason,
    ViewRefused,
    collect,
    known,
    silent,
)
from mammovlm.training.datasets.labels import (
    ASSESSMENTS,
    NUMBERED_DENSITIES,
    VIEWS,
    Assessment,
    FindingType,
    Split,
    Truth,
    highest_assessment,
    worst_truth,
)
from mammovlm.training.datasets.layout import files_below, find_entry, folders_named
from mammovlm.training.datasets.rows import ManifestRow
from mammovlm.training.datasets.tables import Cells, csv_rows

NAME = "CBIS-DDSM"
_TABLES = {
    ("Mass", "Training"): "mass_case_description_train_set.csv",
    ("Mass", "Test"): "mass_case_description_test_set.csv",
    ("Calc", "Training"): "calc_case_description_train_set.csv",
    ("Calc", "Test"): "calc_case_description_test_set.csv",
}
_NEEDED = (
    "patient_id",
    "left or right breast",
    "image view",
    "abnormality type",
    "assessment",
    "pathology",
)
_CASE_FOLDER = re.compile(r"(Mass|Calc)-(Training|Test)_(?P<woman>P_\d+)_(LEFT|RIGHT)_(CC|MLO)")
_SIDES = {"LEFT": Laterality.LEFT, "RIGHT": Laterality.RIGHT}
_DENSITIES = {"0": frozenset[DensityCategory](), **NUMBERED_DENSITIES}
_BIOPSIES = {
    "BENIGN": Truth.BENIGN,
    "MALIGNANT": Truth.MALIGNANT,
    "BENIGN_WITHOUT_CALLBACK": None,  # held to be benign without a biopsy
}
_OUTCOMES = {**_BIOPSIES, "BENIGN_WITHOUT_CALLBACK": Truth.BENIGN}
_KINDS = {"mass": FindingType.MASS, "calcification": FindingType.CALCIFICATIONS}
_SHAPES = {
    **dict.fromkeys(("ROUND", "OVAL", "LOBULATED", "IRREGULAR", "N/A", ""), FindingType.MASS),
    "ARCHITECTURAL_DISTORTION": FindingType.ARCHITECTURAL_DISTORTION,
    # the words of BI-RADS before its 4th edition
    "FOCAL_ASYMMETRIC_DENSITY": FindingType.FOCAL_ASYMMETRY,
    "ASYMMETRIC_BREAST_TISSUE": FindingType.GLOBAL_ASYMMETRY,
    "LYMPH_NODE": FindingType.LYMPH_NODE,
}


@dataclass
class _Film:
    """One film: mass and calcification tables may both name it, each with its own copy."""

    patient: str
    laterality: Laterality
    view: ViewPosition
    folders: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    densities: set[DensityCategory] = field(default_factory=set)
    assessments: list[Assessment] = field(default_factory=list)
    biopsies: list[Truth] = field(default_factory=list)
    outcomes: list[Truth] = field(default_factory=list)
    findings: set[FindingType] = field(default_factory=set)


def woman_of(patient_id: str) -> str | None:
    """Name the woman behind a Patient ID (0010,0020) of this collection; None for any other.

    Its DICOM files give each film of a woman a patient and a study of its own
    ("Mass-Training_P_00001_LEFT_CC"): told apart by these, she would be in several splits.
    """
    case = _CASE_FOLDER.match(patient_id)
    return f"{NAME} {case['woman']}" if case else None


def import_cbis_ddsm(folder: Path, progress: Progress = silent) -> Imported:
    """Make a manifest of a local copy of CBIS-DDSM: one row a film.

    Of several abnormalities in a film the highest assessment and the worst outcome count.
    ``BENIGN_WITHOUT_CALLBACK`` is benign in ``outcome`` and leaves ``biopsy`` empty; density 0 is
    unknown. 31 patients are in the training part of one table and the test part of another: they
    count as training, so that nobody in the test split was ever trained on.

    Raises
    ------
    DataSetUnreadable
        Where a table is missing or has other columns.
    """
    films, parts = dict[tuple[str, str, str], _Film](), dict[str, set[str]]()
    passed: list[PassedOver] = []
    for (kind, part), table in _TABLES.items():
        for cells in csv_rows(find_entry(folder, table), _NEEDED):
            parts.setdefault(cells["patient_id"], set()).add(part)
            case = f"{kind}-{part}_{_film_name(cells)}"
            try:
                _add(films, cells, case)
            except ViewRefused as refusal:
                passed.append(PassedOver(case, refusal.reason, refusal.detail))
    folders = folders_named(folder, _CASE_FOLDER)

    def read(film: _Film) -> ManifestRow:
        return _row(film, _file(film, folders), is_test=parts[film.patient] == {"Test"})

    named = ((film.folders[0], film) for film in films.values())
    found = collect(named, read, progress, len(films))
    return Imported(found.rows, (*passed, *found.passed_over))


def _film_name(cells: Cells) -> str:
    return "_".join(cells[name] for name in ("patient_id", "left or right breast", "image view"))


def _add(films: dict[tuple[str, str, str], _Film], cells: Cells, case: str) -> None:
    side = known(_SIDES, cells["left or right breast"], "left or right breast")
    view = known(VIEWS, cells["image view"], "image view")
    density = cells.get("breast_density") or cells.get("breast density") or "0"
    densities = known(_DENSITIES, density, "breast density")
    assessment = known(ASSESSMENTS, cells["assessment"], "assessment")
    biopsy = known(_BIOPSIES, cells["pathology"], "pathology")
    outcome = known(_OUTCOMES, cells["pathology"], "pathology")
    findings = set(_findings(cells))
    patient = cells["patient_id"]
    film = films.setdefault((patient, side, view), _Film(patient, side, view))
    film.folders += [case] if case not in film.folders else []
    film.paths += [cells["image file path"]] if cells.get("image file path") else []
    film.densities |= densities
    film.assessments.append(assessment)
    film.biopsies += [biopsy] if biopsy else []
    film.outcomes += [outcome] if outcome else []
    film.findings |= findings


def _findings(cells: Cells) -> Iterator[FindingType]:
    kind = known(_KINDS, cells["abnormality type"], "abnormality type")
    if kind is FindingType.CALCIFICATIONS:
        yield kind
    else:
        shapes = cells.get("mass shape", "")
        words = shapes.split("-") if shapes != "N/A" else ["N/A"]
        yield from (known(_SHAPES, word, "mass shape") for word in words)


def _row(film: _Film, file: Path, is_test: bool) -> ManifestRow:
    return ManifestRow(
        patient=f"{NAME} {film.patient}",
        exam=f"{NAME} {film.patient}",
        laterality=film.laterality,
        view=film.view,
        file=file,
        densities=frozenset(film.densities),
        birads=highest_assessment(film.assessments),
        biopsy=worst_truth(film.biopsies),
        outcome=worst_truth(film.outcomes),
        finding_types=frozenset(film.findings),
        split=Split.TEST if is_test else None,
    )


def _file(film: _Film, folders: Mapping[str, Path]) -> Path:
    """Find the film's image: at the path of the table, else the only one in its case folder."""
    for path in film.paths:
        case, *below = path.split("/")
        if case in folders and (file := folders[case].joinpath(*below)).is_file():
            return file
    for case in film.folders:
        files = files_below(folders[case], ".dcm") if case in folders else ()
        full = [file for file in files if "full mammogram images" in file.parent.name]
        fitting = full or files
        if len(fitting) > 1:
            raise ViewRefused(Reason.SEVERAL_FILES, case)
        if fitting:
            return fitting[0]
    raise ViewRefused(Reason.FILE_MISSING, film.folders[0])
