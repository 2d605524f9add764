"""A folder as an archive: studies at any depth, reports written in one step, nothing lost."""

import os
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread, uid
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from mammogram_files import as_file, four_views, mammogram, save
from mammovlm.archive import FolderArchive, find_studies
from mammovlm.errors import ArchiveUnavailable, RejectionReason, ResultInvalid, StudyRejected
from mammovlm.job import AnalysisJob, InstanceReference

STUDY, OTHER = generate_uid(), generate_uid()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two studies at different depths, and files that are none."""
    source = tmp_path / "in"
    for number, dataset in enumerate(four_views(study_uid=STUDY, rows=40, columns=30)):
        save(dataset, source / "a" / f"series {number}" / "deep")
    save(mammogram(study_uid=OTHER, rows=40, columns=30), source)
    (source / "readme.txt").write_text("hello")
    (source / "a" / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    (source / "empty").write_bytes(b"")
    return source


def report(text: str = "a", study_uid: str = STUDY) -> Dataset:
    dataset = mammogram(study_uid=study_uid, rows=4, columns=4, Modality="SR")
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid.UID("1.2.3")
    dataset.SeriesInstanceUID = "1.2.3.1"
    dataset.ContentLabel = text
    return dataset


def test_every_study_is_found_at_any_depth_and_what_is_none_is_named(folder: Path) -> None:
    seen: list[Path] = []
    found = find_studies(folder, seen.append)
    assert {uid: len(files) for uid, files in found.studies.items()} == {STUDY: 4, OTHER: 1}
    assert {path.name for path in found.others} == {"readme.txt", "picture.png", "empty"}
    assert len(seen) == 8


def test_a_single_file_is_a_study(folder: Path) -> None:
    (file,) = folder.glob("*.dcm")
    assert find_studies(file).studies == {OTHER: (file,)}


def test_files_without_preamble_and_deflated_ones_are_found(tmp_path: Path) -> None:
    dataset = mammogram(study_uid=STUDY, rows=40, columns=30)
    (tmp_path / "bare").write_bytes(as_file(dataset)[132:])
    dataset.file_meta.TransferSyntaxUID = uid.DeflatedExplicitVRLittleEndian
    (tmp_path / "deflated").write_bytes(as_file(dataset))
    (tmp_path / "cut").write_bytes(as_file(mammogram(study_uid=STUDY))[:-900])
    assert len(find_studies(tmp_path).studies[STUDY]) == 3


def test_a_dicomdir_is_neither_a_study_nor_a_stranger(tmp_path: Path) -> None:
    directory = Path(str(get_testdata_file("DICOMDIR", download=False)))
    (tmp_path / "DICOMDIR").write_bytes(directory.read_bytes())
    found = find_studies(tmp_path)
    assert not found.studies
    assert not found.others


def test_a_study_uid_that_is_a_path_is_no_study(tmp_path: Path) -> None:
    file = as_file(mammogram(study_uid="1.2.3.4.5.6.7")).replace(b"1.2.3.4.5.6.7", b"../../etc/mmm")
    (tmp_path / "evil.dcm").write_bytes(file)
    found = find_studies(tmp_path)
    assert not found.studies
    assert len(found.others) == 1


def test_a_study_is_fetched_unread_from_a_folder_or_from_its_files(folder: Path) -> None:
    from_folder = FolderArchive(folder, None).fetch(AnalysisJob(STUDY))
    from_files = FolderArchive(find_studies(folder).studies[STUDY], None).fetch(AnalysisJob(STUDY))
    assert from_folder == from_files
    assert len(from_folder) == 4
    assert all(isinstance(instance.content, Path) for instance in from_folder)


def test_only_the_images_of_the_job_are_fetched(folder: Path) -> None:
    wanted = find_studies(folder).studies[STUDY][0]
    identity = dcmread(wanted)
    reference = InstanceReference(identity.SeriesInstanceUID, identity.SOPInstanceUID)
    (fetched,) = FolderArchive(folder, None).fetch(AnalysisJob(STUDY, (reference,)))
    assert fetched.content == wanted


def test_a_study_that_is_not_there_is_rejected(folder: Path) -> None:
    with pytest.raises(StudyRejected) as rejected:
        FolderArchive(folder, None).fetch(AnalysisJob("1.2.3"))
    assert rejected.value.reason is RejectionReason.NO_IMAGE_FOUND


def test_a_report_is_written_under_the_name_of_its_study(tmp_path: Path) -> None:
    FolderArchive(tmp_path, tmp_path / "new" / "out").store(STUDY, [report()])
    (path,) = (tmp_path / "new" / "out").iterdir()
    assert path.name == f"{STUDY}.sr.dcm"
    assert dcmread(path).ContentLabel == "a"


def test_the_same_report_twice_changes_nothing(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path, tmp_path)
    archive.store(STUDY, [report()])
    before = (tmp_path / f"{STUDY}.sr.dcm").stat()
    archive.store(STUDY, [report()])
    assert [path.name for path in tmp_path.iterdir()] == [f"{STUDY}.sr.dcm"]
    assert (tmp_path / f"{STUDY}.sr.dcm").stat() == before


@pytest.mark.parametrize("has_links", [True, False])
def test_another_report_never_costs_the_older_ones(
    tmp_path: Path, has_links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_links:

        def refuse(*_: object) -> None:
            raise PermissionError("no links on this file system")

        monkeypatch.setattr(os, "link", refuse)
    archive = FolderArchive(tmp_path, tmp_path)
    for label in "abc":
        archive.store(STUDY, [report(label)])
    labels = {path.name: dcmread(path).ContentLabel for path in tmp_path.iterdir()}
    assert labels == {
        f"{STUDY}.sr.previous-1.dcm": "a",
        f"{STUDY}.sr.previous-2.dcm": "b",
        f"{STUDY}.sr.dcm": "c",
    }


def test_a_report_of_another_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultInvalid):
        FolderArchive(tmp_path, tmp_path).store(STUDY, [report(study_uid=OTHER)])
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file, no folder")
    with pytest.raises(ArchiveUnavailable):
        FolderArchive(tmp_path, tmp_path / "out").store(STUDY, [report()])
