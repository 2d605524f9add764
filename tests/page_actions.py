"""What readers do with the two pages, for the tests that play a reader."""

import json
import re
from typing import Any

import requests
from playwright.sync_api import Locator, Page, expect

from local_servers import Orthanc, wait_until


def open_worklist(page: Page, orthanc: Orthanc) -> None:
    """Open the worklist, and wait until it shows studies, or none: then it listens."""
    page.goto(f"{orthanc.url}/mammovlm/")
    expect(page.locator("tbody tr, #note:not(:empty)").first).to_be_visible()


def open_study(page: Page, orthanc: Orthanc, study_uid: str) -> None:
    """Open a study, and wait for its numbers."""
    page.goto(f"{orthanc.url}/mammovlm/study/{study_uid}")
    expect(page.locator("#numbers")).to_contain_text("Breast density")


def wait_for_pictures(page: Page) -> None:
    """Wait until every picture that the page shows is there."""
    shown = "[...document.images].filter(image => image.hasAttribute('src'))"
    loaded = f"{shown}.every(image => image.complete && image.naturalWidth > 0)"
    wait_until("all pictures are loaded", lambda: page.evaluate(loaded))
    # loaded is not drawn yet: Chromium decodes a large picture after that
    page.evaluate(f"Promise.all({shown}.map(image => image.decode()))")


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


def said_on(orthanc: Orthanc, study_uid: str) -> list[list[str]]:
    """List what was said about a study: who, what and in which words."""
    entries = orthanc.get(f"/mammovlm/studies/{study_uid}/page").json()["review"]["entries"]
    return [[entry["reader"], entry["act"], entry["text"]] for entry in entries]


def somebody_says(orthanc: Orthanc, study_uid: str, subject: str, **said: Any) -> requests.Response:
    """Say something as a reader on another machine."""
    report_uid = orthanc.status(study_uid)["report"]["sop_instance_uid"]
    body = {"reader": "Dr Other", "report_uid": report_uid, **said}
    return orthanc.post(f"/mammovlm/studies/{study_uid}/{subject}", json.dumps(body))


def low_contrast(page: Page) -> list[str]:
    """List the texts whose contrast is below that of WCAG 2.2, 1.4.3 (4.5, large 3), with it."""
    found: list[str] = page.evaluate(_LOW_CONTRAST)
    return found


_LOW_CONTRAST = """() => {
  const channel = (c) => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parts(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] > .5) return colour;
    }
    return [0, 0, 0];
  };
  const low = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement, style = getComputedStyle(node);
    const text = texts.currentNode.data.trim();
    if (!text || !node.checkVisibility()) continue;
    const [a, b] = [light(parts(style.color)), light(ground(node))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const size = parseFloat(style.fontSize), bold = style.fontWeight >= 700;
    const least = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    if (ratio < least) low.push(`${ratio.toFixed(2)}: ${text.slice(0, 40)}`);
  }
  return low;
}"""


def choose_language(page: Page, tag: str) -> None:
    """Choose a language on the page, and wait until the page speaks it."""
    page.locator("#language").select_option(tag)
    expect(page.locator("html")).to_have_attribute("lang", tag)
    page.wait_for_load_state("networkidle")


def latin_words(page: Page) -> set[str]:
    """List the words in Latin letters that a page shows, tells on pointing or reads aloud.

    Keys of the keyboard are left out, patients' names, and the report's words.
    """
    texts: list[str] = page.evaluate(_SHOWN_TEXTS)
    return {word for text in texts for word in re.findall(r"[A-Za-z][A-Za-z-]+", text)}


_SHOWN_TEXTS = """() => {
  const skipped = 'kbd, option, script, style, td[data-column=patient], [lang]:not(html)';
  const texts = [document.title];
  for (const node of document.querySelectorAll('*')) {
    if (node.closest(skipped)) continue;
    for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'data-label']) {
      if (node.getAttribute(name)) texts.push(node.getAttribute(name));
    }
    for (const part of node.childNodes) if (part.nodeType === Node.TEXT_NODE) texts.push(part.data);
  }
  return texts;
}"""


def tab_stops(page: Page, most: int = 60) -> list[str]:
    """Go through the page by the tabulator key alone; name what has the focus at each stop."""
    stops: list[str] = []
    page.evaluate("document.activeElement.blur()")
    for _ in range(most):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "(at => at === document.body ? '' : at.getAttribute('aria-label') || at.placeholder"
            " || at.textContent)(document.activeElement)"
        )
        if not name:
            break
        stops.append(str(name))
    return stops
