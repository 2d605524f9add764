"""Orthanc with a full disk: the worker must not take its answer for a success."""

from pathlib import Path

import pytest

from local_servers import orthanc_server
from mammogram_files import mammogram
from mammovlm.archive import DicomWebArchive
from mammovlm.errors import ArchiveUnavailable
from mammovlm.settings import Settings
from system.chaos.small_disk import SmallDisk

pytestmark = pytest.mark.system


def test_a_full_disk_is_a_passing_fault(tmp_path: Path) -> None:
    disk = SmallDisk(tmp_path / "orthanc" / "data", 8)
    if not disk.is_mounted:
        pytest.skip("a small file system can only be mounted by an administrator")
    try:
        with orthanc_server(tmp_path / "orthanc", MAMMOVLM_ENABLED="false") as orthanc:
            archive, sent = _archive(orthanc.url), mammogram(rows=8, columns=8)
            disk.fill()
            with pytest.raises(ArchiveUnavailable):
                archive.store(sent.StudyInstanceUID, [sent])
            disk.free()
            archive.store(sent.StudyInstanceUID, [sent])
            archive.store(sent.StudyInstanceUID, [sent])
            assert orthanc.post("/tools/lookup", str(sent.SOPInstanceUID)).json()
    finally:
        disk.unmount()


def _archive(orthanc_url: str) -> DicomWebArchive:
    return DicomWebArchive.from_settings(Settings(dicomweb_url=f"{orthanc_url}/dicom-web"))
