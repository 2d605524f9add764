"""The page of a study in a real Chromium, on a real Orthanc and with real reports."""

import csv
import io

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from local_servers import Orthanc, wait_until
from mammogram_files import four_views
from mammovlm.results import ObjectOptions
from mammovlm.settings import Settings
from page_actions import (
    open_study,
    open_worklist,
    row,
    said_on,
    sign,
    somebody_says,
    wait_for_pictures,
)
from page_system import Complaints, PageSystem, objects_on, picture
from report_examples import EXPLANATION

pytestmark = [pytest.mark.system, pytest.mark.slow]

MARKUP = "<img src=x onerror=alert(1)>^<b>"
SHOWN_MARKUP = "<img src"
EDITABLE = "document.body.insertAdjacentHTML('beforeend', '<p id=free contenteditable>free</p>')"
COMMENT = "(({value, selectionStart: at}) => [value, at])(document.activeElement)"


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
    wait_for_pictures(page)
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


def test_what_is_held_down_pressed_twice_or_meant_for_a_field_is_not_said_again(
    page: Page, orthanc: Orthanc, system: PageSystem
) -> None:
    study_uid = system.analysed(four_views(PatientName="Hodgkin^Dorothy", PatientID="P-8"))
    open_study(page, orthanc, study_uid)
    sign(page)
    page.evaluate(EDITABLE)
    for field in ("#language", "#free"):
        page.locator(field).focus()
        page.keyboard.press("d")
        expect(page.locator(field)).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+d")
    for _ in range(8):  # without "up" between them each further one is a repetition
        page.keyboard.down("a")
    page.keyboard.up("a")
    expect(page.locator("#opinion .entries li")).to_have_count(1)
    page.get_by_role("button", name="Release").click()
    back = page.get_by_role("button", name="Take release back")
    back.hover()
    page.mouse.down(click_count=2)  # the second half of a double click, when the button has changed
    page.mouse.up(click_count=2)
    page.get_by_role("button", name="Disagree").dblclick()
    expect(page.locator("#opinion .entries li")).to_have_count(2)
    expect(back).to_be_visible()
    assert [act for _, act, _ in said_on(orthanc, study_uid)] == ["agree", "released", "disagree"]


def test_enter_asks_once_and_not_while_a_character_is_being_composed(
    page: Page, orthanc: Orthanc, system: PageSystem
) -> None:
    study = system.analysed(four_views(PatientName="Wu^Chien-Shiung", PatientID="P-10"))
    open_study(page, orthanc, study)
    field = page.locator("#question")
    field.focus()
    keyboard = page.context.new_cdp_session(page)
    composed = {"text": "nihao", "selectionStart": 5, "selectionEnd": 5}
    keyboard.send("Input.imeSetComposition", composed)
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_be_empty()
    keyboard.send("Input.insertText", {"text": "你好?"})
    expect(field).to_have_value("你好?")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("The answer will appear")
    expect(field).to_have_value("")
    entries = orthanc.get(f"/mammovlm/studies/{study}/conversation").json()["entries"]
    assert [entry["question"] for entry in entries].count("你好?") == 1
    assert not [entry for entry in entries if "nihao" in entry["question"]]


def test_what_others_say_meanwhile_neither_takes_my_words_nor_loses_theirs(
    context: BrowserContext, orthanc: Orthanc, system: PageSystem
) -> None:
    complaints = Complaints().of(page := context.new_page())
    study_uid = system.analysed(four_views(PatientName="Goeppert^Maria", PatientID="P-9"))
    open_study(page, orthanc, study_uid)
    sign(page)
    page.locator("#comment").fill("left is B")
    page.keyboard.press("ArrowLeft")
    assert somebody_says(orthanc, study_uid, "opinion", act="agree").ok
    expect(page.locator("#opinion .entries")).to_contain_text("Dr Other agrees")
    assert page.evaluate(COMMENT) == ["left is B", 8]
    page.get_by_role("button", name="Edit").click()
    text = page.get_by_role("textbox", name="Text for the patient")
    text.fill("Mine.")
    theirs = {"act": "edited", "text": "Theirs."}
    assert somebody_says(orthanc, study_uid, "patient-text", **theirs, seen="0").ok
    changed = page.locator("#words .changed")
    expect(changed).to_contain_text("Dr Other saved a draft")
    expect(changed.locator(".letter")).to_have_text("Theirs.")
    page.get_by_role("button", name="Release").click()
    expect(page.locator("#said")).to_contain_text("changed meanwhile; yours is not saved")
    expect(text).to_have_value("Mine.")
    picture(page, "study-text-changed-meanwhile")
    page.get_by_role("button", name="I have read it").click()
    page.get_by_role("button", name="Release").click()
    expect(page.locator("#words .letter")).to_have_text("Mine.")
    refused = somebody_says(orthanc, study_uid, "patient-text", act="withdrawn", seen="1")
    assert (refused.status_code, refused.json()["code"]) == (409, "text-changed")
    refused = somebody_says(orthanc, study_uid, "patient-text", act="withdrawn")
    assert (refused.status_code, refused.json()["code"]) == (400, "no-seen")
    assert said_on(orthanc, study_uid) == [
        ["Dr Other", "agree", ""],
        ["Dr Other", "edited", "Theirs."],
        ["Dr Reader", "released", "Mine."],
    ]
    assert [complaint for complaint in complaints if "409 (Conflict)" not in complaint] == []


def test_an_answer_appears_below_its_question_while_the_next_one_is_being_typed(
    page: Page, orthanc: Orthanc, system: PageSystem, study: str
) -> None:
    open_study(page, orthanc, study)
    page.keyboard.press("q")
    field = page.get_by_role("textbox", name="Question about this result")
    expect(field).to_be_focused()
    page.keyboard.type("What does <b>dense</b> mean?")
    page.keyboard.press("Enter")
    asked = page.locator("#conversation li").first
    expect(asked).to_contain_text("What does <b>dense</b> mean?")
    expect(asked).to_contain_text("Waiting for the answer")
    job = system.queue.wait_for_question(study)
    field.fill("And what")
    answer = {
        "job_id": job["job_id"],
        "text": "Dense tissue looks white in the picture.",
        "origin": "template",
        "check": "not asked",
        "language": "en-US",
    }
    url = f"{orthanc.url}/mammovlm/studies/{study}/questions/{job['question']}/answer"
    assert orthanc.session.post(url, json=answer, timeout=20).ok
    expect(asked.locator(".answer")).to_contain_text("Dense tissue looks white in the picture.")
    expect(asked.locator(".answer")).to_contain_text("template text from the report")
    expect(field).to_have_value("And what")
    page.reload()
    expect(page.locator("#conversation .answer")).to_contain_text("Dense tissue looks white")
    page.locator("#questions").scroll_into_view_if_needed()
    picture(page, "study-questions")


def test_without_a_structured_report_the_page_says_so_and_leads_to_the_result(
    page: Page, orthanc: Orthanc, system: PageSystem
) -> None:
    views = four_views(PatientName="Lovelace^Ada", PatientID="P-7", rows=600)
    study_uid = str(views[0].StudyInstanceUID)
    alone = ObjectOptions.from_settings(Settings(structured_report=False, heat_maps=True))
    system.store(system.queued(views), objects_on(views, EXPLANATION, {}, alone))
    orthanc.wait_for_state(study_uid, "done")
    open_worklist(page, orthanc)
    expect(row(page, study_uid)).to_contain_text("They are in the one-page summary (PDF)")
    page.goto(f"{orthanc.url}/mammovlm/study/{study_uid}")
    numbers = page.locator("#numbers")
    expect(numbers).to_contain_text("No structured report is stored for this result")
    link = numbers.get_by_role("link", name="Summary (PDF)").get_attribute("href")
    assert orthanc.get(str(link)).content.startswith(b"%PDF")
    wait_for_pictures(page)
    expect(page.get_by_role("button", name="Heat map")).to_be_visible()
    expect(page.locator("#questions")).to_be_hidden()
    sign(page)
    page.get_by_role("button", name="Agree", exact=True).click()
    expect(page.locator("#opinion .entries")).to_contain_text("Dr Reader agrees")
    picture(page, "study-without-report")
    asked = {"question": "What does dense mean?"}
    url = f"{orthanc.url}/mammovlm/studies/{study_uid}/ask"
    refused = orthanc.session.post(url, json=asked, headers={"X-MammoVLM-Page": "1"}, timeout=20)
    assert refused.status_code == 409
    assert "MAMMOVLM_STRUCTURED_REPORT" in refused.json()["do"]


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
