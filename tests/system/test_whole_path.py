"""Studies in by C-STORE, reports back into the study: the real programs, and their faults."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from pydicom import Dataset, dcmread
from pydicom.uid import CTImageStorage, generate_uid

from local_stack import wait_until
from mammogram_files import four_views, mammogram
from mammovlm.cli import main
from mammovlm.cli.demo_exam import write_exam
from mammovlm.results import readable_report
from whole_system import WholeSystem, running_system

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def system(
    require_program: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WholeSystem]:
    """Start the whole stack with a short quiet time and deadline."""
    require_program("Orthanc", "orthanc")
    require_program("epmd", "rabbitmq-server")
    folder = tmp_path_factory.mktemp("whole-path")
    waiting = {
        "MAMMOVLM_QUIET_S": "1",
        "MAMMOVLM_DEADLINE_S": "8",
        "MAMMOVLM_ARCHIVE_PATIENCE_S": "60",
    }
    with running_system(folder, waiting) as running:
        yield running


def test_a_real_exam_comes_back_with_a_valid_report(
    system: WholeSystem, require_program: Callable[..., str], tmp_path: Path
) -> None:
    study_uid = write_exam(tmp_path)
    system.send_folder(tmp_path)
    result = system.result(study_uid)
    assert result.state == "done", result
    assert set(result.timings_s) == {
        "fetch", "read", "model", "explain", "objects", "check", "store",
    }  # fmt: skip
    (report,) = system.reports(study_uid)
    assert result.report is not None
    assert report.SOPInstanceUID == result.report["sop_instance_uid"]
    assert (report.CompletionFlag, report.VerificationFlag) == ("COMPLETE", "UNVERIFIED")
    (page,) = system.reports(study_uid, "DOC")
    assert page.StudyInstanceUID == report.StudyInstanceUID
    assert page.MIMETypeOfEncapsulatedDocument == "application/pdf"
    text = readable_report(report)
    assert "not been reviewed" in text or "not reviewed" in text
    path = tmp_path / "report.dcm"
    report.save_as(path)
    dciodvfy = require_program("dciodvfy", "dicom3tools")
    told = subprocess.run([dciodvfy, path], capture_output=True, text=True, check=False).stderr
    assert not [line for line in told.splitlines() if line.startswith("Error")], told


def test_the_report_never_starts_an_analysis_of_itself(system: WholeSystem) -> None:
    study_uid = system.send(four_views())
    system.result(study_uid)
    after = system.send(four_views())
    system.result(after)  # the intake has seen every change that came before this one
    now = system.status(study_uid)
    assert now is not None
    assert (now.run, now.state) == (1, "done")


def test_the_same_study_sent_twice_has_one_report(system: WholeSystem) -> None:
    images = four_views()
    study_uid = system.send(images)
    system.result(study_uid)
    system.send(images)
    other = system.send(four_views())
    system.result(other)
    assert len(system.reports(study_uid)) == 1
    now = system.status(study_uid)
    assert now is not None
    assert now.run == 1


def test_a_rerun_is_a_new_series_that_names_its_predecessor(system: WholeSystem) -> None:
    study_uid = system.send(four_views())
    first = system.result(study_uid)
    system.intake.rerun(study_uid, urgent=True)
    second = system.result(study_uid, run=2)
    assert first.report is not None
    assert second.report is not None
    assert second.report["series_instance_uid"] != first.report["series_instance_uid"]
    named = {report.SOPInstanceUID: predecessor(report) for report in system.reports(study_uid)}
    assert named == {
        first.report["sop_instance_uid"]: None,
        second.report["sop_instance_uid"]: first.report["sop_instance_uid"],
    }


def test_a_real_one_view_study_is_partial_and_says_what_is_missing(
    system: WholeSystem, shared_data: Path
) -> None:
    image = dcmread(shared_data / "ge-senographe" / "rmlo.dcm")
    study_uid = system.send([image])
    result = system.result(study_uid)
    assert (result.state, set(result.missing)) == ("partial", {"RCC", "LCC", "LMLO"})
    (report,) = system.reports(study_uid)
    assert report.CompletionFlag == "PARTIAL"


def test_late_images_make_a_new_report_that_names_its_predecessor(system: WholeSystem) -> None:
    images = four_views()
    study_uid = system.send(images[:3])
    first = system.result(study_uid)
    assert first.state == "partial"
    system.send(images[3:])
    second = system.result(study_uid, run=2)
    assert second.state == "done"
    old, new = system.reports(study_uid)
    assert predecessor(new) == old.SOPInstanceUID
    assert new.SeriesInstanceUID != old.SeriesInstanceUID


def test_a_study_that_grows_while_it_is_analysed_ends_with_all_of_its_images(
    system: WholeSystem,
) -> None:
    images = four_views()
    study_uid = system.send(images[:3])
    system.wait_for(study_uid, lambda now: now.state == "running", "the first run begins")
    system.send(images[3:])
    result = system.result(study_uid, run=2)
    assert (result.state, result.missing) == ("done", ())
    old, new = sorted(system.reports(study_uid), key=lambda report: int(report.InstanceNumber))
    assert (old.CompletionFlag, new.CompletionFlag) == ("PARTIAL", "COMPLETE")
    assert predecessor(old) is None
    assert predecessor(new) == old.SOPInstanceUID


def test_an_image_that_cannot_be_decoded_is_left_out_and_the_others_go_on(
    system: WholeSystem,
) -> None:
    images = four_views()
    images[1].PixelData = images[1].PixelData[: len(images[1].PixelData) // 2]
    study_uid = system.send(images)
    result = system.result(study_uid)
    assert result.state == "partial", result
    (report,) = system.reports(study_uid)
    assert images[1].SOPInstanceUID in readable_report(report)


def test_a_study_without_a_readable_view_is_rejected_with_the_reason(system: WholeSystem) -> None:
    images = four_views()
    for image in images:
        image.PixelData = image.PixelData[:100]
    study_uid = system.send(images)
    healthy = system.send(four_views())
    result = system.result(study_uid)
    assert (result.state, result.reason) == ("rejected", "no-readable-view")
    assert "send the images again" in result.text.lower()
    assert system.result(healthy).state == "done"
    assert not system.reports(study_uid)


def test_absurd_sizes_are_refused_by_name(system: WholeSystem) -> None:
    images = four_views()
    for image in images:
        image.Rows, image.Columns = 65535, 65535
    result = system.result(system.send(images))
    assert (result.state, result.reason) == ("rejected", "no-readable-view")


def test_a_study_of_another_modality_concerns_nobody(system: WholeSystem) -> None:
    image = mammogram(Modality="CT", SOPClassUID=CTImageStorage, StudyInstanceUID=generate_uid())
    study_uid = system.send([image])
    system.result(system.send(four_views()))
    assert system.status(study_uid) is None


def test_a_worker_process_killed_in_the_middle_loses_nothing(system: WholeSystem) -> None:
    study_uid = system.send(four_views())
    system.wait_for(study_uid, lambda now: now.state == "running", "the analysis begins")
    system.kill_pool_process()
    assert system.result(study_uid).state == "done"
    assert len(system.reports(study_uid)) == 1


def test_a_whole_worker_killed_in_the_middle_loses_nothing(system: WholeSystem) -> None:
    study_uid = system.send(four_views())
    system.wait_for(study_uid, lambda now: now.state == "running", "the analysis begins")
    system.kill("worker")
    assert system.result(study_uid).state == "done"
    assert len(system.reports(study_uid)) == 1


def test_a_worker_that_is_asked_to_stop_ends_its_study_first(system: WholeSystem) -> None:
    study_uid = system.send(four_views())
    system.wait_for(study_uid, lambda now: now.state == "running", "the analysis begins")
    system.terminate("worker")
    assert system.result(study_uid).state == "done"
    assert system.worker_log().count(f"[{system.job_id(study_uid)}] received") == 1


def test_questions_by_rest_and_command_line_are_answered_from_the_stored_report(
    system: WholeSystem,
) -> None:
    study_uid = system.send(four_views())
    system.result(study_uid)
    study = f"{system.settings.http_url}/mammovlm/studies/{study_uid}"
    asked = requests.post(f"{study}/ask", json={"question": "How dense is it?"}, timeout=30)
    assert (asked.status_code, asked.json()["number"]) == (202, 1)
    asking = ["ask", study_uid, "--orthanc", system.settings.http_url]
    score = CliRunner().invoke(main, [*asking, "What is my score?"])
    assert score.exit_code == 0, score.output
    both = CliRunner().invoke(main, asking, input="And the left one?\nDo I have cancer?\n\n")
    assert "left breast" in both.output
    assert "right breast" not in both.output
    assert "doctor" in both.output
    entries = requests.get(f"{study}/conversation", timeout=30).json()["entries"]
    answers = [entry["answer"] for entry in entries]
    assert [answer["topics"] for answer in answers] == [
        ["density"],
        ["score", "meaning", "reader"],
        ["score", "meaning", "reader"],
        ["for a doctor", "can say"],
    ]
    assert answers[1]["text"] in score.output
    assert {answer["check"] for answer in answers if answer["origin"] == "language-model"} <= {
        "passed"
    }
    assert answers[3]["origin"] == "refusal"
    (report,) = system.reports(study_uid)
    assert {entry["report_uid"] for entry in entries} == {report.SOPInstanceUID}


def test_an_urgent_study_overtakes_the_ones_that_wait(system: WholeSystem) -> None:
    urgent = system.send(four_views())
    system.result(urgent)
    waiting = [system.send(four_views()) for _ in range(4)]
    system.wait_for(waiting[-1], lambda now: now.state == "queued", "all wait")
    system.intake.rerun(urgent, urgent=True)
    overtaking = system.result(urgent, run=2)
    last = system.result(waiting[-1])
    assert overtaking.times["done"] < last.times["done"]


def test_orthanc_killed_in_the_middle_gets_its_report_when_it_is_back(system: WholeSystem) -> None:
    study_uid = system.send(four_views())
    system.wait_for(study_uid, lambda now: now.state == "running", "the analysis begins")
    system.kill("orthanc")
    wait_until(lambda: _answers(system), "Orthanc is back")
    assert system.result(study_uid).state == "done"
    assert len(system.reports(study_uid)) == 1


def test_a_broker_killed_while_studies_arrive_loses_none(system: WholeSystem) -> None:
    first = system.send(four_views())
    system.kill("rabbitmq")
    second = system.send(four_views())
    for study_uid in (first, second):
        assert system.result(study_uid).state == "done"
        assert len(system.reports(study_uid)) == 1


def predecessor(report: Dataset) -> str | None:
    """Give the SOP Instance UID of the one report that a report names as its predecessor."""
    if "PredecessorDocumentsSequence" not in report:
        return None
    (document,) = report.PredecessorDocumentsSequence
    (series,) = document.ReferencedSeriesSequence
    (named,) = series.ReferencedSOPSequence
    return str(named.ReferencedSOPInstanceUID)


def _answers(system: WholeSystem) -> bool:
    try:
        return requests.get(f"{system.settings.http_url}/mammovlm/health", timeout=5).ok
    except requests.RequestException:
        return False
