"""The worklist in a real Chromium, on a real Orthanc; nobody reloads anything.

And both pages in Chinese: nothing that they say themselves is left in English.
"""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from local_servers import Orthanc, wait_until
from mammogram_files import four_views, mammogram
from mammovlm.explanation import explain
from mammovlm.findings import Region, RegionKind
from page_actions import (
    choose_language,
    latin_words,
    open_worklist,
    row,
    scrolls_sideways,
    wait_for_pictures,
)
from page_system import PHONE, PageSystem, picture
from report_examples import suspicious

pytestmark = [pytest.mark.system, pytest.mark.slow]

NAMES = {
    *("MammoVLM", "OHIF", "Orthanc", "DICOM", "SR", "CSV", "UID", "BI-RADS", "ACR", "AI"),
    *("CC", "MLO", "RCC", "LCC", "RMLO", "LMLO", "UNVERIFIED", "PARTIAL", "COMPLETE", "CFR"),
    *("C-STORE", "mammovlm", "PATH", "convnext"),
    "no-standard-view",  # the code, on pointing at the reason
}
MASS = Region(210.0, 90.0, 40.0, 25.0, 0.873, 0.612, RegionKind.MASS)


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
    expect(line.locator('[data-column="density"]')).to_contain_text("C")
    expect(line.locator('[data-column="suspicion"]')).to_contain_text("R 8.3 % 4.1–16")
    expect(line.locator('[data-column="suspicion"]')).to_contain_text("L 91 % 84–97")
    picture(page, "worklist")


def test_a_rejected_study_says_why(page: Page, orthanc: Orthanc) -> None:
    lateral = mammogram("L", ViewPosition="ML", ViewCodeSequence=None)
    orthanc.send([lateral])
    open_worklist(page, orthanc)
    line = row(page, str(lateral.StudyInstanceUID))
    expect(line).to_contain_text("No standard view None of the images is a standard CC or MLO view")


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


def test_both_pages_fit_on_a_phone(
    browser: Browser, orthanc: Orthanc, study: str, system: PageSystem
) -> None:
    assert system.orthanc is orthanc
    context = browser.new_context(viewport=PHONE, has_touch=True)
    page = context.new_page()
    open_worklist(page, orthanc)
    expect(row(page, study)).to_be_visible()
    assert not scrolls_sideways(page)
    picture(page, "worklist-phone")
    row(page, study).tap()
    expect(page.locator("#numbers")).to_contain_text("Breast density")
    assert not scrolls_sideways(page)
    wait_for_pictures(page)
    picture(page, "study-phone")
    context.close()


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


def test_the_page_in_chinese_is_chinese_whole_and_the_choice_is_kept(
    page: Page, orthanc: Orthanc, system: PageSystem
) -> None:
    rejected = mammogram("L", ViewPosition="ML", ViewCodeSequence=None, PatientName="孙^兰")
    rejected.SpecificCharacterSet = "ISO_IR 192"
    orthanc.send([rejected])
    views = four_views(PatientName="王^小东", PatientID="8", rows=600)
    for view in views:
        view.SpecificCharacterSet = "ISO_IR 192"
    _, found, _ = suspicious()
    words = explain(found, None, "zh-CN")
    study_uid = system.analysed(views, words, regions={"LCC": (MASS,)})
    open_worklist(page, orthanc)
    choose_language(page, "zh-CN")
    expect(row(page, study_uid)).to_contain_text("已完成")
    refused = row(page, str(rejected.StudyInstanceUID))
    expect(refused).to_contain_text("无标准体位 没有一幅图像是已知侧别的标准体位")
    picture(page, "worklist-chinese")
    assert latin_words(page) <= NAMES
    row(page, study_uid).press("Enter")
    expect(page.locator("#numbers")).to_contain_text("乳腺密度")
    expect(page.locator("h1")).to_have_text("王小东")
    wait_for_pictures(page)
    picture(page, "study-chinese")
    page.get_by_role("button", name="同意", exact=True).click()
    expect(page.locator("#said")).to_have_text("请先签上您的姓名或缩写。")
    page.locator("#opinion input.reader").fill("李医生")
    page.get_by_role("button", name="不同意", exact=True).click()
    expect(page.locator("#opinion .entries")).to_contain_text("李医生 不同意")
    page.locator("#basis summary").click()
    assert latin_words(page) <= NAMES
    page.set_viewport_size(PHONE)
    page.reload()
    expect(page.locator("#progress")).to_contain_text("接收中")
    assert not scrolls_sideways(page)
    picture(page, "study-chinese-phone")
    choose_language(page, "en-US")
    expect(page.locator("#numbers")).to_contain_text("Breast density")
