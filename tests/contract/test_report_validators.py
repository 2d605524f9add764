"""Reports judged by other projects: dicom3tools, DCMTK, highdicom, OHIF's rules and PixelMed."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from highdicom.sr import Comprehensive3DSR, ComprehensiveSR, MeasurementReport, srread

from conftest import ROOT
from mammovlm.results import ReportOptions, structured_report
from report_examples import CLUSTER, EXAMPLES, MASS, UNNAMED, nothing_trained
from report_programs import dciodvfy_errors, dsrdump, write

ALL = {**EXAMPLES, "nothing trained": nothing_trained}
Programs = Callable[..., str]

# PixelMed reads the wildcard rows 9 and 10 of TID 300 as if every NUM below a NUM were theirs, so
# it wants INFERRED FROM for the bounds of TID 310; docs/conformance.md tells why that is wrong.
EXPLAINED = re.compile(
    r"Error: Template 300 Measurement/\[Row 1\] NUM \*/\[Row (?:9|10)\] NUM \*: .*"
    r"\(37188[56]00[78],SCT,\"[+-], range of (?:upper|lower) measurement uncertainty\"\)"
    r": Incorrect relationship - expected INFERRED FROM - found HAS PROPERTIES"
)


@pytest.fixture(scope="session")
def shared_tools() -> Path:
    folder = Path(os.environ.get("MAMMOVLM_SHARED", ROOT.parent / "shared")) / "tools"
    if not folder.is_dir():
        pytest.skip(f"the shared tools are not beside the checkout ({folder})")
    return folder


@pytest.fixture(scope="session")
def ohif_rules(
    shared_tools: Path, tmp_path_factory: pytest.TempPathFactory, require_program: Programs
) -> Path:
    npm = require_program("npm")
    folder = tmp_path_factory.mktemp("ohif") / "rules"
    shutil.copytree(shared_tools / "ohif-rules", folder, copy_function=shutil.copyfile)
    folder.chmod(0o755)
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"npm cannot install dcmjs: {done.stderr[-300:]}")
    # dcmjs does not say that its .js is an ES module; Debian's Node does not find out by itself.
    (folder / "node_modules/dcmjs/build/package.json").write_text('{"type": "module"}')
    return folder


def file_of(name: str, folder: Path, options: ReportOptions | None = None) -> Path:
    return write(structured_report(*ALL[name](), None, options or ReportOptions()), folder)


@pytest.mark.parametrize("sr_class", ["comprehensive", "comprehensive3d"])
@pytest.mark.parametrize("name", ALL)
def test_dciodvfy_finds_no_error(
    name: str, sr_class: str, tmp_path: Path, require_program: Programs
) -> None:
    options = ReportOptions(sr_class=sr_class)  # type: ignore[arg-type]
    path = file_of(name, tmp_path, options)
    assert dciodvfy_errors(require_program("dciodvfy", "dicom3tools"), path) == []


@pytest.mark.parametrize("name", ALL)
def test_dcmtk_reads_it(name: str, tmp_path: Path, require_program: Programs) -> None:
    text = dsrdump(require_program("dsrdump", "dcmtk"), file_of(name, tmp_path))
    assert "# TID 1500 (DCMR)" in text
    assert "NOT FOR DIAGNOSTIC USE ALONE" in text


@pytest.mark.parametrize("name", ALL)
def test_highdicom_reads_it(name: str, tmp_path: Path) -> None:
    report = srread(file_of(name, tmp_path))
    assert isinstance(report, ComprehensiveSR)
    study, findings, _ = ALL[name]()
    assert len(report.get_evidence()) == len(study.views)
    if findings.density is not None:
        assert isinstance(report.content, MeasurementReport)
        groups = report.content.get_image_measurement_groups()
        assert "129715009" in {group.finding_type.value for group in groups if group.finding_type}
        assert all(group.source_images for group in groups)


def test_highdicom_reads_the_regions_as_regions(tmp_path: Path) -> None:
    report = srread(file_of("suspicious with regions", tmp_path))
    assert isinstance(report.content, MeasurementReport)
    groups = report.content.get_planar_roi_measurement_groups()
    assert [group.tracking_identifier for group in groups] == [
        "Region LCC 1", "Region LCC 2", "Region LCC 3", "Region LMLO 1",
    ]  # fmt: skip
    for group, region in zip(groups, (MASS, CLUSTER, UNNAMED), strict=False):
        assert group.roi is not None
        assert group.finding_type is not None
        columns, rows = group.roi.value.T
        middle = (rows.max() + rows.min()) / 2, (columns.max() + columns.min()) / 2
        assert middle == pytest.approx((region.row, region.column), abs=0.01)
        assert rows.max() - rows.min() == pytest.approx(2 * region.row_radius, abs=0.01)
        assert [len(group.get_measurements()), group.finding_type.value] == [2, "111099"]


def test_highdicom_reads_the_strict_class(tmp_path: Path) -> None:
    options = ReportOptions(sr_class="comprehensive3d")
    report = srread(file_of("suspicious with patient text", tmp_path, options))
    assert isinstance(report, Comprehensive3DSR)


@pytest.mark.parametrize("name", ALL)
def test_ohif_would_show_every_group(
    name: str, tmp_path: Path, ohif_rules: Path, require_program: Programs
) -> None:
    node = require_program("node")
    done = subprocess.run(
        [node, "check.mjs", str(file_of(name, tmp_path))],
        cwd=ohif_rules,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "groups that break a rule: 0" in done.stdout
    assert "root is 126000: true" in done.stdout
    assert "Image Library present: true" in done.stdout
    assert "Imaging Measurements: true" in done.stdout
    assert "BAD" not in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_pixelmed_finds_no_error_but_the_explained_one(tmp_path: Path, shared_tools: Path) -> None:
    check = shared_tools / "sr-template-check"
    path = file_of("suspicious with regions", tmp_path)
    done = subprocess.run([check, path], capture_output=True, text=True, check=False)
    if done.returncode == 2:
        pytest.skip("PixelMed is not installed (Debian: libpixelmed-java)")
    lines = done.stdout.splitlines()
    assert "Found Root Template TID_1500 (MeasurementReport)" in lines
    assert "IOD validation complete" in lines
    errors = [line for line in lines if re.search("^Error|Exception", line)]
    assert [line for line in errors if not EXPLAINED.match(line)] == []
