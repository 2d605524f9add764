"""OHIF as Orthanc serves it: opens a study and its report, and asks nobody else for anything."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from local_servers import Orthanc, orthanc_server
from mammogram_files import as_file, four_views
from page_system import DESKTOP, Complaints, ohif_folder, picture, report_on

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    folder = tmp_path_factory.mktemp("orthanc")
    with orthanc_server(
        folder, MAMMOVLM_ENABLED="false", MAMMOVLM_OHIF_DIR=str(ohif_folder())
    ) as server:
        yield server


def test_ohif_shows_the_images_of_a_study_and_its_report(
    browser: Browser, orthanc: Orthanc
) -> None:
    views = four_views(PatientName="Bell^Ada", rows=600)
    for dataset in (*views, report_on(views)):
        assert orthanc.post("/instances", as_file(dataset)).ok
    page = browser.new_context(viewport=DESKTOP).new_page()
    page.set_default_timeout(90_000)
    complaints = Complaints().of(page)
    study = views[0].StudyInstanceUID
    page.goto(f"{orthanc.url}/ohif/viewer?StudyInstanceUIDs={study}")
    expect(page.locator("canvas").first).to_be_visible(timeout=90_000)
    expect(page.locator('[data-cy="study-browser-thumbnail"]')).to_have_count(4)
    report = page.locator('[data-cy="study-browser-thumbnail-no-image"]')
    expect(report).to_contain_text("NOT FOR DIAGNOSTIC USE ALONE")
    report.dblclick()
    shown = page.locator('[data-cy="viewport-grid"]')
    expect(shown).to_contain_text("Likelihood of BI-RADS category 4 versus 3", timeout=60_000)
    expect(shown).to_contain_text("91.4 %")
    expect(shown).to_contain_text("A computer program looked at your mammogram")
    picture(page, "ohif-report")
    assert list(complaints) == []


def test_every_address_of_ohif_gets_its_start_page_and_files_have_their_types(
    orthanc: Orthanc,
) -> None:
    folder = ohif_folder()
    start = orthanc.get("/ohif/")
    assert start.headers["Content-Type"].startswith("text/html")
    assert "/ohif/app.bundle" in start.text
    for address in ("/ohif", "/ohif/viewer?StudyInstanceUIDs=1.2", "/ohif/viewer/dicomweb"):
        assert orthanc.get(address).text == start.text
    types = {".js": "application/javascript", ".css": "text/css", ".wasm": "application/wasm"}
    for suffix, content_type in types.items():
        path = min(folder.glob(f"*{suffix}"), key=lambda each: each.stat().st_size)
        answer = orthanc.get(f"/ohif/{path.name}")
        assert answer.headers["Content-Type"] == content_type
        assert answer.content == path.read_bytes()
        assert answer.headers["ETag"]
    assert "/dicom-web" in orthanc.get("/ohif/app-config.js").text


def test_no_address_leads_out_of_ohifs_folder(orthanc: Orthanc) -> None:
    for path in ("../index.html", "%2e%2e/x", "..%2f..%2fetc%2fpasswd", "nothing.js", "a/../../x"):
        assert orthanc.get(f"/ohif/{path}").status_code == 404


def test_without_ohif_its_address_says_how_to_get_it_and_the_rest_works(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("without")
    with orthanc_server(folder, MAMMOVLM_ENABLED="false") as server:
        answer = server.get("/ohif/viewer")
        assert answer.status_code == 503
        assert "make setup" in answer.text
        assert server.get("/mammovlm/").ok
