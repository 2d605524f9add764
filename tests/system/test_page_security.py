"""The page shows whatever DICOM objects and readers say as text, and obeys no other site."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from local_servers import Orthanc
from mammogram_files import four_views, mammogram
from page_actions import open_study, open_worklist, row
from page_system import PageSystem
from report_examples import EXPLANATION

pytestmark = [pytest.mark.system, pytest.mark.slow]

SCRIPT = "<script>window.ran=1;alert(1)</script>"
PICTURE = '"><img src=x onerror="window.ran=1;alert(2)">'
DRAWING = "<svg/onload=alert(3)>"
NAME = "<script>alert(5)</script>"
LINK = "javascript:alert(4)//"
HOSTILE: dict[str, Any] = {
    "PatientName": f"{NAME}^<b>",  # "=" and "^" part a name, so none of them is in it
    "PatientID": PICTURE,
    "AccessionNumber": "<b>'\"&",
    "StudyDescription": SCRIPT,
    "SeriesDescription": PICTURE,
    "StudyID": LINK,
    "Manufacturer": SCRIPT,
    "ManufacturerModelName": PICTURE,
    "PatientSex": "<i>",
}
PAGES = ("", "study/1.2.3")


@pytest.fixture(scope="module")
def attacked(system: PageSystem) -> str:
    """Store a study whose every word is markup, and a report whose words are; give its UID."""
    words = replace(
        EXPLANATION,
        summary=f"{SCRIPT} {PICTURE}",
        patient_text=f"{DRAWING} {PICTURE} {LINK}",
    )
    return system.analysed(four_views(**HOSTILE), words)


def assert_inert(page: Page) -> None:
    """Check that nothing of the markup became part of the page."""
    assert page.evaluate("window.ran") is None
    for selector in ("img[src='x']", "svg[onload]", "body script:not([src])", "[onerror]"):
        assert page.locator(selector).count() == 0, selector
    assert page.locator("a[href^='javascript:']").count() == 0


def test_markup_in_dicom_attributes_is_text_in_the_worklist(
    page: Page, orthanc: Orthanc, attacked: str
) -> None:
    open_worklist(page, orthanc)
    line = row(page, attacked)
    expect(line).to_contain_text("<img src=x onerror=")
    expect(line).to_contain_text(NAME)
    assert_inert(page)


def test_markup_in_attributes_and_report_is_text_on_the_page_of_the_study(
    page: Page, orthanc: Orthanc, attacked: str
) -> None:
    open_study(page, orthanc, attacked)
    expect(page.locator("body")).to_contain_text("<script>window.ran=1;alert(1)</script>")
    assert_inert(page)


def test_markup_in_what_readers_write_is_text_for_the_next_reader(
    page: Page, orthanc: Orthanc, attacked: str
) -> None:
    status = orthanc.status(attacked)
    said = {
        "act": "disagree",
        "text": SCRIPT + PICTURE,
        "reader": DRAWING,
        "report_uid": status["report"]["sop_instance_uid"],
    }
    told = orthanc.post(f"/mammovlm/studies/{attacked}/opinion", json.dumps(said))
    assert told.status_code == 200
    open_study(page, orthanc, attacked)
    expect(page.locator("body")).to_contain_text(DRAWING)
    assert_inert(page)


def test_markup_in_a_workers_message_is_text(
    page: Page, orthanc: Orthanc, system: PageSystem
) -> None:
    views = four_views(PatientName="Plain^Name")
    job = system.queued(views)
    system.queue.tell(job, "failed", reason=SCRIPT[:40], text=PICTURE)
    orthanc.wait_for_state(str(views[0].StudyInstanceUID), "failed")
    open_worklist(page, orthanc)
    expect(row(page, str(views[0].StudyInstanceUID))).to_contain_text("<img src=x onerror=")
    assert_inert(page)


def test_markup_in_a_header_that_the_intake_refuses_is_text(page: Page, orthanc: Orthanc) -> None:
    unknown_view = {"ViewPosition": "<b>", "ImageLaterality": "<i>", "ViewCodeSequence": None}
    view = mammogram("L", **{**HOSTILE, **unknown_view, "PatientOrientation": ["<", ">"]})
    orthanc.send([view])
    open_worklist(page, orthanc)
    expect(row(page, str(view.StudyInstanceUID))).to_contain_text("No standard view")
    assert_inert(page)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_forbids_scripts_of_its_own_text_frames_and_other_hosts(
    orthanc: Orthanc, path: str
) -> None:
    answer = orthanc.get(f"/mammovlm/{path}")
    policy = dict(
        part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_script_that_gets_into_the_page_all_the_same_is_not_run(
    context: BrowserContext, orthanc: Orthanc, attacked: str
) -> None:
    page = context.new_page()  # not the fixture: the browser shall complain here
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text))
    page.goto(f"{orthanc.url}/mammovlm/")
    page.evaluate(
        """() => {
            document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.ran=1">');
            const script = document.createElement('script');
            script.textContent = 'window.ran = 2';
            document.body.append(script);
        }"""
    )
    expect(page.locator("img[src='x']")).to_have_count(1)
    page.wait_for_function("document.querySelector(\"img[src='x']\").complete")
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in text for text in refused)


class _OtherSite(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>Other site</title><body>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def other_site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _OtherSite) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_another_site_can_make_no_change_and_is_on_record(
    context: BrowserContext, orthanc: Orthanc, attacked: str, other_site: str
) -> None:
    page = context.new_page()
    page.goto(other_site)
    target = f"{orthanc.url}/mammovlm/studies/{attacked}/analyze"
    before = orthanc.status(attacked)["run"]
    page.evaluate(
        """async (target) => {
            await fetch(target, {method: 'POST', mode: 'no-cors', credentials: 'include'});
            try {
                await fetch(target, {method: 'POST', headers: {'X-MammoVLM-Page': '1'}});
            } catch (refused) { }
        }""",
        target,
    )
    with page.expect_navigation():
        page.evaluate(
            """(target) => {
                const form = document.createElement('form');
                form.method = 'POST';
                form.action = target;
                document.body.append(form);
                form.submit();
            }""",
            target,
        )
    assert "not asked for by MammoVLM's own page" in page.content()
    assert orthanc.status(attacked)["run"] == before
    trail = (orthanc.folder / "data" / "mammovlm-audit.log").read_text().splitlines()
    refused = [line for line in trail if attacked in line and "HTTP 403" in line]
    assert len(refused) >= 2


def test_no_other_site_can_put_the_page_into_a_frame(
    context: BrowserContext, orthanc: Orthanc, other_site: str
) -> None:
    page = context.new_page()
    page.goto(other_site)
    page.evaluate(
        """(url) => new Promise((loaded) => {
            const frame = document.createElement('iframe');
            frame.onload = loaded;
            frame.src = url;
            document.body.append(frame);
        })""",
        f"{orthanc.url}/mammovlm/",
    )
    framed = page.frames[1]
    assert "MammoVLM" not in framed.content()
