"""``make pictures``: the pictures in docs/, taken of the real system with the demo's exam.

Orthanc, RabbitMQ and a worker of their own get the exam, a part of it and one image that nothing
can be made of; Chromium opens what a reader would.
"""

import sys
import tempfile
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pydicom import Dataset, dcmread
from pydicom.uid import generate_uid

from conftest import ROOT
from mammogram_files import mammogram
from mammovlm.cli.demo_exam import write_exam
from page_actions import wait_for_pictures
from page_system import DESKTOP, PHONE, chromium, ohif_folder
from whole_system import WholeSystem, running_system

_WORKER = {"MAMMOVLM_HEAT_MAPS": "true", "MAMMOVLM_QUIET_S": "1", "MAMMOVLM_DEADLINE_S": "8"}
_QUALITY = 82
_QUESTION = "What does dense breast tissue mean?"
_PDF_SCALE = 2.0


def main(folder: Path) -> None:
    """Take every picture.

    Parameters
    ----------
    folder
        Where they go, as JPEG.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        running_system(Path(place), _WORKER, print, ohif_dir=ohif_folder()) as system,
    ):
        study = _studies(system, Path(place))
        _of_the_pdf(system, study, folder / "summary.jpg")
        with chromium() as browser:
            _of_the_page(browser, system, study, folder)
            _of_ohif(browser, system, study, folder / "ohif.jpg")


def _studies(system: WholeSystem, place: Path) -> str:
    """Send the exam, the exam without a view, and a view that is no standard one."""
    exam = place / "exam"
    exam.mkdir()
    study_uid = write_exam(exam)
    views: list[Dataset] = [dcmread(path) for path in sorted(exam.glob("*.dcm"))]
    unusable = system.send([mammogram("L", ViewPosition="ML", ViewCodeSequence=None)])
    part = system.send([_of_another_study(view, views) for view in views[:3]])
    system.send_folder(exam)
    for each in (unusable, part, study_uid):
        print(f"{each}: {system.result(each).state}")  # noqa: T201
    return study_uid


def _of_another_study(view: Dataset, views: list[Dataset]) -> Dataset:
    other = Dataset()
    other.update(view)
    other.file_meta = view.file_meta
    seed = str(views[0].StudyInstanceUID)
    other.StudyInstanceUID, other.SeriesInstanceUID = (
        generate_uid(entropy_srcs=[seed, kind]) for kind in ("study", "series")
    )
    other.SOPInstanceUID = generate_uid()
    other.PatientName, other.PatientID, other.AccessionNumber = "Demo^Part", "MAMMOVLM-PART", "PART"
    other.file_meta.MediaStorageSOPInstanceUID = other.SOPInstanceUID
    return other


def _of_the_pdf(system: WholeSystem, study_uid: str, path: Path) -> None:
    (document,) = system.reports(study_uid, "DOC")
    page = pypdfium2.PdfDocument(bytes(document.EncapsulatedDocument))[0]
    page.render(scale=_PDF_SCALE).to_pil().convert("RGB").save(path, quality=_QUALITY)


def _of_the_page(browser: Browser, system: WholeSystem, study_uid: str, folder: Path) -> None:
    root = f"{system.settings.http_url}/mammovlm"
    page = browser.new_context(viewport=DESKTOP).new_page()
    page.goto(f"{root}/")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator('[data-column="density"]').first).to_be_visible()
    _take(page, folder / "worklist.jpg")
    page.goto(f"{root}/study/{study_uid}")
    expect(page.locator("#numbers")).to_contain_text("Breast density")
    wait_for_pictures(page)
    _take(page, folder / "study.jpg")
    page.keyboard.press("q")
    page.keyboard.type(_QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator("#conversation .answer")).to_be_visible(timeout=120_000)
    page.locator("#basis").scroll_into_view_if_needed()
    _take(page, folder / "questions.jpg")
    page.keyboard.press("Escape")
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator("#said")).to_be_empty(timeout=15_000)
    page.keyboard.press("h")
    page.keyboard.press("2")
    wait_for_pictures(page)
    _take(page, folder / "heat-map.jpg")
    phone = browser.new_context(viewport=PHONE, device_scale_factor=2).new_page()
    phone.goto(f"{root}/study/{study_uid}")
    expect(phone.locator("#numbers")).to_contain_text("Breast density")
    wait_for_pictures(phone)
    _take(phone, folder / "phone.jpg")


def _of_ohif(browser: Browser, system: WholeSystem, study_uid: str, path: Path) -> None:
    page = browser.new_context(viewport=DESKTOP).new_page()
    page.set_default_timeout(90_000)
    page.goto(f"{system.settings.http_url}/ohif/viewer?StudyInstanceUIDs={study_uid}")
    expect(page.locator("canvas").first).to_be_visible(timeout=90_000)
    page.get_by_role("button", name="Confirm and hide").click()
    # all pictures first: OHIF loses a report's regions while it still loads heat maps
    thumbnails = page.locator('[data-cy="study-browser-thumbnail"] img')
    expect(thumbnails).to_have_count(5, timeout=90_000)
    page.wait_for_load_state("networkidle")
    report = page.locator('[data-cy="study-browser-thumbnail-no-image"]', has_text="AI result")
    report.dblclick()
    outline = page.locator('[data-cy="viewport-grid"] svg ellipse').first
    expect(outline).to_be_visible(timeout=90_000)
    _take(page, path)


def _take(page: Page, path: Path) -> None:
    page.screenshot(path=path, type="jpeg", quality=_QUALITY)
    print(f"{path.name}: {Image.open(path).size}, {path.stat().st_size // 1024} kB")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures")
