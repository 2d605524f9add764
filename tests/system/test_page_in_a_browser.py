"""Worklist and study page in a real Chromium, on a real Orthanc; nobody reloads anything."""

import csv
import io
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, expect

from local_servers import Orthanc, RabbitMQ, orthanc_server, rabbitmq_server, wait_until
from mammogram_files import four_views, mammogram
from page_system import DESKTOP, PHONE, Complaints, PageSystem, chromium, picture

pytestmark = [pytest.mark.system, pytest.mark.slow]

MARKUP = "<img src=x onerror=alert(1)>^<b>"
SHOWN_MARKUP = "<img src"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    with rabbitmq_server(tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory, broker: RabbitMQ) -> Iterator[Orthanc]:
    folder = tmp_path_factory.mktemp("orthanc")
    with orthanc_server(
        folder, MAMMOVLM_BROKER_URL=broker.url, MAMMOVLM_QUIET_S="0.5", MAMMOVLM_DEADLINE_S="4"
    ) as server:
        yield server


@pytest.fixture(scope="module")
def system(orthanc: Orthanc, broker: RabbitMQ) -> PageSystem:
    return PageSystem(orthanc, broker)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def study(system: PageSystem) -> str:
    return system.analysed(four_views(PatientName="Bell^Ada", PatientID="P-1", rows=600))


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport=DESKTOP)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    made = context.new_page()
    complaints = Complaints().of(made)
    alerts: list[str] = []

    def on_dialog(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    made.on("dialog", on_dialog)
    yield made
    assert list(complaints) == [], "the browser complained (a content policy, a script, a host)"
    assert alerts == [], "a script from a DICOM attribute ran"


def open_worklist(page: Page, orthanc: Orthanc) -> None:
    page.goto(f"{orthanc.url}/mammovlm/")


def open_study(page: Page, orthanc: Orthanc, study_uid: str) -> None:
    page.goto(f"{orthanc.url}/mammovlm/study/{study_uid}")
    expect(page.locator("#numbers")).to_contain_text("Breast density")


def row(page: Page, study_uid: str) -> Locator:
    return page.locator(f'tr[data-uid="{study_uid}"]')


def scrolls_sideways(page: Page) -> bool:
    width = "document.documentElement"
    return bool(page.evaluate(f"{width}.scrollWidth > {width}.clientWidth"))


def sign(page: Page) -> None:
    page.locator("#opinion input.reader").fill("Dr Reader")


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


def test_markup_in_dicom_is_shown_as_text_and_never_runs(
    page: Page, orthanc: Orthanc, system: PageSystem
) -> None:
    study_uid = system.analysed(
        four_views(
            PatientName=MARKUP,
            PatientID="<script>alert(2)</script>",
            StudyDescription='"><svg onload=alert(3)>',
        )
    )
    open_worklist(page, orthanc)
    expect(row(page, study_uid)).to_contain_text(SHOWN_MARKUP)
    expect(row(page, study_uid)).to_contain_text("<script>alert(2)</script>")
    open_study(page, orthanc, study_uid)
    expect(page.locator("h1")).to_contain_text(SHOWN_MARKUP)
    expect(page.locator("#who")).to_contain_text('"><svg onload=alert(3)>')
    assert page.locator("#who img, #who svg, #who script").count() == 0
    sign(page)
    page.locator("#comment").fill("<img src=x onerror=alert(4)>")
    page.get_by_role("button", name="Disagree").click()
    expect(page.locator("#opinion .entries")).to_contain_text("<img src=x onerror=alert(4)>")


def test_the_four_views_hang_with_chest_walls_facing_each_other(
    page: Page, orthanc: Orthanc, study: str
) -> None:
    open_study(page, orthanc, study)
    expect(page.locator("#images img")).to_have_count(4)
    loaded = "[...document.images].every(image => image.complete && image.naturalWidth > 0)"
    wait_until("all pictures are loaded", lambda: page.evaluate(loaded))
    boxes = {
        slot: page.locator(f'figure[data-slot="{slot}"]').bounding_box()
        for slot in ("RCC", "LCC", "RMLO", "LMLO")
    }
    at = {slot: (box["x"], box["y"]) for slot, box in boxes.items() if box}
    assert at["RCC"][0] == at["RMLO"][0] < at["LCC"][0] == at["LMLO"][0]
    assert at["RCC"][1] == at["LCC"][1] < at["RMLO"][1] == at["LMLO"][1]
    caption = page.locator('figure[data-slot="LMLO"] figcaption')
    expect(caption).to_contain_text("expert convnext")
    expect(caption).to_contain_text("density C 78 %")
    page.keyboard.press("3")
    expect(page.locator('figure[data-slot="RMLO"]')).to_be_visible()
    expect(page.locator('figure[data-slot="LCC"]')).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator('figure[data-slot="LCC"]')).to_be_visible()
    picture(page, "study")


def test_the_numbers_come_with_their_intervals_and_with_what_they_rest_on(
    page: Page, orthanc: Orthanc, study: str
) -> None:
    open_study(page, orthanc, study)
    numbers = page.locator("#numbers")
    expect(numbers.locator(".densities li").first).to_contain_text("Right")
    expect(numbers.locator(".likelihoods li").last).to_contain_text("91 % 84–97")
    expect(numbers).to_contain_text("trained on simulated images (phantoms) only")
    expect(page.locator("#basis")).to_contain_text("not cleared or approved as a medical device")
    link = page.get_by_role("link", name="Report (DICOM SR)").get_attribute("href")
    assert orthanc.get(str(link)).content[128:132] == b"DICM"


def test_the_patients_text_is_a_draft_until_somebody_signs_its_release(
    page: Page, orthanc: Orthanc, system: PageSystem
) -> None:
    study_uid = system.analysed(four_views(PatientName="Meitner^Lise", PatientID="P-6"))
    open_study(page, orthanc, study_uid)
    words = page.locator("#words")
    expect(words).to_contain_text("draft, not reviewed")
    page.get_by_role("button", name="Release").click()
    expect(page.locator("#said")).to_contain_text("Sign with your name")
    words.locator("input.reader").fill("Dr Reader")
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Text for the patient").fill("Your doctor will call you.")
    page.get_by_role("button", name="Keep draft").click()
    expect(words).to_contain_text("Dr Reader saved a draft")
    expect(words).to_contain_text("draft, not reviewed")
    page.get_by_role("button", name="Release").click()
    expect(words).to_contain_text("Dr Reader released it")
    page.reload()
    expect(words.locator("h2")).to_contain_text("released")
    expect(words.locator(".letter")).to_have_text("Your doctor will call you.")


def test_an_opinion_survives_the_end_of_orthanc_and_is_exported(
    page: Page, orthanc: Orthanc, study: str
) -> None:
    open_study(page, orthanc, study)
    sign(page)
    page.locator("#comment").fill("=left density is B, not C")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Agree", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("d")
    expect(page.get_by_role("button", name="Disagree")).to_have_attribute("aria-pressed", "true")
    page.goto("about:blank")
    orthanc.kill()
    orthanc.start()
    wait_until("the list is complete", lambda: "Bell" in orthanc.get("/mammovlm/worklist").text)
    open_study(page, orthanc, study)
    expect(page.get_by_role("button", name="Disagree")).to_have_attribute("aria-pressed", "true")
    lines = csv.DictReader(io.StringIO(orthanc.get("/mammovlm/opinions.csv").text))
    said = [line for line in lines if line["study_instance_uid"] == study]
    assert [(line["opinion"], line["reader"]) for line in said] == [
        ("agree", "Dr Reader"),
        ("disagree", "Dr Reader"),
    ]
    assert said[0]["comment"] == "'=left density is B, not C"
    open_worklist(page, orthanc)
    expect(row(page, study)).to_contain_text("disagreed")


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
