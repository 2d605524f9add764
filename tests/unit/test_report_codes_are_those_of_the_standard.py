"""The codes written down in the project agree with pydicom's dictionaries of PS3.16."""

from typing import Any

import pytest
from pydicom.sr._concepts_dict import concepts
from pydicom.sr.codedict import codes as dictionary
from pydicom.sr.coding import Code

from mammovlm.results import codes


def all_codes() -> list[Code]:
    single = [value for value in vars(codes).values() if isinstance(value, Code)]
    mapped = [
        c
        for name in (
            "SIDES",
            "VIEWS",
            "DENSITIES",
            "BREASTS",
            "REGION_KINDS",
            "CAD_REGION_KINDS",
        )
        for c in getattr(codes, name).values()
    ]
    return [*single, *mapped, *codes.VIEW_MODIFIERS, *codes.UNILATERAL_MAMMOGRAMS.values()]


def meanings_of(code: Code) -> set[str]:
    """Find every meaning that pydicom knows for a value; its dictionary is by keyword."""
    by_keyword: Any = concepts[code.scheme_designator]
    return {values[code.value][0] for values in by_keyword.values() if code.value in values}


def in_group(cid: int) -> set[str]:
    return {c.value for c in (getattr(dictionary, f"cid{cid}").concepts).values()}


@pytest.mark.parametrize("code", all_codes(), ids=lambda c: c.value)
def test_value_and_meaning_fit_their_representations(code: Code) -> None:
    assert len(code.value) <= 16
    assert len(code.meaning) <= 64
    assert code.meaning.isascii()


OF_DICOM = [code for code in all_codes() if code.scheme_designator == "DCM"]


@pytest.mark.parametrize("code", OF_DICOM, ids=lambda c: c.value)
def test_a_code_of_dicom_has_the_meaning_of_the_standard(code: Code) -> None:
    assert code.meaning in {meaning.replace("\u200b", "") for meaning in meanings_of(code)}


@pytest.mark.parametrize(("code", "number"), [(codes.CATEGORY_3, 3), (codes.CATEGORY_4, 4)])
def test_a_category_has_the_code_of_its_number(code: Code, number: int) -> None:
    assert any(f"(Category {number})" in meaning for meaning in meanings_of(code))
    assert code.meaning.startswith(f"{number} - ")


def test_values_come_from_their_context_groups() -> None:
    assert {c.value for c in codes.SIDES.values()} | {codes.BILATERAL.value} <= in_group(244)
    assert {c.value for c in codes.VIEWS.values()} <= in_group(4014)
    assert {c.value for c in codes.VIEW_MODIFIERS} == in_group(4015)
    assert {c.value for c in codes.DENSITIES.values()} == in_group(6000)
    assert {codes.UPPER_UNCERTAINTY.value, codes.LOWER_UNCERTAINTY.value} <= in_group(225)
    assert codes.IMAGING_PROCEDURE.value in in_group(100)
    procedures = [codes.BILATERAL_MAMMOGRAM, *codes.UNILATERAL_MAMMOGRAMS.values()]
    assert {c.value for c in procedures} <= in_group(6050)
    assert {c.value for c in codes.BREASTS.values()} <= in_group(6022)
    assert codes.BREAST_COMPOSITION.value in in_group(6014)
    assert {c.value for c in codes.REGION_KINDS.values()} <= in_group(6016)
    assert {c.value for c in codes.CAD_REGION_KINDS.values()} <= in_group(6014)
    assert codes.PRESENTATION_OPTIONAL.value in in_group(6034)
    assert {codes.SUCCEEDED.value, codes.NOT_ATTEMPTED.value} <= in_group(6042)
    assert codes.COMPOSITION_ANALYSIS.value in in_group(6043)
    statuses = {str(number) for number in range(111241, 111246)}
    assert statuses <= in_group(6047)


def test_private_codes_are_marked_as_private() -> None:
    private = [
        codes.PRESENCE,
        codes.SUSPICION,
        codes.VIEW_SUSPICION,
        codes.REGION_EVIDENCE,
        codes.REGION_SUSPICION,
        codes.PATIENT_TEXT,
    ]
    assert {c.scheme_designator for c in private} == {"99MAMMOVLM"}
