"""The production configuration: results go on to the department's archive over DICOM TLS."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from pydicom import Dataset
from pydicom.uid import generate_uid

from local_stack import wait_until
from mammogram_files import four_views
from mammovlm.results import ObjectOptions
from page_system import objects_on
from production_system import DepartmentArchive, ProductionSystem
from report_examples import EXPLANATION, MASS

pytestmark = pytest.mark.system

WAITING, FAILED = "results_to_route", 'results_routed_total{kind="failed"}'
EVERYTHING = ObjectOptions(wants_cad_report=True, wants_heat_maps=True)


def store(system: ProductionSystem, objects: list[Dataset]) -> None:
    """Store objects as a worker does: by STOW-RS with its rights."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(system.secrets.folder / "ca.crt")
        session.auth = ("worker", system.secrets.text("mammovlm_dicomweb_password"))
        DICOMwebClient(f"{system.url}/dicom-web", session).store_instances(objects)


def by_another(result: Dataset) -> Dataset:
    """Give the same report as another program would have made it."""
    foreign = deepcopy(result)
    foreign.SOPInstanceUID = foreign.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    foreign.ContributingEquipmentSequence[0].ManufacturerModelName = "Another"
    return foreign


def test_exactly_our_objects_go_on_to_the_departments_archive_also_if_it_comes_later(
    system: ProductionSystem, require_program: Callable[..., str], tmp_path: Path
) -> None:
    require_program("storescp", "dcmtk")
    views = four_views()
    ours = list(objects_on(views, EXPLANATION, {"LCC": (MASS,)}, EVERYTHING))
    assert {one.Modality for one in ours} == {"SR", "DOC", "PR", "OT"}
    monitoring = ("monitoring", system.secrets.text("monitoring_password"))

    def told(name: str) -> int:
        text = system.get("/mammovlm/metrics", monitoring).text
        (line,) = (line for line in text.splitlines() if line.startswith(f"mammovlm_{name} "))
        return int(line.split()[-1])

    waited, failed = told(WAITING), told(FAILED)  # results of other tests wait for the same archive
    *first, last = ours
    store(system, [views[0], by_another(ours[0]), *first])
    wait_until(lambda: told(WAITING) == waited + len(first), "all results wait", 30)
    wait_until(lambda: told(FAILED) >= failed + len(first), "each was tried", 60)
    department = DepartmentArchive(system, tmp_path / "department")
    department.start()
    try:
        store(system, [last])  # the first that is taken ends the pause, however long it has become
        wait_until(lambda: told(WAITING) == 0, "all results have gone", 60)
    finally:
        department.kill()
    study = views[0].StudyInstanceUID
    came = [one.SOPInstanceUID for one in department.stored if one.StudyInstanceUID == study]
    assert sorted(came) == sorted(one.SOPInstanceUID for one in ours)
