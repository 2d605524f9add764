"""Where labelled exams come from: a manifest's DICOM files, or phantoms drawn for the purpose."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pydicom import Dataset

from mammovlm.imaging.attributes import text
from mammovlm.study import Laterality
from mammovlm.training.datasets import Assessment, FindingType, ManifestRow, Split, Truth
from mammovlm.training.evaluation_labels import BreastLabels, LabelledExam, labels_of_breast
from mammovlm.training.exam_reports import breast_report
from mammovlm.training.lesion_places import LesionPlaces, phantom_places
from mammovlm.training.phantom_exams import phantoms_fingerprint
from mammovlm.training.phantoms import (
    Biopsy,
    BreastTruth,
    CaseMix,
    phantom_exam,
    phantom_truths,
    write_exam,
)
from mammovlm.training.reports import scrub

FIRST_FREE_SEED: Final = 40_000
"""The compact weights were trained and chosen on phantoms of seeds 30000 to 32199."""


class SeedsUsed(ValueError):
    """Raised where phantoms are asked for that the weights may have been trained on."""


class NothingLabelled(ValueError):
    """Raised where a manifest has no exam of the wanted split; says what there is."""


@dataclass(frozen=True)
class ExamFiles:
    """The files of one exam, and where its lesions lie in them.

    Parameters
    ----------
    paths
        Of its images.
    places
        By view; None where nobody says where lesions lie.
    """

    paths: Sequence[Path]
    places: LesionPlaces | None = None


class ExamSource(Protocol):
    """Labelled exams, their files, and what to call them."""

    @property
    def description(self) -> str:
        """What the exams are, in one sentence for the report's head."""
        ...

    @property
    def exams(self) -> Sequence[LabelledExam]:
        """All of them, in order."""
        ...

    @property
    def tells_places(self) -> bool:
        """Whether it says where lesions lie."""
        ...

    def files(self, exam: LabelledExam) -> AbstractContextManager[ExamFiles]:
        """Give an exam's files for as long as they are needed."""
        ...

    def vendor(self, header: Dataset) -> str:
        """Name whose look an image has; empty where the header does not say."""
        ...


@dataclass(frozen=True)
class ManifestExams:
    """The exams of a manifest.

    Parameters
    ----------
    description, exams, tells_places
        See `ExamSource`; a manifest says what was found, not where.
    """

    description: str
    exams: tuple[LabelledExam, ...]
    tells_places: bool = False

    @contextmanager
    def files(self, exam: LabelledExam) -> Iterator[ExamFiles]:
        """Give the files that the manifest names."""
        yield ExamFiles(exam.files)

    def vendor(self, header: Dataset) -> str:
        """Give Manufacturer (0008,0070)."""
        return text(header, "Manufacturer")


def manifest_exams(rows: Sequence[ManifestRow], split: str, name: str) -> ManifestExams:
    """Take the exams of one split from a manifest.

    Parameters
    ----------
    rows
        Of the whole manifest: numbers of exams and patients count all of them.
    split
        "train", "dev", "test", "all", or "auto": test where the manifest has splits, else all.
    name
        What to call the manifest in the report.

    Raises
    ------
    NothingLabelled
        Where no row has that split.
    """
    wanted = _wanted(rows, split)
    kept = [row for row in rows if wanted is None or row.split == wanted]
    if not kept:
        there = sorted({str(row.split or "no split") for row in rows})
        raise NothingLabelled(
            f"{name} has no exam of the split {wanted} (there is {', '.join(there) or 'no row'}); "
            "choose another one with --split, or --split all"
        )
    numbers = {exam: place for place, exam in enumerate(_unique(r.exam for r in rows), 1)}
    patients = {who: place for place, who in enumerate(_unique(r.patient for r in rows), 1)}
    by_exam: dict[str, list[ManifestRow]] = {}
    for row in kept:
        by_exam.setdefault(row.exam, []).append(row)
    exams = tuple(
        _manifest_exam(of_exam, numbers[exam], patients[of_exam[0].patient])
        for exam, of_exam in by_exam.items()
    )
    told = "all its exams" if wanted is None else f"its split {wanted}"
    return ManifestExams(f"the manifest {name}, {told}", exams)


def _wanted(rows: Sequence[ManifestRow], split: str) -> Split | None:
    if split == "auto":
        return Split.TEST if any(row.split is not None for row in rows) else None
    return None if split == "all" else Split(split)


def _unique(names: Iterator[str]) -> Sequence[str]:
    return list(dict.fromkeys(names))


def _manifest_exam(rows: Sequence[ManifestRow], number: int, patient: int) -> LabelledExam:
    breasts = {
        side: labels_of_breast(row for row in rows if row.laterality is side)
        for side in Laterality
        if any(row.laterality is side for row in rows)
    }
    files = tuple(row.file for row in rows)
    reports = {side: _report(row for row in rows if row.laterality is side) for side in breasts}
    told = {side: report for side, report in reports.items() if report}
    key = _key("\0".join([rows[0].exam, *told.values()]), files)
    return LabelledExam(key, number, patient, breasts, files, told)


def _report(rows: Iterable[ManifestRow]) -> str:
    """Put the texts of one breast's views together, each once."""
    return scrub(" ".join(dict.fromkeys(row.report for row in rows if row.report.strip())))


def _key(exam: str, files: Sequence[Path]) -> str:
    """Name an exam by its name and its files, without telling either."""
    told = hashlib.sha256(exam.encode())
    for file in sorted(files):
        stat = file.stat() if file.is_file() else None
        told.update(f"\0{file.name}\0{stat.st_size if stat else -1}".encode())
        told.update(f"\0{stat.st_mtime_ns if stat else 0}".encode())
    return told.hexdigest()


@dataclass(frozen=True)
class PhantomSource:
    """Phantom exams, drawn and written as DICOM when they are needed, then deleted.

    Parameters
    ----------
    count, first_seed
        Seeds follow each other.
    case_mix
        How truth is drawn.
    rows
        Height of the pictures.
    tells_places
        See `ExamSource`.

    Raises
    ------
    SeedsUsed
        Below `FIRST_FREE_SEED`.
    """

    count: int
    first_seed: int = FIRST_FREE_SEED
    case_mix: CaseMix = CaseMix.TEACHING
    rows: int = 1008
    tells_places: bool = True

    def __post_init__(self) -> None:
        if self.first_seed < FIRST_FREE_SEED:
            raise SeedsUsed(
                f"phantom seeds below {FIRST_FREE_SEED} are refused: those of 30000 to 32199 were "
                "used in training and development, and on what a model has seen it looks better "
                "than it is"
            )

    @property
    def description(self) -> str:
        """Name seeds, case mix and size."""
        last = self.first_seed + self.count - 1
        return (
            f"simulated exams (phantoms), seeds {self.first_seed} to {last}, case mix "
            f'"{self.case_mix}", {self.rows} rows'
        )

    @property
    def exams(self) -> Sequence[LabelledExam]:
        """Give each phantom's labels; its pictures are not drawn for that."""
        drawing = phantoms_fingerprint()[:12]
        return tuple(
            self._exam(seed, drawing)
            for seed in range(self.first_seed, self.first_seed + self.count)
        )

    def _exam(self, seed: int, drawing: str) -> LabelledExam:
        truths = phantom_truths(seed, self.case_mix)
        return LabelledExam(
            key=f"phantom {seed} {self.case_mix} {self.rows} {drawing}",
            number=seed,
            patient=seed,
            breasts=_phantom_labels(truths),
            reports={
                truth.laterality: breast_report(truth, 2 * seed + side)
                for side, truth in enumerate(truths)
            },
        )

    @contextmanager
    def files(self, exam: LabelledExam) -> Iterator[ExamFiles]:
        """Draw the exam and write it, as a modality would, into a folder that is deleted."""
        drawn = phantom_exam(exam.number, rows=self.rows, case_mix=self.case_mix)
        with tempfile.TemporaryDirectory(prefix="mammovlm-phantom-") as folder:
            yield ExamFiles(write_exam(drawn, Path(folder)), phantom_places(drawn))

    def vendor(self, header: Dataset) -> str:
        """Give Protocol Name (0018,1030), where a phantom says whose look it imitates."""
        return text(header, "ProtocolName")


_TRUTH: Final[Mapping[Biopsy, Truth | None]] = {
    Biopsy.NONE: None,
    Biopsy.BENIGN: Truth.BENIGN,
    Biopsy.MALIGNANT: Truth.MALIGNANT,
}


def _phantom_labels(truths: Sequence[BreastTruth]) -> Mapping[Laterality, BreastLabels]:
    return {truth.laterality: _breast_labels(truth) for truth in truths}


def _breast_labels(truth: BreastTruth) -> BreastLabels:
    biopsy = _TRUTH[truth.biopsy]
    malignant = any(lesion.malignant for lesion in truth.lesions)
    return BreastLabels(
        densities=frozenset({truth.density}),
        birads=Assessment(str(truth.assessment)),
        biopsy=biopsy,
        outcome=biopsy or (Truth.MALIGNANT if malignant else Truth.BENIGN),
        finding_types=frozenset(FindingType(str(lesion.kind)) for lesion in truth.lesions),
    )
