"""Any folder of mammograms in DICOM: which views there are is read from the headers.

The same rules as in the analysis decide (mammovlm.imaging): what is no standard view is passed over
with its reason, and of several images of one view of an exam one is chosen.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from mammovlm.archive import find_studies
from mammovlm.imaging import ReadingLimits
from mammovlm.imaging.attributes import text
from mammovlm.imaging.eligibility import (
    Kind,
    kind_of,
    refuse_other_image,
    refuse_what_is_no_standard_view,
)
from mammovlm.imaging.opening import open_object
from mammovlm.imaging.quiet import pydicom_kept_quiet
from mammovlm.imaging.refusal import ImageRefused
from mammovlm.imaging.selection import Candidate, choose
from mammovlm.imaging.view_identity import identify_view
from mammovlm.job import StoredInstance
from mammovlm.study import HANGING_ORDER, LeftOutReason, Slot, ViewPosition
from mammovlm.training.datasets.cbis_ddsm import woman_of
from mammovlm.training.datasets.imported import Imported, PassedOver, Progress, silent
from mammovlm.training.datasets.rows import ManifestRow

_LIMITS = ReadingLimits()


def import_dicom_folder(folder: Path, progress: Progress = silent) -> Imported:
    """Make a manifest of every mammography study in a folder: one row a view, without labels.

    Patients are told apart by Patient ID (0010,0020) and its issuer (0010,0021); where there is no
    Patient ID each study counts as a patient. Of CBIS-DDSM, whose files name each film as a patient
    of her own, the woman and her one exam are taken (`woman_of`). Pixels are not read.
    """
    found = find_studies(folder, _counted(progress))
    total = sum(len(files) for files in found.studies.values())
    rows: list[ManifestRow] = []
    passed = [PassedOver(_name(file, folder), LeftOutReason.NOT_DICOM) for file in found.others]
    with pydicom_kept_quiet():
        done = 0
        for files in found.studies.values():
            study = _study(files, folder)
            rows += study.rows
            passed += study.passed_over
            done += len(files)
            progress(done, total)
    return Imported(tuple(rows), tuple(passed))


def _counted(progress: Progress) -> Callable[[Path], None]:
    done = 0

    def count(_file: Path) -> None:
        nonlocal done
        done += 1
        progress(done, None)

    return count


def _study(files: Sequence[Path], folder: Path) -> Imported:
    candidates, passed = list[Candidate](), list[PassedOver]()
    for file in files:
        try:
            candidates.append(_candidate(file))
        except ImageRefused as refusal:
            passed.append(PassedOver(_name(file, folder), refusal.reason, refusal.detail))
    rows = []
    for slot in HANGING_ORDER:
        choice = choose(each for each in candidates if each.slot == slot)
        rows += [_row(each) for each in choice.chosen]
        passed += [
            PassedOver(_name(_file(each), folder), reason, str(slot))
            for each, reason in choice.passed_over
        ]
    return Imported(tuple(rows), tuple(passed))


def _candidate(file: Path) -> Candidate:
    opened = open_object(StoredInstance(file.name, file), _LIMITS)
    kind = kind_of(opened.header)
    if kind is Kind.NO_IMAGE:
        raise ImageRefused(LeftOutReason.NOT_MAMMOGRAPHY, "no image")
    if kind is Kind.OTHER_IMAGE:
        refuse_other_image(opened.header)
    identity = identify_view(opened.header)
    refuse_what_is_no_standard_view(opened.header, identity)
    if identity.view is None or identity.laterality is None:
        raise ImageRefused(LeftOutReason.VIEW_UNKNOWN)
    slot = Slot(identity.laterality, ViewPosition(identity.view.value))
    return Candidate.of(opened, slot, identity)


def _row(candidate: Candidate) -> ManifestRow:
    header = candidate.opened.header
    study, patient_id = text(header, "StudyInstanceUID"), text(header, "PatientID")
    issued = f"{text(header, 'IssuerOfPatientID')} {patient_id}".strip()
    woman = woman_of(patient_id)
    return ManifestRow(
        patient=woman or (issued if patient_id else study),
        exam=woman or study,
        laterality=candidate.slot.laterality,
        view=candidate.slot.position,
        file=_file(candidate),
    )


def _file(candidate: Candidate) -> Path:
    return Path(str(candidate.opened.stored.content))


def _name(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name
