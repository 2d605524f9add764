"""The worklist in a real Chromium, on a real Orthanc; nobody reloads anything."""

import re

import pytest
from playwright.sync_api import Page, expect

from local_servers import Orthanc, wait_until
from mammogram_files import four_views, mammogram
from page_actions import open_worklist, row
from page_system import PageSystem, picture

pytestmark = [pytest.mark.system, pytest.mark.slow]


def test_the_worklist_follows_a_study_from_the_first_image_to_the_result(
    page: Page, orthanc: Orthanc, system: PageSystem
) -> None:
    open_worklist(page, orthanc)
    views = four_views(PatientName="Curie^Marie", PatientID="P-2")
    job = system.queued(views)
    line = row(page, str(views[0].StudyInstanceUID))
    expect(line).to_contain_text("queued")
    expect(line).to_contain_text("Curie, Marie")
    system.queue.tell(job, "running")
    expect(line).to_contain_text("Being analysed")
    system.finish(job, views)
    expect(line).to_contain_text("done")
    expect(line.locator('[data-label="Density"]')).to_contain_text("C")
    expect(line.locator('[data-label="4 against 3"]')).to_contain_text("R 8.3 % 4.1–16")
    expect(line.locator('[data-label="4 against 3"]')).to_contain_text("L 91 % 84–97")
    picture(page, "worklist")


def test_a_rejected_study_says_why(page: Page, orthanc: Orthanc) -> None:
    lateral = mammogram("L", ViewPosition="ML", ViewCodeSequence=None)
    orthanc.send([lateral])
    open_worklist(page, orthanc)
    line = row(page, str(lateral.StudyInstanceUID))
    expect(line).to_contain_text("no-standard-view None of the images is a standard CC or MLO view")


def test_search_and_filter_find_a_study_and_leave_out_the_others(
    page: Page, orthanc: Orthanc, system: PageSystem, study: str
) -> None:
    other = four_views(PatientName="Hopper^Grace", PatientID="P-3")
    system.queued(other)
    open_worklist(page, orthanc)
    hidden = row(page, str(other[0].StudyInstanceUID))
    expect(hidden).to_be_visible()
    page.keyboard.press("/")
    for words in ("bell", "bell ada", "ADA", "P-1", study):
        page.keyboard.press("Escape")
        page.keyboard.type(words)
        expect(hidden).to_have_count(0)
        expect(row(page, study)).to_be_visible()
    page.keyboard.press("Escape")
    expect(hidden).to_be_visible()
    page.get_by_role("button", name=re.compile("^Done")).click()
    expect(hidden).to_have_count(0)
    expect(row(page, study)).to_be_visible()
    page.get_by_role("searchbox").fill("no such study")
    expect(page.locator("#note")).to_have_text("No study fits.")


def test_a_study_is_run_again_and_opened_by_keyboard_alone(
    page: Page, orthanc: Orthanc, system: PageSystem
) -> None:
    study_uid = system.analysed(views := four_views(PatientName="Noether^Emmy", PatientID="P-4"))
    open_worklist(page, orthanc)
    page.keyboard.press("/")
    page.keyboard.type("noether")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("r")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Enter")
    job = system.queue.wait_for_job(study_uid, run=2)
    expect(row(page, study_uid)).to_contain_text("queued")
    system.finish(job, views)
    expect(row(page, study_uid)).to_contain_text("done")
    expect(row(page, study_uid)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#progress")).to_contain_text("run 2")


def test_a_queued_study_is_called_urgent_and_goes_to_the_urgent_queue(
    page: Page, orthanc: Orthanc, system: PageSystem
) -> None:
    views = four_views(PatientName="Franklin^Rosalind", PatientID="P-5")
    study_uid = str(views[0].StudyInstanceUID)
    job = system.queued(views)
    open_worklist(page, orthanc)
    row(page, study_uid).get_by_role("button", name="Urgent").click()
    expect(row(page, study_uid).locator(".urgent")).to_be_visible()

    def urgent() -> list[str]:
        jobs = system.queue.jobs(study_uid)
        return [each["job_id"] for each in jobs if each["queue"].endswith("urgent")]

    wait_until("the job is in the urgent queue", urgent)
    assert urgent() == [job["job_id"]]
    expect(row(page, study_uid)).to_contain_text("queued")


def test_changes_from_another_site_are_refused_and_files_stay_in_their_folder(
    orthanc: Orthanc, study: str
) -> None:
    url = f"{orthanc.url}/mammovlm/studies/{study}/analyze"
    session = orthanc.session
    foreign = session.post(url, headers={"Origin": "http://evil.test"}, timeout=20)
    assert foreign.status_code == 403
    own = {"Origin": orthanc.url, "Sec-Fetch-Site": "same-origin"}
    assert session.post(url, headers=own, timeout=20).status_code == 403
    assert orthanc.status(study)["run"] == 1
    for path in ("page/../plugin.py", "page/%2e%2e/plugin.py", "page/..%2fplugin.py", "page/x.js"):
        assert session.get(f"{orthanc.url}/mammovlm/{path}", timeout=20).status_code == 404
    start = session.get(f"{orthanc.url}/mammovlm/", timeout=20)
    assert "script-src 'self';" in start.headers["Content-Security-Policy"]
    again = {"If-None-Match": start.headers["ETag"]}
    assert session.get(f"{orthanc.url}/mammovlm/", headers=again, timeout=20).status_code == 304
    assert "no-store" in session.get(f"{orthanc.url}/mammovlm/worklist").headers["Cache-Control"]
