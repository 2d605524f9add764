"""What readers do with the two pages, for the tests that play a reader."""

from playwright.sync_api import Locator, Page, expect

from local_servers import Orthanc, wait_until


def open_worklist(page: Page, orthanc: Orthanc) -> None:
    """Open the worklist."""
    page.goto(f"{orthanc.url}/mammovlm/")


def open_study(page: Page, orthanc: Orthanc, study_uid: str) -> None:
    """Open a study, and wait for its numbers."""
    page.goto(f"{orthanc.url}/mammovlm/study/{study_uid}")
    expect(page.locator("#numbers")).to_contain_text("Breast density")


def wait_for_pictures(page: Page) -> None:
    """Wait until every picture that the page shows is there."""
    shown = "[...document.images].filter(image => image.hasAttribute('src'))"
    loaded = f"{shown}.every(image => image.complete && image.naturalWidth > 0)"
    wait_until("all pictures are loaded", lambda: page.evaluate(loaded))


def row(page: Page, study_uid: str) -> Locator:
    """Give a study's row of the worklist."""
    return page.locator(f'tr[data-uid="{study_uid}"]')


def scrolls_sideways(page: Page) -> bool:
    """Say whether the page is wider than the window."""
    width = "document.documentElement"
    return bool(page.evaluate(f"{width}.scrollWidth > {width}.clientWidth"))


def sign(page: Page) -> None:
    """Give the name of a reader."""
    page.locator("#opinion input.reader").fill("Dr Reader")
