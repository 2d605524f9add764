"""A folder as an archive: studies from its files, reports into another folder."""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import count
from pathlib import Path
from types import MappingProxyType

from pydicom import Dataset, dcmwrite
from pydicom.uid import (
    EncapsulatedPDFStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    MammographyCADSRStorage,
    SecondaryCaptureImageStorage,
)

from mammovlm.archive.found_studies import find_studies, identify_file
from mammovlm.errors import ArchiveUnavailable, RejectionReason, ResultInvalid, StudyRejected
from mammovlm.job import AnalysisJob, StoredDocument, StoredInstance

_KINDS: Mapping[str, str] = MappingProxyType(
    {
        MammographyCADSRStorage: "cad",
        EncapsulatedPDFStorage: "pdf",
        GrayscaleSoftcopyPresentationStateStorage: "pr",
    }
)


class FolderArchive:
    """Reads studies from files and writes reports beside each other.

    Parameters
    ----------
    source
        A folder, looked through at any depth when it is first needed, or the files themselves.
    out
        Where reports go; None keeps none.
    """

    def __init__(self, source: Path | Sequence[Path], out: Path | None) -> None:
        self._source = source
        self._out = out

    def fetch(self, job: AnalysisJob) -> tuple[StoredInstance, ...]:
        """Give the files of a study, unread; see `Archive.fetch`."""
        files = self._files(job.study_instance_uid)
        wanted = {instance.sop_instance_uid for instance in job.instances}
        if wanted:
            files = [file for file in files if _sop_instance_uid(file) in wanted]
        if not files:
            raise StudyRejected(RejectionReason.NO_IMAGE_FOUND)
        return tuple(StoredInstance(file.name, file) for file in files)

    def documents(self, study_instance_uid: str) -> tuple[StoredDocument, ...]:
        """Give none: here a new result follows an earlier one by its name; see `store`."""
        return ()

    def store(self, study_instance_uid: str, datasets: Sequence[Dataset]) -> None:
        """Write ``<StudyInstanceUID>.sr.dcm`` and the others; see `Archive.store`.

        They are ``.cad.dcm``, ``.pdf.dcm``, of the presentation state ``.pr.dcm``, and of heat maps
        ``.heat-1.dcm`` and so on, in hanging order. A file of that name with other content is kept
        as ``….previous-1.dcm`` and so on.
        """
        if self._out is None:
            return
        for dataset in datasets:
            if dataset.get("StudyInstanceUID") != study_instance_uid:
                raise ResultInvalid("StudyInstanceUID of the result is not that of the study")
            name = f"{study_instance_uid}.{_kind(dataset)}.dcm"
            try:
                self._out.mkdir(parents=True, exist_ok=True)
                _keep(_encoded(dataset), self._out / name)
            except OSError as error:
                raise ArchiveUnavailable(
                    f"the folder cannot be written: {error.strerror}"
                ) from error

    def _files(self, study_instance_uid: str) -> Sequence[Path]:
        if not isinstance(self._source, Path):
            return self._source
        return find_studies(self._source).studies.get(study_instance_uid, ())


def _kind(dataset: Dataset) -> str:
    """Name an object by its SOP class where that says more than its modality."""
    modality = str(dataset.get("Modality", "")).lower() or "dcm"
    sop_class_uid = str(dataset.get("SOPClassUID", ""))
    if sop_class_uid == SecondaryCaptureImageStorage:
        return f"heat-{dataset.get('InstanceNumber', 1)}"
    return _KINDS.get(sop_class_uid, modality)


def _sop_instance_uid(file: Path) -> str:
    identity = identify_file(file)
    return identity.sop_instance_uid if identity is not None else ""


def _encoded(dataset: Dataset) -> bytes:
    buffer = BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def _keep(content: bytes, path: Path) -> None:
    """Put the content at the path in one step, after what is there got another name."""
    if path.exists():
        if path.read_bytes() == content:
            return
        _keep_under_new_name(path)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False, prefix=".report-") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _keep_under_new_name(path: Path) -> None:
    for number in count(1):
        other = path.with_suffix(f".previous-{number}.dcm")
        try:
            os.link(path, other)
        except FileExistsError:
            continue
        except OSError:  # a file system without hard links
            if other.exists():
                continue
            shutil.copy2(path, other)
        return
