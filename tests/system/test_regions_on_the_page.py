"""The page draws each region where the report says it lies, tells it in words, and can hide it."""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect
from pydicom import Dataset

from local_servers import Orthanc
from mammogram_files import mammogram
from mammovlm.findings import Region, RegionKind
from page_actions import low_contrast, open_study, tab_stops, wait_for_pictures
from page_system import PHONE, PageSystem, picture

pytestmark = [pytest.mark.system, pytest.mark.slow]

MASS = Region(210.0, 90.0, 40.0, 25.0, 0.873, 0.612, RegionKind.MASS)
IN_WORDS = (
    "Mammographic breast mass, left breast, L CC 1. Raw scores: category 3 or higher 87 %; "
    "if so, category 4 or higher against 3 61 %."
)
HALF_STROKE = 0.8
# As hung, mirrored, upside down, and both; wide, high, and square: every way to lie in its frame.
STORED = {
    "RCC": (["P", "L"], (600, 450)),
    "LCC": (["P", "R"], (500, 700)),
    "RMLO": (["P", "HR"], (900, 300)),
    "LMLO": (["P", "HL"], (512, 512)),
}


class Box(NamedTuple):
    """In pixels of the screen."""

    left: float
    top: float
    right: float
    bottom: float


def marked(slot: str) -> Dataset:
    """Make a view in which the place of the region is the only white one."""
    orientation, (rows, columns) = STORED[slot]
    view = mammogram(
        slot[0], slot[1:], rows=rows, columns=columns, PatientOrientation=orientation,
        PatientName="Marie^Place", WindowCenter=2048, WindowWidth=4096,
    )  # fmt: skip
    pixels = np.minimum(view.pixel_array, 2000)
    top, left = int(MASS.row - MASS.row_radius), int(MASS.column - MASS.column_radius)
    pixels[top : top + int(2 * MASS.row_radius), left : left + int(2 * MASS.column_radius)] = 4095
    view.PixelData = pixels.astype(np.uint16).tobytes()
    return view


@pytest.fixture(scope="module")
def study(system: PageSystem) -> str:
    views = [marked(slot) for slot in STORED]
    for view in views[1:]:
        view.StudyInstanceUID = views[0].StudyInstanceUID
        view.PatientID = views[0].PatientID
    uncertain = replace(MASS, row=300.0, kind=RegionKind.BENIGN, evidence=0.551, suspicion=0.1)
    regions = dict.fromkeys(STORED, (MASS,)) | {"LCC": (MASS, uncertain)}
    return system.analysed(views, regions=regions)


@pytest.fixture
def opened(page: Page, orthanc: Orthanc, study: str) -> Iterator[Page]:
    open_study(page, orthanc, study)
    wait_for_pictures(page)
    yield page
    page.evaluate("localStorage.clear()")


def outline(page: Page, slot: str, number: int = 1) -> Locator:
    return page.locator(f'.region[data-title="Region {slot} {number}"]')


def drawn(page: Page, slot: str) -> Box:
    box = outline(page, slot).locator(".line").bounding_box()
    assert box
    left, top = box["x"] + HALF_STROKE, box["y"] + HALF_STROKE
    across, down = box["width"] - 2 * HALF_STROKE, box["height"] - 2 * HALF_STROKE
    return Box(left, top, left + across, top + down)


def white(page: Page, slot: str) -> Box:
    """Find the white place in the view as it is on the screen."""
    figure = page.locator(f'figure[data-slot="{slot}"]')
    around = figure.bounding_box()
    assert around
    grey = np.asarray(Image.open(io.BytesIO(figure.screenshot())).convert("L"))
    is_white = grey > 245
    rows, columns = np.flatnonzero(is_white.any(1)), np.flatnonzero(is_white.any(0))
    left, top = around["x"], around["y"]
    return Box(left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1)


@pytest.mark.parametrize(
    "window", [{"width": 1600, "height": 1000}, {"width": 1100, "height": 1400}, PHONE]
)
@pytest.mark.parametrize("is_large", [False, True])
def test_an_outline_lies_where_the_report_says_however_the_image_is_stored_and_shown(
    opened: Page, window: dict[str, int], is_large: bool
) -> None:
    opened.set_viewport_size({"width": window["width"], "height": window["height"]})
    opened.evaluate(
        "for (const each of document.querySelectorAll('figcaption')) each.hidden = true"
    )
    for place, slot in enumerate(("RCC", "LCC", "RMLO", "LMLO"), start=1):
        if is_large:
            opened.keyboard.press(str(place))
        expected = drawn(opened, slot)
        opened.keyboard.press("m")
        assert tuple(expected) == pytest.approx(tuple(white(opened, slot)), abs=2), slot
        opened.keyboard.press("m")
        if is_large:
            opened.keyboard.press("Escape")


def test_no_outline_is_drawn_over_a_picture_that_is_not_there(
    context: BrowserContext, orthanc: Orthanc, study: str
) -> None:
    page = context.new_page()  # the browser will complain of the pictures, as it should
    page.route("**/rendered*", lambda route: route.abort())
    open_study(page, orthanc, study)
    expect(outline(page, "LCC")).to_be_attached()
    expect(outline(page, "LCC")).to_be_hidden()
    page.unroute("**/rendered*")
    page.reload()
    expect(outline(page, "LCC")).to_be_visible()


def colour(page: Page, slot: str) -> int:
    """Say how much redder than blue the middle of the region is on the screen."""
    box, around = drawn(page, slot), page.locator(f'figure[data-slot="{slot}"]').bounding_box()
    assert around
    shown = Image.open(io.BytesIO(page.locator(f'figure[data-slot="{slot}"]').screenshot()))
    place = ((box.left + box.right) / 2 - around["x"], (box.top + box.bottom) / 2 - around["y"])
    red, _, blue = np.asarray(shown.convert("RGB"))[int(place[1]), int(place[0])].astype(int)
    return int(red - blue)


def test_the_heat_map_lies_over_the_picture_when_it_is_switched_on(opened: Page) -> None:
    switch = opened.get_by_role("button", name="Heat map")
    expect(switch).to_have_attribute("aria-pressed", "false")
    assert [colour(opened, slot) for slot in STORED] == pytest.approx([0] * 4, abs=3)
    opened.keyboard.press("h")
    expect(switch).to_have_attribute("aria-pressed", "true")
    wait_for_pictures(opened)
    assert opened.locator("img.heat[src]").count() == 4
    assert min(colour(opened, slot) for slot in STORED) > 40
    switch.click()
    expect(opened.locator("img.heat").first).to_be_hidden()


def test_a_region_tells_its_kind_side_and_scores_to_mouse_keyboard_and_screen_reader(
    opened: Page,
) -> None:
    mass, told = outline(opened, "LCC"), opened.locator('figure[data-slot="LCC"] .told')
    expect(mass).to_have_attribute("aria-label", IN_WORDS)
    expect(told).to_be_hidden()
    line = mass.locator(".shadow").bounding_box()
    assert line
    opened.mouse.move(line["x"] + 2.5, line["y"] + line["height"] / 2)
    expect(told).to_have_text(IN_WORDS)
    opened.mouse.move(5, 5)
    expect(told).to_be_hidden()
    opened.get_by_role("button", name="Enlarge L CC").focus()
    opened.keyboard.press("Tab")
    expect(mass).to_be_focused()
    expect(told).to_have_text(IN_WORDS)
    opened.keyboard.press("Tab")
    expect(told).to_contain_text("Marked region, left breast, L CC 2.")
    picture(opened, "study-regions")


def test_regions_are_switched_by_button_and_key_and_the_choice_is_remembered(
    opened: Page,
) -> None:
    switch = opened.get_by_role("button", name="Marks")
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(outline(opened, "RCC")).to_be_visible()
    switch.click()
    expect(outline(opened, "RCC")).to_be_hidden()
    opened.reload()
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(outline(opened, "RCC")).to_be_hidden()
    opened.keyboard.press("m")
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(outline(opened, "RCC")).to_be_visible()


def test_the_list_of_regions_lights_one_up_and_enlarges_its_view(opened: Page) -> None:
    listed = opened.locator("#regions").get_by_role("button")
    expect(listed).to_have_count(5)
    entry = listed.filter(has_text="L MLO 1")
    expect(entry).to_contain_text("Mammographic breast mass")
    expect(entry).to_contain_text("3 or higher: 87 % · 4 against 3: 61 %")
    entry.focus()
    expect(outline(opened, "LMLO")).to_have_class("region lit")
    opened.keyboard.press("Enter")
    expect(opened.locator('figure[data-slot="RCC"]')).to_be_hidden()
    expect(outline(opened, "LMLO")).to_be_visible()


def test_everything_on_the_page_is_reached_by_the_tabulator_key_in_reading_order(
    opened: Page,
) -> None:
    stops = tab_stops(opened)
    wanted = [
        "Worklist", "Report (DICOM SR)", "Run again", "Marksm", "Heat maph", "Enlarge R CC",
        "Enlarge L CC", IN_WORDS, "Enlarge R MLO", "Enlarge L MLO", "Agree", "Disagree", "Release",
        "Edit", "Question about this result", "Ask",
    ]  # fmt: skip
    assert [stop for stop in stops if stop in wanted] == wanted
    assert stops.index("L MLO 1 Mammographic breast mass3 or higher: 87 % · 4 against 3: 61 %") > 0


def test_every_text_of_both_pages_has_enough_contrast(opened: Page, orthanc: Orthanc) -> None:
    opened.locator("details").first.locator("summary").click()
    outline(opened, "LCC").focus()
    assert low_contrast(opened) == []
    opened.goto(f"{orthanc.url}/mammovlm/")
    expect(opened.locator("tbody tr").first).to_be_visible()
    assert low_contrast(opened) == []
