"""What the page is tested on: real Orthanc, RabbitMQ and Chromium, with this test as the worker.

The worker's part is played by hand, so that every state can be looked at for as long as needed; the
reports are real ones, written by `mammovlm.results`.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from pydicom import Dataset

from conftest import ROOT, skip_or_fail
from evidence_examples import evidence_of
from local_servers import Orthanc, RabbitMQ, wait_until
from mammogram_files import as_file
from mammovlm.findings import Explanation, Region
from mammovlm.results import ObjectOptions, result_objects, stored_objects
from mammovlm.stack import StackSettings
from mammovlm.study import HANGING_ORDER, Slot, Study
from queue_reader import QueueReader
from report_examples import (
    DENSITY_B,
    DENSITY_C,
    EXPLANATION,
    HIGH,
    LOW,
    LOWEST,
    L,
    R,
    findings_of,
    view_of,
)

CHROMIUM = "/usr/bin/chromium"
DESKTOP: ViewportSize = {"width": 1600, "height": 1000}
PHONE: ViewportSize = {"width": 390, "height": 844}
# WebGL for OHIF without a graphics card; as root, Chromium has no sandbox.
_ARGUMENTS = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
PICTURES = Path(os.environ.get("MAMMOVLM_TEST_PICTURES", ROOT / "var" / "test-pictures"))


class PageSystem:
    """Orthanc with the page, fed as by a modality and answered as by a worker.

    Parameters
    ----------
    orthanc, broker
        Running.
    """

    def __init__(self, orthanc: Orthanc, broker: RabbitMQ) -> None:
        self.orthanc = orthanc
        self.queue = QueueReader(broker)
        wait_until("the plugin is connected", lambda: orthanc.get("/mammovlm/health").ok)

    def queued(self, views: Sequence[Dataset], run: int = 1) -> dict[str, Any]:
        """Send a study and give its job."""
        assert set(self.orthanc.send(views)) == {0}
        return self.queue.wait_for_job(str(views[0].StudyInstanceUID), run)

    def analysed(
        self,
        views: Sequence[Dataset],
        explanation: Explanation = EXPLANATION,
        regions: Mapping[str, tuple[Region, ...]] | None = None,
    ) -> str:
        """Send a study, store a report on it, and tell the plugin; give the study's UID.

        Where regions are given, heat maps that fit them are stored as well.
        """
        job = self.queued(views)
        self.finish(job, views, explanation, regions)
        uid = str(views[0].StudyInstanceUID)
        self.orthanc.wait_for_state(uid, "done")
        return uid

    def finish(
        self,
        job: dict[str, Any],
        views: Sequence[Dataset],
        explanation: Explanation = EXPLANATION,
        regions: Mapping[str, tuple[Region, ...]] | None = None,
    ) -> Dataset:
        """Store the report of a job and tell that it is done."""
        words = replace(explanation, summary=f"{explanation.summary} Run {job['run']}.")
        objects = objects_on(views, words, regions)
        self.store(job, objects)
        return objects[0]

    def store(self, job: dict[str, Any], objects: Sequence[Dataset]) -> None:
        """Store these objects and tell that the job is done; the first stands for its result."""
        for one in objects:
            assert self.orthanc.post("/instances", as_file(one)).ok
        names = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID")
        keys = ("sop_class_uid", "sop_instance_uid", "series_instance_uid")
        self.queue.tell(
            job,
            "done",
            report={
                key: str(objects[0][name].value) for key, name in zip(keys, names, strict=True)
            },
            timings_s={"fetch": 0.21, "model": 2.6, "store": 0.05},
        )


def report_on(
    views: Sequence[Dataset],
    explanation: Explanation = EXPLANATION,
    regions: Mapping[str, tuple[Region, ...]] | None = None,
) -> Dataset:
    """Write a report on these images; see `objects_on`."""
    return objects_on(views, explanation, regions)[0]


def objects_on(
    views: Sequence[Dataset],
    explanation: Explanation,
    regions: Mapping[str, tuple[Region, ...]] | None,
    wanted: ObjectOptions | None = None,
) -> tuple[Dataset, ...]:
    """Write a report on these images: density B and C, likelihoods low at right, high at left.

    Regions are given by the name of their view, such as "LCC"; with them come heat maps. Which
    objects are wanted can be said otherwise.
    """
    by_slot = {f"{view.ImageLaterality}{view.ViewPosition}": view for view in views}
    found = tuple(
        view_of(slot, _without_pixels(by_slot[str(slot)]))
        for slot in HANGING_ORDER
        if str(slot) in by_slot
    )
    study = Study(str(views[0].StudyInstanceUID), found, ())
    findings = findings_of(
        study, {R: DENSITY_B, L: DENSITY_C}, {R: LOWEST, L: HIGH}, {R: LOW, L: HIGH}
    )
    if regions is not None:
        marked = (
            replace(view, regions=regions.get(str(view.slot), ()), was_searched=True)
            for view in findings.views
        )
        findings = replace(findings, views=tuple(marked))
    wanted = wanted or ObjectOptions(
        wants_pdf=False, wants_presentation_state=False, wants_heat_maps=regions is not None
    )
    evidence = evidence_of(study, findings)
    objects = result_objects(study, findings, explanation, None, wanted, evidence=evidence)
    return stored_objects(objects, wanted)


def slot_of(view: Dataset) -> Slot:
    """Say which view an image is."""
    return next(s for s in HANGING_ORDER if str(s) == f"{view.ImageLaterality}{view.ViewPosition}")


def _without_pixels(view: Dataset) -> Dataset:
    header = Dataset()
    header.update({tag: view[tag] for tag in view.keys() if tag != 0x7FE00010})  # noqa: SIM118
    return header


def ohif_folder() -> Path:
    """Give the folder of the viewer that `make setup` made; skip or fail where there is none."""
    folder = StackSettings().ohif_dir
    if not (folder / "index.html").is_file():
        skip_or_fail(f"OHIF is not in {folder}; run `make setup`")
    return folder


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium without a screen."""
    if not Path(CHROMIUM).exists():
        skip_or_fail("chromium is not installed; run `make test` (Debian: chromium)")
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


class Complaints(list[str]):
    """Everything that a page complained of: errors, refused content, failed requests."""

    def of(self, page: Page) -> "Complaints":
        """Listen to a page."""
        page.on(
            "console",
            lambda said: self.append(said.text) if said.type in {"error", "warning"} else None,
        )
        page.on("pageerror", lambda error: self.append(str(error)))
        page.on("request", self._foreign)
        return self

    def _foreign(self, request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.append(f"asked another host: {request.url}")


def picture(page: Page, name: str) -> None:
    """Keep a screenshot for people to look at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")
