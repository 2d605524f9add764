"""Sending by C-STORE against a real receiver in this process."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from click.testing import CliRunner
from pydicom import Dataset
from pydicom.uid import (
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    RLELossless,
    SecondaryCaptureImageStorage,
    generate_uid,
)
from pynetdicom import AE, evt
from pynetdicom.events import Event
from pynetdicom.presentation import AllStoragePresentationContexts, build_context

from mammogram_files import four_views, mammogram, save
from mammovlm.cli import main
from mammovlm.cli.dicom_tls import DicomTls
from mammovlm.cli.sending import (
    DicomFile,
    Receiver,
    SendingFailed,
    find_files,
    send,
)
from mammovlm.cli.test_authority import Holder, TestAuthority

MG = DigitalMammographyXRayImageStorageForPresentation


@contextmanager
def receiver(
    answer: Callable[[Event], int],
    classes: tuple[str, ...] = (MG,),
    syntaxes: tuple[str, ...] = (ExplicitVRLittleEndian, RLELossless),
    called: str = "",
    tls: ssl.SSLContext | None = None,
) -> Iterator[Receiver]:
    """Run a storage provider on a free port."""
    application = AE(ae_title="TEST")
    application.supported_contexts = [build_context(c, list(syntaxes)) for c in classes]
    application.require_called_aet = bool(called)
    application.ae_title = called or "TEST"
    server = application.start_server(
        ("127.0.0.1", 0),
        block=False,
        evt_handlers=[(evt.EVT_C_STORE, answer)],
        ssl_context=tls,
    )
    assert server is not None
    assert server.socket is not None
    try:
        yield Receiver("127.0.0.1", server.socket.getsockname()[1], "TEST", "MODALITY")
    finally:
        server.shutdown()


def keep(received: list[Dataset]) -> Callable[[Event], int]:
    def store(event: Event) -> int:
        dataset = event.dataset
        dataset.file_meta = event.file_meta
        received.append(dataset)
        return 0x0000

    return store


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_files_are_found_at_any_depth_and_others_are_counted(tmp_path: Path) -> None:
    for depth, view in enumerate(four_views()):
        save(view, tmp_path.joinpath(*["deeper"] * depth))
    (tmp_path / "readme.txt").write_text("no DICOM")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "deeper" / "cut.dcm").write_bytes(b"\0" * 128 + b"DICM")
    found = find_files(tmp_path)
    assert (len(found.dicom), found.others) == (4, 3)


def test_one_file_may_be_named_instead_of_a_folder(tmp_path: Path) -> None:
    path = save(mammogram(), tmp_path)
    assert [file.path for file in find_files(path).dicom] == [path]


def test_pixels_arrive_bit_for_bit_in_the_syntax_in_which_they_are_stored(tmp_path: Path) -> None:
    plain, packed = mammogram("L", "CC"), mammogram("R", "CC")
    packed.compress(RLELossless)
    paths = {d.SOPInstanceUID: save(d, tmp_path) for d in (plain, packed)}
    received: list[Dataset] = []
    with receiver(keep(received)) as place:
        sent = send(find_files(tmp_path).dicom, place)
    assert (sent.stored, sent.failures) == (2, ())
    for dataset in received:
        original = pydicom.dcmread(paths[dataset.SOPInstanceUID])
        assert dataset.file_meta.TransferSyntaxUID == original.file_meta.TransferSyntaxUID
        assert dataset == original


def test_a_refused_image_does_not_keep_back_the_others(tmp_path: Path) -> None:
    views = four_views()
    paths = [save(view, tmp_path) for view in views]
    refused = views[1].SOPInstanceUID

    def answer(event: Event) -> int:
        return 0xA700 if event.dataset.SOPInstanceUID == refused else 0x0000

    with receiver(answer) as place:
        sent = send(find_files(tmp_path).dicom, place)
    assert sent.stored == 3
    assert sent.failures == ((paths[1], "Failure status 0xA700"),)


def test_a_kind_of_file_that_is_not_accepted_is_named_and_the_rest_is_sent(tmp_path: Path) -> None:
    other = mammogram(SOPClassUID=SecondaryCaptureImageStorage)
    path = save(other, tmp_path)
    save(mammogram(), tmp_path)
    received: list[Dataset] = []
    with receiver(keep(received)) as place:
        sent = send(find_files(tmp_path).dicom, place)
    assert len(received) == sent.stored == 1
    [(refused, reason)] = sent.failures
    assert refused == path
    assert "Secondary Capture Image Storage in Explicit VR Little Endian" in reason


def test_more_kinds_of_files_than_one_association_carries_are_all_sent(tmp_path: Path) -> None:
    classes = tuple(str(c.abstract_syntax) for c in AllStoragePresentationContexts)
    assert len(classes) > 128
    for sop_class in classes:
        tiny = mammogram(rows=8, columns=8, SOPClassUID=sop_class)
        save(tiny, tmp_path)
    received: list[Dataset] = []
    with receiver(keep(received), classes=classes) as place:
        sent = send(find_files(tmp_path).dicom, place)
    assert sent.failures == ()
    assert {str(dataset.SOPClassUID) for dataset in received} == set(classes)


def test_progress_is_told_once_for_every_file(tmp_path: Path) -> None:
    for view in four_views():
        save(view, tmp_path)
    told: list[DicomFile] = []
    with receiver(lambda _: 0) as place:
        files = find_files(tmp_path).dicom
        send(files, place, told.append)
    assert told == list(files)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DicomTls]:
    """Give the certificates of a server, a modality, and a modality of another authority."""
    folder = tmp_path_factory.mktemp("papers")
    ours, others = TestAuthority(), TestAuthority()
    server = Holder("orthanc", ("127.0.0.1",), is_client=True)
    return {
        "orthanc": written(folder / "orthanc", ours, server),
        "modality": written(folder / "modality", ours, Holder("modality")),
        "stranger": written(folder / "stranger", others, Holder("modality")),
    }


def written(stem: Path, authority: TestAuthority, holder: Holder) -> DicomTls:
    """Write a certificate of some authority; whoever has it trusts that authority."""
    pair = authority.issue(holder)
    files = {".ca": authority.pair.certificate, ".crt": pair.certificate, ".key": pair.key}
    for suffix, content in files.items():
        stem.with_suffix(suffix).write_bytes(content)
    return DicomTls(*(stem.with_suffix(suffix) for suffix in files))


def server_context(tls: DicomTls) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tls.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    assert tls.certificate is not None
    context.load_cert_chain(tls.certificate, tls.key)
    return context


def test_files_go_over_tls_to_a_receiver_that_asks_for_a_certificate(
    tmp_path: Path, papers: dict[str, DicomTls]
) -> None:
    save(mammogram(), tmp_path)
    received: list[Dataset] = []
    with receiver(keep(received), tls=server_context(papers["orthanc"])) as place:
        over_tls = replace(place, tls=papers["modality"])
        assert send(find_files(tmp_path).dicom, over_tls).stored == len(received) == 1


def test_nothing_is_sent_to_a_receiver_of_another_authority(
    tmp_path: Path, papers: dict[str, DicomTls]
) -> None:
    save(mammogram(), tmp_path)
    with (
        receiver(lambda _: 0, tls=server_context(papers["orthanc"])) as place,
        pytest.raises(SendingFailed, match="over TLS, or one does not trust"),
    ):
        send(find_files(tmp_path).dicom, replace(place, tls=papers["stranger"]))


def test_certificates_that_do_not_belong_together_are_told(
    tmp_path: Path, papers: dict[str, DicomTls]
) -> None:
    save(mammogram(), tmp_path)
    mixed = replace(papers["modality"], key=papers["stranger"].key)
    place = Receiver("127.0.0.1", unused_port(), "ANY", "MODALITY", tls=mixed)
    with pytest.raises(SendingFailed, match="certificates cannot be used"):
        send(find_files(tmp_path).dicom, place)


def test_half_of_the_certificates_is_refused(papers: dict[str, DicomTls]) -> None:
    ours = papers["modality"]
    half = ["send", ".", "--dicom-ca", str(ours.ca), "--dicom-key", str(ours.key)]
    told = CliRunner().invoke(main, half)
    assert told.exit_code == 2
    assert "belong together" in told.output


def test_nothing_listening_is_told_in_words(tmp_path: Path) -> None:
    save(mammogram(), tmp_path)
    with pytest.raises(SendingFailed, match="answers DICOM"):
        send(find_files(tmp_path).dicom, Receiver("127.0.0.1", unused_port(), "ANY", "MODALITY"))


def test_an_unknown_host_is_told_in_words(tmp_path: Path) -> None:
    save(mammogram(), tmp_path)
    with pytest.raises(SendingFailed, match=r"host pacs\.invalid is not known"):
        send(find_files(tmp_path).dicom, Receiver("pacs.invalid", 104, "ANY", "MODALITY"))


def test_a_refused_association_is_told_with_reason_and_titles(tmp_path: Path) -> None:
    save(mammogram(), tmp_path)
    with (
        receiver(lambda _: 0, called="OTHER") as place,
        pytest.raises(SendingFailed, match=r"(?i)called AE title not recogni.ed") as caught,
    ):
        send(find_files(tmp_path).dicom, place)
    assert "called AE title TEST, calling MODALITY" in str(caught.value)


def test_a_receiver_that_accepts_no_kind_of_file_is_told_for_each_image(tmp_path: Path) -> None:
    path = save(mammogram(), tmp_path)
    with receiver(lambda _: 0, classes=(SecondaryCaptureImageStorage,)) as place:
        sent = send(find_files(tmp_path).dicom, place)
    assert sent.stored == 0
    assert [refused for refused, _ in sent.failures] == [path]
    assert "not accepted: Digital Mammography" in sent.failures[0][1]


def test_a_receiver_that_goes_away_in_the_middle_is_told_for_each_image(tmp_path: Path) -> None:
    for view in four_views():
        save(view, tmp_path)

    def hang_up(event: Event) -> int:
        event.assoc.abort()
        return 0x0000

    with receiver(hang_up) as place:
        impatient = replace(place, answer_timeout_s=2)
        sent = send(find_files(tmp_path).dicom, impatient)
    assert sent.stored == 0
    assert len(sent.failures) == 4
    assert all("lost" in reason for _, reason in sent.failures)


class TestCommand:
    """``mammovlm send``: its words and exit codes."""

    def run(self, *arguments: object) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["send", *map(str, arguments)])
        return done.exit_code, done.output

    def test_all_stored_is_zero(self, tmp_path: Path) -> None:
        save(mammogram(), tmp_path)
        (tmp_path / "notes.txt").write_text(generate_uid())
        with receiver(lambda _: 0) as place:
            code, output = self.run(tmp_path, "--port", place.port, "--aet", "TEST")
        assert code == 0
        assert "1 of 1 stored; 1 files were no DICOM." in output

    def test_one_not_stored_is_one(self, tmp_path: Path) -> None:
        save(mammogram(), tmp_path)
        with receiver(lambda _: 0xA700) as place:
            code, output = self.run(tmp_path, "--port", place.port, "--aet", "TEST")
        assert code == 1
        assert "0 of 1 stored" in output
        assert "0xA700" in output

    def test_nothing_to_send_is_two(self, tmp_path: Path) -> None:
        code, output = self.run(tmp_path)
        assert code == 2
        assert "No DICOM file" in output

    @pytest.mark.parametrize("title", ["", "   ", "SEVENTEEN_LETTERS", "A\\B", "Ä"])
    def test_a_title_that_the_standard_forbids_is_refused(self, tmp_path: Path, title: str) -> None:
        code, output = self.run(tmp_path, "--aet", title)
        assert code == 2
        assert "AE title" in output
