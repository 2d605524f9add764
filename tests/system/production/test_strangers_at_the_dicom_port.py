"""The production configuration: who may send by DICOM TLS, and who may not."""

import ssl

import pytest
import requests
from pydicom import Dataset
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from mammogram_files import four_views
from production_system import AE_TITLE, ProductionSystem, Secrets

pytestmark = pytest.mark.system


def refused_dicom(
    system: ProductionSystem, image: Dataset, tls: ssl.SSLContext | None, **titles: str
) -> bool:
    association = system.associate([image], tls, **titles)
    was_established = bool(association.is_established)
    if was_established:
        association.abort()
    return not was_established


def test_dicom_without_tls_is_refused(system: ProductionSystem, image: Dataset) -> None:
    assert refused_dicom(system, image, None)


def test_dicom_over_tls_without_a_certificate_is_refused(
    system: ProductionSystem, image: Dataset
) -> None:
    assert refused_dicom(system, image, system.secrets.client_context())


def test_a_modality_with_a_certificate_of_another_authority_is_refused(
    system: ProductionSystem, foreign: Secrets, image: Dataset
) -> None:
    tls = system.secrets.client_context("modality", foreign.folder)
    assert refused_dicom(system, image, tls)


def test_a_modality_that_we_do_not_know_by_its_title_is_refused(
    system: ProductionSystem, image: Dataset
) -> None:
    tls = system.secrets.client_context("modality")
    assert refused_dicom(system, image, tls, calling="STRANGER")


def test_a_modality_that_calls_us_by_another_title_is_refused(
    system: ProductionSystem, image: Dataset
) -> None:
    tls = system.secrets.client_context("modality")
    assert refused_dicom(system, image, tls, called="ORTHANC")
    assert not refused_dicom(system, image, tls, called=AE_TITLE)


def test_a_known_station_that_may_not_store_stores_nothing(
    system: ProductionSystem, image: Dataset
) -> None:
    tls = system.secrets.client_context("modality")
    association = system.associate([image], tls, calling="VIEWER")
    stored = association.send_c_store(image) if association.is_established else Dataset()
    assert stored.get("Status") != 0
    association.abort()
    study = system.get(
        f"/dicom-web/studies/{image.StudyInstanceUID}/metadata", system.secrets.people
    )
    assert study.status_code == requests.codes.not_found


def test_verification_is_answered_to_known_stations_only(system: ProductionSystem) -> None:
    echo = Dataset()
    echo.SOPClassUID = Verification
    echo.file_meta = four_views()[0].file_meta
    tls = system.secrets.client_context("modality")
    association = system.associate([echo], tls)
    assert association.send_c_echo().Status == 0
    association.release()
