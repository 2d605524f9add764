"""Every object beside the report judged by other projects, and never taken for a mammogram."""

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from pydicom import Dataset

from conftest import ROOT, skip_or_fail
from evidence_examples import evidence_of
from mammovlm.errors import RejectionReason
from mammovlm.results import (
    ObjectOptions,
    Refusal,
    ReportOptions,
    refusal_report,
    result_objects,
)
from mammovlm_orthanc.eligibility import is_mammogram
from report_examples import ALGORITHM, EXAMPLES, MADE_AT, nothing_trained, partial, study_of
from report_programs import dsrdump, write

ALL = {**EXAMPLES, "nothing trained": nothing_trained}
EVERYTHING = ObjectOptions(wants_cad_report=True, wants_pdf=True, wants_heat_maps=True)
Programs = Callable[..., str]

# TID 4007 stands below a CODE. PixelMed wants CONTAINS there, which PS3.3 Table A.35.5-2 gives to
# a CONTAINER alone, so that DCMTK refuses to read it; docs/conformance.md tells more.
EXPLAINED = re.compile(
    r"Error: Template 4007 BreastComposition/\[Row 1\] CODE "
    r"\(129715009,SCT,\"Breast composition\"\): .*"
    r": Incorrect relationship - expected CONTAINS - found HAS PROPERTIES"
)


def refused() -> Dataset:
    study, reason = study_of(), RejectionReason.NO_STANDARD_VIEW
    headers = [view.source.header for view in study.views]
    why = Refusal(
        study_instance_uid=study.study_instance_uid,
        status="rejected",
        reason=reason.value,
        text=reason.text,
        algorithm=ALGORITHM,
        headers=headers,
    )
    return refusal_report(why, ReportOptions(), at=MADE_AT)


def objects_of(name: str) -> Sequence[Dataset]:
    study, found, words = ALL[name]()
    evidence = evidence_of(study, found)
    return result_objects(study, found, words, None, EVERYTHING, evidence=evidence, at=MADE_AT)


def judged(dciodvfy: str, made: Dataset, iod: str, folder: Path) -> list[str]:
    """List the errors, after making sure that dciodvfy knew the object."""
    done = subprocess.run(
        [dciodvfy, write(made, folder)], capture_output=True, text=True, check=False
    )
    lines = (done.stdout + done.stderr).splitlines()
    assert iod in lines, lines
    return [line for line in lines if line.startswith("Error")]


@pytest.mark.parametrize("name", ALL)
def test_dciodvfy_finds_no_error_in_cad_report_and_page(
    name: str, tmp_path: Path, require_program: Programs
) -> None:
    dciodvfy = require_program("dciodvfy", "dicom3tools")
    _, cad, pdf, *_ = objects_of(name)
    assert judged(dciodvfy, cad, "MammographyCADSR", tmp_path) == []
    assert judged(dciodvfy, pdf, "EncapsulatedPDF", tmp_path) == []


def test_dciodvfy_and_dcmtk_find_no_error_in_the_presentation_state(
    tmp_path: Path, require_program: Programs
) -> None:
    dciodvfy = require_program("dciodvfy", "dicom3tools")
    dcmpschk = require_program("dcmpschk", "dcmtk")
    state = next(one for one in objects_of("suspicious with regions") if one.Modality == "PR")
    assert judged(dciodvfy, state, "GrayscaleSoftcopyPresentationState", tmp_path) == []
    command = [dcmpschk, "-v", str(write(state, tmp_path))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "Test passed." in done.stdout + done.stderr


def test_dciodvfy_finds_no_error_in_a_heat_map(tmp_path: Path, require_program: Programs) -> None:
    dciodvfy = require_program("dciodvfy", "dicom3tools")
    images = [one for one in objects_of("suspicious with regions") if one.Modality == "OT"]
    assert len(images) == 4
    for image in images:
        assert judged(dciodvfy, image, "SCImage", tmp_path) == []


def test_dciodvfy_finds_no_error_in_a_report_without_result(
    tmp_path: Path, require_program: Programs
) -> None:
    dciodvfy = require_program("dciodvfy", "dicom3tools")
    assert judged(dciodvfy, refused(), "ComprehensiveSR", tmp_path) == []


@pytest.mark.parametrize("name", ALL)
def test_dcmtk_reads_the_cad_report(name: str, tmp_path: Path, require_program: Programs) -> None:
    text = dsrdump(require_program("dsrdump", "dcmtk"), write(objects_of(name)[1], tmp_path))
    assert "# TID 4000 (DCMR)" in text
    assert "NOT FOR DIAGNOSTIC USE ALONE" in text


def test_no_object_of_ours_is_a_mammogram_to_the_intake() -> None:
    for made in (*objects_of("suspicious with regions"), refused()):
        assert not is_mammogram(str(made.Modality), str(made.SOPClassUID))
    image = partial()[0].views[0].source.header
    assert is_mammogram(str(image.Modality), str(image.SOPClassUID))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["CAD SR", "without result"])
def test_pixelmed_finds_no_error_but_the_explained_one(
    kind: str, tmp_path: Path, require_program: Programs
) -> None:
    require_program("java", "default-jre-headless")
    shared = Path(os.environ.get("MAMMOVLM_SHARED", ROOT.parent / "shared"))
    check = shared / "tools" / "sr-template-check"
    if not check.is_file():
        pytest.skip(f"the shared tools are not beside the checkout ({check.parent})")
    made = refused() if kind == "without result" else objects_of("suspicious with regions")[1]
    done = subprocess.run(
        [check, write(made, tmp_path)], capture_output=True, text=True, check=False
    )
    if done.returncode == 2:
        skip_or_fail("PixelMed is not installed (Debian: libpixelmed-java)")
    lines = done.stdout.splitlines()
    assert "IOD validation complete" in lines
    errors = [line for line in lines if re.search("^Error|Exception", line)]
    assert [line for line in errors if not EXPLAINED.match(line)] == []
