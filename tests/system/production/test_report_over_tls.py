"""The production configuration, TLS everywhere: a report comes back, and no log tells a secret."""

from io import BytesIO

import pytest
from pydicom import dcmread

from local_stack import wait_until
from mammogram_files import four_views
from production_system import ProductionSystem

pytestmark = pytest.mark.system


def status(system: ProductionSystem, study_uid: str) -> dict[str, object]:
    answer = system.get(f"/mammovlm/studies/{study_uid}", system.secrets.people)
    content: dict[str, object] = answer.json() if answer.ok else {}
    return content


def test_a_study_sent_over_tls_comes_back_as_a_report_over_https(
    system: ProductionSystem,
) -> None:
    images = four_views()
    study_uid = str(images[0].StudyInstanceUID)
    association = system.associate(images, system.secrets.client_context("modality"))
    assert association.is_established, system.log("orthanc")[-2000:]
    assert [association.send_c_store(image).Status for image in images] == [0, 0, 0, 0]
    association.release()

    def finished() -> bool:
        return status(system, study_uid).get("state") in {"done", "partial", "rejected", "failed"}

    wait_until(finished, f"the analysis ends, see {system.programs['worker'].log}", 400)
    now = status(system, study_uid)
    assert now["state"] == "done", now
    wanted = {"StudyInstanceUID": study_uid, "Modality": "SR"}
    question = {"Level": "Series", "Query": wanted, "Expand": True}
    found = system.request("POST", "/tools/find", system.secrets.people, json=question).json()
    content = system.get(f"/instances/{found[0]['Instances'][0]}/file", system.secrets.people)
    report = dcmread(BytesIO(content.content))
    assert report.StudyInstanceUID == study_uid
    assert report.VerificationFlag == "UNVERIFIED"


def test_the_worker_made_nothing_on_the_broker_and_complained_of_nothing(
    system: ProductionSystem,
) -> None:
    wait_until(lambda: "ready" in system.log("worker"), "the worker is ready", 200)
    log = system.log("worker")
    assert "ACCESS_REFUSED" not in log
    assert "delayed" not in log.lower()


def test_no_password_is_in_any_log(system: ProductionSystem) -> None:
    for program in system.programs:
        log = system.log(program)
        assert not [secret for secret in system.passwords if secret in log], program


def test_searches_by_patient_leave_no_name_in_any_log(system: ProductionSystem) -> None:
    name = "Unmistakable^Name"
    system.get(f"/dicom-web/studies?PatientName={name}", system.secrets.people)
    for program in system.programs:
        assert "Unmistakable" not in system.log(program), program
