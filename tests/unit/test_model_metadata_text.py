"""The text branch reads technique and age group, and nothing that could identify or give away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammovlm.findings import DensityCategory
from mammovlm.model.metadata_text import FIELDS, metadata_text
from mammovlm.study import Laterality, Slot, ViewPosition

RMLO = Slot(Laterality.RIGHT, ViewPosition.MLO)
HEADER = {
    "age": "57",
    "sex": "female",
    "implant": "no",
    "thickness_mm": "62",
    "force_n": "98.4",
    "kvp": "28",
}


def test_a_full_header_is_worded_by_group() -> None:
    assert metadata_text(RMLO, HEADER, DensityCategory.C) == (
        "[PAT] age 50-59, sex female | [ACQ] right MLO, implant no, thickness 62 mm, "
        "force 98 N, tube voltage 28 kVp | [EXAM] density C (predicted)"
    )


def test_an_empty_header_reads_not_available() -> None:
    text = metadata_text(RMLO, {}, None)
    assert text.count("not available") == len(FIELDS)
    assert "right MLO" in text


def test_blanked_fields_read_like_absent_ones() -> None:
    assert metadata_text(RMLO, HEADER, DensityCategory.C, FIELDS) == metadata_text(RMLO, {}, None)


@given(secret=st.text(min_size=13, max_size=40), field=st.sampled_from(["sex", "implant", "age"]))
def test_free_text_in_a_field_does_not_pass(secret: str, field: str) -> None:
    text = metadata_text(RMLO, {field: f"x{secret}"}, None)
    assert f"x{secret}".strip().lower() not in text


@pytest.mark.parametrize(
    "name", ["manufacturer", "bi_rads", "findings", "additional_patient_history", "biopsy"]
)
def test_other_fields_are_passed_over(name: str) -> None:
    assert metadata_text(RMLO, HEADER | {name: "malignant"}, None) == metadata_text(
        RMLO, HEADER, None
    )


@pytest.mark.parametrize(
    ("age", "group"), [("57", "50-59"), ("057Y", "50-59"), ("0", "not"), ("", "not")]
)
def test_an_age_is_only_told_as_a_decade(age: str, group: str) -> None:
    assert f"age {group}" in metadata_text(RMLO, {"age": age}, None)
