"""OHIF draws a region of the report on the image it lies in, with its two scores beside it."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from local_servers import orthanc_server
from mammogram_files import as_file, four_views
from mammovlm.findings import Region, RegionKind
from page_system import DESKTOP, chromium, ohif_folder, picture, report_on

pytestmark = [pytest.mark.system, pytest.mark.slow]
MASS = Region(200.0, 120.0, 40.0, 25.0, 0.873, 0.612, RegionKind.MASS)


def test_ohif_draws_the_regions_of_the_report(tmp_path: Path) -> None:
    views = four_views(rows=600)
    ohif = str(ohif_folder())
    with (
        orthanc_server(tmp_path, MAMMOVLM_ENABLED="false", MAMMOVLM_OHIF_DIR=ohif) as orthanc,
        chromium() as browser,
    ):
        for dataset in (*views, report_on(views, regions={"LCC": (MASS,)})):
            assert orthanc.post("/instances", as_file(dataset)).ok
        page = browser.new_context(viewport=DESKTOP).new_page()
        page.set_default_timeout(90_000)
        page.goto(f"{orthanc.url}/ohif/viewer?StudyInstanceUIDs={views[0].StudyInstanceUID}")
        expect(page.locator("canvas").first).to_be_visible(timeout=90_000)
        page.locator('[data-cy="study-browser-thumbnail-no-image"]').dblclick()
        shown = page.locator('[data-cy="viewport-grid"]')
        expect(shown).to_contain_text("Finding of category 3+, raw score: 87.30 %", timeout=60_000)
        outline = shown.locator("svg ellipse").first
        expect(outline).to_be_visible()
        box = outline.bounding_box()
        assert box is not None
        # as upright as the region, whatever the magnification
        assert box["height"] / box["width"] == pytest.approx(40 / 25, rel=0.1)
        picture(page, "ohif-regions")
