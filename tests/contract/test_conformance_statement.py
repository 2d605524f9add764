"""The conformance statement says what the code does: classes, syntaxes, settings, codes, series."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import Dataset, uid
from pydicom.sr.coding import Code

from conftest import ROOT
from evidence_examples import evidence_of
from mammovlm import __version__
from mammovlm.imaging import decoding
from mammovlm.imaging.eligibility import MAMMOGRAPHY_CLASSES
from mammovlm.results import ObjectOptions, codes, object_header, result_objects
from mammovlm.settings import Settings
from mammovlm.study import Laterality
from mammovlm_orthanc.eligibility import TOMOSYNTHESIS
from report_examples import (
    DENSITY_C,
    EXAMPLES,
    HIGH,
    MADE_AT,
    Example,
    L,
    R,
    findings_of,
    nothing_trained,
    study_of,
    with_regions,
)

STATEMENT = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
UID = re.compile(r"1\.2\.840\.10008(?:\.\d+)+")

CODE = re.compile(r"\(([A-Z0-9-]+), (DCM|SCT|LN|UMLS|99MAMMOVLM)\b")


def section(title: str) -> str:
    """Give the text below a heading, up to the next of its level."""
    level = title.split(" ", maxsplit=1)[0]
    after = STATEMENT.split(f"\n{title}\n", 1)[1]
    return re.split(rf"\n#{{1,{len(level)}}} ", after)[0]


def rows(text: str) -> Iterator[list[str]]:
    """Give the cells of every row of a table, without heading."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and not set(line) <= set("|-"):
            yield cells


@pytest.fixture(scope="module")
def objects() -> tuple[Dataset, ...]:
    study, found, words = with_regions()
    wanted = ObjectOptions(wants_cad_report=True, wants_heat_maps=True)
    evidence = evidence_of(study, found)
    return result_objects(study, found, words, None, wanted, evidence=evidence, at=MADE_AT)


def test_the_version_is_that_of_the_code() -> None:
    assert f"MammoVLM {__version__}:" in STATEMENT


def test_every_class_that_is_written_is_listed_and_no_other(objects: tuple[Dataset, ...]) -> None:
    listed = {row[1] for row in rows(section("## 1. Overview")) if row[3] not in ("–", "out")}
    written = {str(one.SOPClassUID) for one in objects} | {str(uid.Comprehensive3DSRStorage)}
    assert listed == written


def test_every_class_that_is_looked_at_is_listed_with_its_name() -> None:
    listed = {row[1]: row[0] for row in rows(section("## 1. Overview")) if row[2] != "–"}
    classes = {
        *map(str, MAMMOGRAPHY_CLASSES),
        *TOMOSYNTHESIS,
        str(uid.SecondaryCaptureImageStorage),
    }
    assert set(listed) - {"UID"} == classes
    for value in classes - {str(uid.SecondaryCaptureImageStorage)}:
        assert uid.UID(value).name.replace(" Storage", "").replace(" - ", " ") == listed[value]


def test_the_transfer_syntaxes_are_those_that_are_decoded() -> None:
    listed = {
        row[1]: row[0] for row in rows(section("### Transfer syntaxes of images that are read"))
    }
    decoded = {*decoding._NATIVE, *decoding._DECODERS, *decoding._COLOUR_PLUGINS}
    assert set(listed) - {"UID"} == {str(value) for value in decoded}
    assert all(uid.UID(value).name == listed[value] for value in set(listed) - {"UID"})


def test_results_are_written_in_the_syntax_and_series_that_are_stated(
    objects: tuple[Dataset, ...],
) -> None:
    assert "Explicit VR Little Endian, 1.2.840.10008.1.2.1." in section("## 2. Networking")
    assert {one.file_meta.TransferSyntaxUID for one in objects} == {uid.ExplicitVRLittleEndian}
    stated = {row[2] for row in rows(section("## 4. Configuration"))} - {"series"}
    labels = [value for name, value in vars(object_header).items() if name.endswith("_SERIES")]
    assert stated == {f"{label.modality}, {label.number}" for label in labels}


def test_the_settings_have_the_names_and_defaults_that_are_stated() -> None:
    table = list(rows(section("## 4. Configuration")))
    named = {name for row in table for name in re.findall(r"`([A-Z_0-9]+)`", row[3])}
    fields = {name.upper(): field for name, field in Settings.model_fields.items()}
    assert named - {"MAMMOVLM_"} <= set(fields)
    for row in table:
        switch = re.match(r"`([A-Z_]+)`", row[3])
        if switch and isinstance(fields.get(switch[1]) and fields[switch[1]].default, bool):
            assert row[4].startswith("on") == fields[switch[1]].default, switch[1]
    switches = {"STRUCTURED_REPORT", "CAD_REPORT", "PDF_REPORT", "PRESENTATION_STATE"}
    assert switches | {"HEAT_MAPS", "REFUSAL_REPORT"} <= named


def test_the_private_codes_are_those_of_the_code_with_scheme_and_uid() -> None:
    text = section("#### Private codes")
    listed = {row[0]: row[1] for row in rows(text)}
    ours = {
        code.value: code.meaning
        for code in vars(codes).values()
        if isinstance(code, Code) and code.scheme_designator == codes.PRIVATE_SCHEME
    }
    assert {value: listed.get(value) for value in ours} == ours
    assert set(listed) - {"code"} == set(ours)
    assert f"{codes.PRIVATE_SCHEME}, UID {codes.PRIVATE_SCHEME_UID}," in text


def test_the_templates_are_those_of_the_objects(objects: tuple[Dataset, ...]) -> None:
    def templates(item: Dataset) -> set[str]:
        own = {str(one.TemplateIdentifier) for one in item.get("ContentTemplateSequence") or ()}
        return own.union(*(templates(child) for child in item.get("ContentSequence") or ()))

    for one in objects[:2]:
        for template in templates(one):
            assert re.search(rf"(TID |[/, ]){template}\b", STATEMENT), template


@pytest.mark.parametrize(
    ("title", "place"), [("#### Content tree", 0), ("### Mammography CAD SR", 1)]
)
def test_every_code_that_is_stated_is_written_in_some_report(title: str, place: int) -> None:
    stated = set(CODE.findall(section(title).split("**Validators.**")[0]))
    examples = [
        *(make() for make in EXAMPLES.values()),
        nothing_trained(),
        *map(one_breast, (L, R)),
    ]
    written = set().union(*(coded(reports(example)[place]) for example in examples))
    assert len(stated) > 10
    assert stated - written == set()


def one_breast(side: Laterality) -> Example:
    study = study_of(f"{side}CC {side}MLO")
    found = findings_of(study, {side: DENSITY_C}, {side: HIGH}, {side: HIGH})
    return study, found, with_regions()[2]


def reports(example: Example) -> tuple[Dataset, ...]:
    wanted = ObjectOptions(wants_cad_report=True, wants_pdf=False)
    return result_objects(*example, None, wanted, at=MADE_AT)


def coded(item: Dataset) -> set[tuple[str, str]]:
    """Give value and scheme of every code in an object."""
    own = {(item.CodeValue, item.CodingSchemeDesignator)} if "CodeValue" in item else set()
    return own.union(*(coded(child) for part in item if part.VR == "SQ" for child in part.value))


def test_the_character_sets_are_those_that_can_be_chosen() -> None:
    listed = {row[0].split(" (")[0] for row in rows(section("## 5. Character sets"))}
    annotation = Settings.model_fields["sr_character_set"].annotation
    assert listed - {"character set"} == set(getattr(annotation, "__args__", ()))


def test_every_uid_of_the_standard_is_known_and_every_link_leads_to_a_file() -> None:
    for value in UID.findall(STATEMENT):
        assert uid.UID(value.rstrip(".")).name != value
    for link in re.findall(r"\]\(([^)#:]+)\)", STATEMENT):
        assert (Path(ROOT) / "docs" / link).exists(), link
