"""The DICOMweb archive against a real Orthanc: images as stored, reports in, faults by name."""

import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, uid
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ComprehensiveSRStorage, generate_uid

from free_ports import free_port
from local_servers import Orthanc
from mammogram_files import as_file, four_views, mammogram
from mammovlm.archive import DicomWebArchive
from mammovlm.errors import ArchiveUnavailable, RejectionReason, ResultInvalid, StudyRejected
from mammovlm.imaging import ReadingLimits, read_study
from mammovlm.job import AnalysisJob, InstanceReference
from mammovlm.settings import Settings

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory, require_program: Any) -> Iterator[Orthanc]:
    require_program("Orthanc", "orthanc")
    server = Orthanc(tmp_path_factory.mktemp("orthanc"), {})
    server.start()
    yield server
    server.kill(signal.SIGKILL)


def archive_at(url: str, **settings: Any) -> DicomWebArchive:
    return DicomWebArchive.from_settings(Settings(dicomweb_url=f"{url}/dicom-web", **settings))


@pytest.fixture
def archive(orthanc: Orthanc) -> DicomWebArchive:
    return archive_at(orthanc.url)


def put(orthanc: Orthanc, *datasets: Dataset) -> None:
    for dataset in datasets:
        assert orthanc.post("/instances", as_file(dataset)).ok


def job_for(*datasets: Dataset) -> AnalysisJob:
    references = tuple(
        InstanceReference(each.SeriesInstanceUID, each.SOPInstanceUID) for each in datasets
    )
    return AnalysisJob(datasets[0].StudyInstanceUID, references)


def report_for(image: Dataset) -> Dataset:
    report = Dataset()
    report.file_meta = FileMetaDataset()
    for keyword in ("PatientID", "PatientName", "StudyInstanceUID", "StudyID", "StudyDate"):
        setattr(report, keyword, getattr(image, keyword))
    report.SOPClassUID = ComprehensiveSRStorage
    report.SOPInstanceUID, report.SeriesInstanceUID = generate_uid(), generate_uid()
    report.Modality = "SR"
    report.file_meta.MediaStorageSOPClassUID = report.SOPClassUID
    report.file_meta.MediaStorageSOPInstanceUID = report.SOPInstanceUID
    report.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    return report


def instances_of(orthanc: Orthanc, study_instance_uid: str) -> list[str]:
    found = orthanc.post("/tools/lookup", study_instance_uid).json()
    (study,) = [each["ID"] for each in found if each["Type"] == "Study"]
    listed = orthanc.get(f"/studies/{study}/instances").json()
    return [each["MainDicomTags"]["SOPInstanceUID"] for each in listed]


@pytest.mark.parametrize("syntax", [None, uid.JPEG2000Lossless, uid.RLELossless])
def test_images_are_fetched_in_the_transfer_syntax_they_are_stored_in(
    orthanc: Orthanc, archive: DicomWebArchive, syntax: uid.UID | None
) -> None:
    views = four_views()
    for view in views:
        if syntax is not None:
            view.compress(syntax, encoding_plugin="pylibjpeg")
    put(orthanc, *views)
    fetched = archive.fetch(job_for(*views))
    assert [each.name for each in fetched] == [view.SOPInstanceUID for view in views]
    for view, instance in zip(views, fetched, strict=True):
        assert isinstance(instance.content, bytes)
        assert view.PixelData in instance.content
    study = read_study(views[0].StudyInstanceUID, fetched, (), ReadingLimits())
    assert study.missing == ()


def test_a_job_without_instances_fetches_the_whole_study(
    orthanc: Orthanc, archive: DicomWebArchive
) -> None:
    views = four_views()
    put(orthanc, *views)
    fetched = archive.fetch(AnalysisJob(views[0].StudyInstanceUID))
    study = read_study(views[0].StudyInstanceUID, fetched, (), ReadingLimits())
    assert len(study.views) == 4


def test_a_study_that_is_not_there_is_rejected(archive: DicomWebArchive) -> None:
    for job in (AnalysisJob(generate_uid()), job_for(mammogram())):
        with pytest.raises(StudyRejected) as rejected:
            archive.fetch(job)
        assert rejected.value.reason is RejectionReason.NO_IMAGE_FOUND


def test_an_image_that_is_gone_is_left_out_and_the_others_go_on(
    orthanc: Orthanc, archive: DicomWebArchive
) -> None:
    here, gone = four_views()[:2]
    put(orthanc, here)
    fetched = archive.fetch(job_for(here, gone))
    study = read_study(here.StudyInstanceUID, fetched, (), ReadingLimits())
    assert len(study.views) == 1
    assert [image.sop_instance_uid for image in study.left_out] == [gone.SOPInstanceUID]


def test_a_report_is_stored_in_its_study_and_storing_it_again_changes_nothing(
    orthanc: Orthanc, archive: DicomWebArchive
) -> None:
    image = mammogram()
    put(orthanc, image)
    report = report_for(image)
    for _ in range(2):
        archive.store(image.StudyInstanceUID, [report])
        assert sorted(instances_of(orthanc, image.StudyInstanceUID)) == sorted(
            [image.SOPInstanceUID, report.SOPInstanceUID]
        )


def test_a_report_of_another_study_is_refused(orthanc: Orthanc, archive: DicomWebArchive) -> None:
    image = mammogram()
    put(orthanc, image)
    with pytest.raises(ResultInvalid):
        archive.store(generate_uid(), [report_for(image)])
    assert instances_of(orthanc, image.StudyInstanceUID) == [image.SOPInstanceUID]


def test_an_archive_that_is_down_is_unavailable_and_back_again_after_its_start(
    tmp_path: Path, require_program: Any
) -> None:
    require_program("Orthanc", "orthanc")
    server, image = Orthanc(tmp_path, {}), mammogram()
    archive = archive_at(server.url)
    with pytest.raises(ArchiveUnavailable):
        archive.fetch(AnalysisJob("1.2.3"))
    server.start()
    try:
        put(server, image)
        server.kill(signal.SIGKILL)
        with pytest.raises(ArchiveUnavailable):
            archive.fetch(job_for(image))
        with pytest.raises(ArchiveUnavailable):
            archive.store(image.StudyInstanceUID, [report_for(image)])
        server.start()
        assert len(archive.fetch(job_for(image))) == 1
    finally:
        server.kill(signal.SIGKILL)


@pytest.fixture
def raw_server() -> Iterator[Any]:
    """Give a function that answers every request on a port with the given bytes."""
    sockets: list[socket.socket] = []

    def answer_with(answer: bytes | None) -> str:
        listening = socket.create_server(("127.0.0.1", port := free_port()))
        sockets.append(listening)
        threading.Thread(target=_serve, args=(listening, answer), daemon=True).start()
        return f"http://127.0.0.1:{port}"

    yield answer_with
    for each in sockets:
        each.close()


def _serve(
    listening: socket.socket, answer: bytes | None, asked: list[bytes] | None = None
) -> None:
    waiting = []
    while True:
        try:
            connection, _ = listening.accept()
        except ssl.SSLError:
            continue  # a client that does not trust the certificate
        except OSError:
            return
        if answer is None:
            waiting.append(connection)  # never answered
            continue
        request = connection.recv(1 << 20)
        if asked is not None:
            asked.append(request)
        connection.sendall(answer)
        connection.close()


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/related; boundary=x\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"",
        b"no HTTP at all",
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello",
        _HEAD + b"Content-Length: 9999\r\n\r\n--x\r\n\r\nDICM",
        _HEAD + b"Content-Length: 9\r\n\r\n--x\r\nrubb",
    ],
    ids=["silent", "hung up", "garbage", "503", "401", "a web page", "cut short", "no parts"],
)
def test_a_passing_fault_is_told_as_unavailable(answer: bytes | None, raw_server: Any) -> None:
    archive = archive_at(raw_server(answer), archive_timeout_s=0.5)
    with pytest.raises(ArchiveUnavailable):
        archive.fetch(AnalysisJob("1.2.3"))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (b"500 Oops", ArchiveUnavailable),
        (b"503 Busy", ArchiveUnavailable),
        (b"429 Slow down", ArchiveUnavailable),
        (b"403 Forbidden", ArchiveUnavailable),
        (b"400 Bad", ResultInvalid),
        (b"409 Conflict", ResultInvalid),
        (b"413 Too large", ResultInvalid),
    ],
)
def test_a_refused_report_is_told_from_a_passing_fault(
    status: bytes, error: type[Exception], raw_server: Any
) -> None:
    archive = archive_at(raw_server(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"))
    image = mammogram(rows=4, columns=4)
    with pytest.raises(error):
        archive.store(image.StudyInstanceUID, [report_for(image)])


def test_the_own_certificates_and_the_password_are_used(
    tmp_path: Path, require_program: Any
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    openssl = require_program("openssl")
    request = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*request, *names, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    asked: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", port := free_port()))
    with context.wrap_socket(listening, server_side=True) as secure:
        answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        threading.Thread(target=_serve, args=(secure, answer, asked), daemon=True).start()
        url = f"https://127.0.0.1:{port}"
        with pytest.raises(ArchiveUnavailable, match="SSLError"):
            archive_at(url).fetch(AnalysisJob("1.2.3"))
        access = {"dicomweb_user": "u", "dicomweb_password": "word"}
        archive = archive_at(url, dicomweb_ca_bundle=certificate, **access)
        with pytest.raises(StudyRejected):
            archive.fetch(AnalysisJob("1.2.3"))
    assert b"Authorization: Basic dTp3b3Jk" in asked[-1]


def test_the_environments_proxy_and_certificates_are_not_used(
    orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    image = mammogram()
    put(orthanc, image)
    assert len(archive_at(orthanc.url).fetch(job_for(image))) == 1
