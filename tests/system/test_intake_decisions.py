"""Studies sent to a real Orthanc, and the jobs that come out of a real RabbitMQ."""

import socket
from collections.abc import Mapping
from typing import Any

import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    BreastTomosynthesisImageStorage,
    ComprehensiveSRStorage,
    CTImageStorage,
    generate_uid,
)

from local_servers import Orthanc, RabbitMQ, wait_until
from mammogram_files import code_item, four_views, mammogram
from queue_reader import QueueReader

pytestmark = [pytest.mark.system, pytest.mark.slow]

REPORT = {
    "sop_class_uid": "1.2.840.10008.5.1.4.1.1.88.33",
    "sop_instance_uid": "2.25.1",
    "series_instance_uid": "2.25.2",
}


@pytest.fixture(scope="module")
def intake() -> Mapping[str, str]:
    return {"MAMMOVLM_QUIET_S": "1", "MAMMOVLM_DEADLINE_S": "5"}


@pytest.fixture(scope="module")
def queue(broker: RabbitMQ, orthanc: Orthanc) -> QueueReader:
    wait_until("the plugin is connected", lambda: orthanc.get("/mammovlm/health").ok)
    return QueueReader(broker)


def uids(datasets: list[Dataset]) -> set[str]:
    return {str(dataset.SOPInstanceUID) for dataset in datasets}


def analysed(job: dict[str, Any]) -> set[str]:
    return {instance["sop_instance_uid"] for instance in job["instances"]}


def reasons(job: dict[str, Any]) -> dict[str, str]:
    return {image["sop_instance_uid"]: image["reason"] for image in job["left_out"]}


def study_of(datasets: list[Dataset]) -> str:
    return str(datasets[0].StudyInstanceUID)


def send_and_wait(orthanc: Orthanc, queue: QueueReader, datasets: list[Dataset]) -> dict[str, Any]:
    assert set(orthanc.send(datasets)) == {0}
    return queue.wait_for_job(study_of(datasets))


def something_else_went_through(orthanc: Orthanc, queue: QueueReader) -> None:
    """Wait until a study sent now is decided: by then any news before it has been looked at."""
    send_and_wait(orthanc, queue, four_views())


def test_four_views_are_a_job_long_before_the_deadline(
    orthanc: Orthanc, queue: QueueReader
) -> None:
    views = four_views()
    job = send_and_wait(orthanc, queue, views)
    assert analysed(job) == uids(views)
    assert (job["run"], job["priority"], job["left_out"]) == (1, "normal", [])
    status = orthanc.wait_for_state(study_of(views), "queued")
    assert (status["missing"], status["job_id"]) == ([], job["job_id"])


def test_two_studies_sent_in_turns_are_two_jobs(orthanc: Orthanc, queue: QueueReader) -> None:
    one, other = four_views(), four_views()
    orthanc.send([view for pair in zip(one, other, strict=True) for view in pair])
    for views in (one, other):
        assert analysed(queue.wait_for_job(study_of(views))) == uids(views)


def test_three_views_are_analysed_at_the_deadline(orthanc: Orthanc, queue: QueueReader) -> None:
    views = four_views()[:3]
    orthanc.send(views)
    orthanc.wait_for_state(study_of(views), "receiving")
    assert analysed(queue.wait_for_job(study_of(views))) == uids(views)
    assert orthanc.status(study_of(views))["missing"] == ["LMLO"]


def test_extra_images_are_left_out_with_their_reasons(orthanc: Orthanc, queue: QueueReader) -> None:
    study = generate_uid()
    implants = four_views(study_uid=study, BreastImplantPresent="YES")
    displaced = four_views(study_uid=study, BreastImplantPresent="YES")
    for view in displaced:
        view.ViewCodeSequence[0].ViewModifierCodeSequence = Sequence(
            [code_item("399209000", "Implant Displaced")]
        )
    raw = four_views(study_uid=study, PresentationIntentType="FOR PROCESSING")
    extra = {
        "magnification": mammogram(study_uid=study, EstimatedRadiographicMagnificationFactor=1.8),
        "spot-compression": mammogram(study_uid=study, PaddleDescription="SPOT"),
        "special-view": mammogram(study_uid=study, ViewPosition="ML", ViewCodeSequence=None),
        "tomosynthesis": mammogram(study_uid=study, SOPClassUID=BreastTomosynthesisImageStorage),
    }
    job = send_and_wait(orthanc, queue, [*raw, *implants, *extra.values(), *displaced])
    assert analysed(job) == uids(displaced)
    assert reasons(job) == {
        **dict.fromkeys(uids(implants), "implant-in-view"),
        **dict.fromkeys(uids(raw), "for-processing-twin"),
        **{str(image.SOPInstanceUID): reason for reason, image in extra.items()},
    }


def test_special_views_alone_are_rejected_with_a_sentence(
    orthanc: Orthanc, queue: QueueReader
) -> None:
    views = [mammogram(side, "ML", ViewCodeSequence=None) for side in "RL"]
    views[1].StudyInstanceUID = views[0].StudyInstanceUID
    orthanc.send(views)
    status = orthanc.wait_for_state(study_of(views), "rejected")
    assert status["reason"] == "no-standard-view"
    assert "laterality" in status["text"]
    assert {image["reason"] for image in status["left_out"]} == {"special-view"}
    assert queue.jobs(study_of(views)) == []


def test_a_late_image_is_a_new_run_that_names_the_report_before(
    orthanc: Orthanc, queue: QueueReader
) -> None:
    views = four_views()
    first = send_and_wait(orthanc, queue, views[:3])
    queue.tell(first, "partial", report=REPORT)
    orthanc.wait_for_state(study_of(views), "partial")
    orthanc.send(views[3:])
    second = queue.wait_for_job(study_of(views), run=2)
    assert analysed(second) == uids(views)
    assert second["predecessor"] == REPORT
    status = orthanc.status(study_of(views))
    assert [(run["run"], run["state"]) for run in status["history"]] == [(1, "partial")]


def test_a_late_special_view_is_listed_but_starts_nothing(
    orthanc: Orthanc, queue: QueueReader
) -> None:
    views = four_views()
    send_and_wait(orthanc, queue, views)
    late = mammogram(study_uid=study_of(views), PaddleDescription="SPOT")
    orthanc.send([late])
    wait_until("the late image is listed", lambda: orthanc.status(study_of(views))["left_out"])
    something_else_went_through(orthanc, queue)
    assert orthanc.status(study_of(views))["run"] == 1
    assert len(queue.jobs(study_of(views))) == 1


def test_the_same_study_sent_twice_is_one_job(orthanc: Orthanc, queue: QueueReader) -> None:
    views = four_views()
    send_and_wait(orthanc, queue, views)
    orthanc.send(views)
    something_else_went_through(orthanc, queue)
    assert len(queue.jobs(study_of(views))) == 1


def test_our_own_report_starts_nothing(orthanc: Orthanc, queue: QueueReader) -> None:
    views = four_views()
    job = send_and_wait(orthanc, queue, views)
    report = mammogram(study_uid=study_of(views), Modality="SR", PixelData=None)
    report.SOPClassUID = report.file_meta.MediaStorageSOPClassUID = ComprehensiveSRStorage
    assert orthanc.send([report]) == [0]
    queue.tell(job, "done", report=REPORT)
    orthanc.wait_for_state(study_of(views), "done")
    something_else_went_through(orthanc, queue)
    assert orthanc.status(study_of(views))["state"] == "done"
    assert len(queue.jobs(study_of(views))) == 1


def test_another_modality_gets_no_status(orthanc: Orthanc, queue: QueueReader) -> None:
    scan = mammogram(Modality="CT")
    scan.SOPClassUID = scan.file_meta.MediaStorageSOPClassUID = CTImageStorage
    assert orthanc.send([scan]) == [0]
    something_else_went_through(orthanc, queue)
    answer = orthanc.get(f"/mammovlm/studies/{scan.StudyInstanceUID}")
    assert answer.status_code == 404
    assert "analyze" in answer.json()["do"]


def test_events_are_written_on_the_study(orthanc: Orthanc, queue: QueueReader) -> None:
    views = four_views()
    job = send_and_wait(orthanc, queue, views)
    queue.tell(job, "running")
    orthanc.wait_for_state(study_of(views), "running")
    algorithm = {"name": "MammoVLM", "version": "1", "preset": "compact", "device_uid": "2.25.9"}
    queue.tell_bytes(b"no JSON")
    queue.tell({**job, "orthanc_study_id": "0a-0a"}, "done")
    queue.tell(job, "done", report=REPORT, algorithm=algorithm, timings_s={"fetch": 0.2})
    queue.tell(job, "running")
    status = orthanc.wait_for_state(study_of(views), "done")
    something_else_went_through(orthanc, queue)
    assert orthanc.status(study_of(views)) == status
    assert (status["report"], status["algorithm"]) == (REPORT, algorithm)
    assert status["timings_s"] == {"fetch": 0.2}
    metrics = orthanc.get("/mammovlm/metrics").text
    assert 'mammovlm_messages_dropped_total{kind="malformed event"} 2' in metrics


def test_anyone_can_ask_for_a_study_again_with_urgency(
    orthanc: Orthanc, queue: QueueReader
) -> None:
    views = four_views()
    send_and_wait(orthanc, queue, views)
    path = f"/mammovlm/studies/{study_of(views)}/analyze"
    answer = orthanc.post(path, '{"priority": "urgent"}')
    assert (answer.status_code, answer.json()["state"]) == (202, "ready")
    job = queue.wait_for_job(study_of(views), run=2)
    assert (job["queue"], job["priority"]) == ("mammovlm.analysis.urgent", "urgent")


def test_a_study_can_be_asked_for_before_its_deadline(orthanc: Orthanc, queue: QueueReader) -> None:
    views = four_views()[:1]
    orthanc.send(views)
    assert orthanc.post(f"/mammovlm/studies/{study_of(views)}/analyze").status_code == 202
    assert analysed(queue.wait_for_job(study_of(views))) == uids(views)
    something_else_went_through(orthanc, queue)
    assert len(queue.jobs(study_of(views))) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "nothing", "", 404),
        ("GET", "studies/1.2.3", "", 404),
        ("GET", "studies/not-an-id!", "", 400),
        ("GET", "studies?state=lost", "", 400),
        ("GET", "studies?limit=0", "", 400),
        ("GET", "studies?since=yesterday", "", 400),
        ("POST", "studies", "", 405),
        ("GET", "studies/1.2.3/analyze", "", 405),
        ("POST", "studies/1.2.3/analyze", "", 404),
        ("POST", "studies/1.2.3/analyze", '{"priority": "now"}', 400),
        ("POST", "studies/1.2.3/analyze", "[", 400),
    ],
)
def test_a_wrong_request_is_told_what_to_do(
    orthanc: Orthanc, method: str, path: str, body: str, expected: int
) -> None:
    path = f"/mammovlm/{path}"
    answer = orthanc.get(path) if method == "GET" else orthanc.post(path, body)
    assert answer.status_code == expected
    if expected != 405:
        assert answer.json()["error"]
        assert answer.json()["do"]


def test_studies_are_listed_by_state_and_time(orthanc: Orthanc, queue: QueueReader) -> None:
    views = four_views()
    send_and_wait(orthanc, queue, views)
    changed_at = orthanc.wait_for_state(study_of(views), "queued")["times"]["queued"]
    listed = orthanc.get(f"/mammovlm/studies?state=queued&limit=5&since={changed_at}").json()
    assert study_of(views) in {entry["study_instance_uid"] for entry in listed["studies"]}
    other = orthanc.get(f"/mammovlm/studies?state=failed,rejected&since={changed_at}").json()
    assert other["studies"] == []


def test_images_from_another_machine_are_refused(orthanc: Orthanc) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # documentation address: nothing is sent
            own_address = probe.getsockname()[0]
        except OSError:
            pytest.skip("this machine has no address but loopback")
    image = mammogram()
    assert orthanc.send([image], host=own_address) == [0xA700]
    assert orthanc.post("/tools/lookup", str(image.SOPInstanceUID)).json() == []


def test_no_patient_data_is_in_log_and_metrics(orthanc: Orthanc, queue: QueueReader) -> None:
    something_else_went_through(orthanc, queue)
    written = orthanc.log.read_text() + orthanc.get("/mammovlm/metrics").text
    assert "Phantom" not in written
    assert "PHANTOM1" not in written
