"""View and side are found wherever a maker wrote them, and the more explicit attribute wins."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.sequence import Sequence
from pydicom.sr._snomed_dict import mapping
from pydicom.sr.codedict import codes

from mammogram_files import code_item, mammogram
from mammovlm.imaging.free_words import read_words
from mammovlm.imaging.view_identity import ViewIdentity, identify_view
from mammovlm.imaging.view_words import MODIFIER_OF_CODE, VIEW_OF_CODE, Modifier, ViewName
from mammovlm.study import Laterality

R, L = Laterality.RIGHT, Laterality.LEFT


def bare(**attributes: Any) -> Dataset:
    """Make a mammogram that names neither view nor side, but for what is given."""
    silent = dict.fromkeys(
        ("ViewCodeSequence", "ViewPosition", "PatientOrientation", "ImageLaterality")
    )
    return mammogram(**{**silent, "AnatomicRegionSequence": None, **attributes})


def coded(value: str, meaning: str = "", scheme: str = "SCT", *modifiers: str) -> Sequence:
    item = code_item(value, meaning, scheme)
    item.ViewModifierCodeSequence = Sequence([code_item(code, "") for code in modifiers])
    return Sequence([item])


def seen(dataset: Dataset) -> tuple[ViewName | None, Laterality | None]:
    identity = identify_view(dataset)
    return identity.view, identity.laterality


@pytest.mark.parametrize("value", sorted(VIEW_OF_CODE))
def test_every_view_code_is_known_in_both_code_systems(value: str) -> None:
    assert seen(bare(ViewCodeSequence=coded(value)))[0] is VIEW_OF_CODE[value]
    other = mapping["SCT"].get(value) or mapping["SRT"].get(value)
    assert other is not None
    assert VIEW_OF_CODE[other] is VIEW_OF_CODE[value]


def test_every_view_and_modifier_of_the_context_groups_is_known() -> None:
    views = {str(getattr(codes.CID4014, name).value) for name in codes.CID4014.dir()}
    modifiers = {str(getattr(codes.CID4015, name).value) for name in codes.CID4015.dir()}
    assert views <= set(VIEW_OF_CODE)
    assert modifiers <= set(MODIFIER_OF_CODE)
    for value in modifiers:
        assert MODIFIER_OF_CODE[mapping["SCT"][value]] is MODIFIER_OF_CODE[value]


@pytest.mark.parametrize(
    ("words", "view"),
    [
        ("CC", ViewName.CC),
        ("cc ", ViewName.CC),
        ("MLO", ViewName.MLO),
        ("M.L.O", None),
        ("RMLO", ViewName.MLO),
        ("LCC", ViewName.CC),
        ("CCID", ViewName.CC),
        ("MLO ID", ViewName.MLO),
        ("RMLOID", ViewName.MLO),
        ("LMO", ViewName.LMO),
        ("LMLO", ViewName.MLO),
        ("LML", ViewName.ML),
        ("RLM", ViewName.LM),
        ("XCCL", ViewName.XCCL),
        ("medio-lateral oblique", ViewName.MLO),
        ("Cranio Caudal", ViewName.CC),
        ("cranio-caudal exaggerated laterally", ViewName.XCCL),
        ("latero-medial", ViewName.LM),
        ("AP", None),
        ("", None),
        ("CC and MLO", None),
    ],
)
def test_view_position_is_read_in_its_many_forms(words: str, view: ViewName | None) -> None:
    assert seen(bare(ViewPosition=words))[0] is view


@pytest.mark.parametrize(
    ("words", "view", "side"),
    [
        ("R CC", ViewName.CC, R),
        ("L MLO", ViewName.MLO, L),
        ("Left MLO", ViewName.MLO, L),
        ("RCC", ViewName.CC, R),
        ("mammo rt mlo screening", ViewName.MLO, R),
        ("R-MLO", ViewName.MLO, R),
        ("full mammogram images", None, None),
        ("R CC L CC", ViewName.CC, None),
        ("BILATERAL SCREENING", None, None),
        ("Routine", None, None),
    ],
)
@pytest.mark.parametrize("keyword", ["SeriesDescription", "ProtocolName", "ImageComments"])
def test_words_are_the_last_resort(
    keyword: str, words: str, view: ViewName | None, side: Laterality | None
) -> None:
    assert seen(bare(**{keyword: words})) == (view, side)


@pytest.mark.parametrize(
    ("orientation", "view", "side"),
    [
        (["A", "R"], ViewName.CC, L),
        (["P", "L"], ViewName.CC, R),
        (["A", "L"], ViewName.CC, None),
        (["A", "FR"], ViewName.MLO, L),
        (["P", "FL"], ViewName.MLO, R),
        (["P", "LF"], ViewName.MLO, R),
        (["A", "HL"], ViewName.MLO, L),
        (["A", "HR"], ViewName.MLO, R),
        (["A", "F"], None, None),
        (["CC"], ViewName.CC, None),
        (["MLO"], ViewName.MLO, None),
        (["A"], None, None),
        (["?", "!"], None, None),
    ],
)
def test_patient_orientation_tells_view_and_side(
    orientation: list[str], view: ViewName | None, side: Laterality | None
) -> None:
    assert seen(bare(PatientOrientation=orientation)) == (view, side)


@pytest.mark.parametrize("keyword", ["ImageLaterality", "FrameLaterality", "Laterality"])
@pytest.mark.parametrize(
    ("term", "side"), [("R", R), ("L", L), (" r ", R), ("LEFT", L), ("B", None), ("U", None)]
)
def test_side_is_read_from_every_laterality(
    keyword: str, term: str, side: Laterality | None
) -> None:
    assert seen(bare(**{keyword: term}))[1] is side


@pytest.mark.parametrize(
    ("region", "modifier", "side"),
    [
        ("T-04020", None, R),
        ("80248007", None, L),
        ("76752008", "24028007", R),
        ("T-04000", "G-A101", L),
        ("76752008", None, None),
    ],
)
def test_side_is_read_from_the_coded_anatomy(
    region: str, modifier: str | None, side: Laterality | None
) -> None:
    item = code_item(region, "Breast")
    if modifier:
        item.AnatomicRegionModifierSequence = Sequence([code_item(modifier, "side")])
    assert seen(bare(AnatomicRegionSequence=Sequence([item])))[1] is side


def test_the_explicit_attribute_wins_over_a_contradiction() -> None:
    dataset = bare(
        ViewCodeSequence=coded("399162004"),
        ViewPosition="MLO",
        ImageLaterality="L",
        Laterality="R",
        PatientOrientation=["P", "FL"],
        SeriesDescription="R MLO",
    )
    assert seen(dataset) == (ViewName.CC, L)


def test_both_breasts_in_one_image_are_no_side_whatever_words_say() -> None:
    assert seen(bare(ImageLaterality="B", Laterality="R", SeriesDescription="R CC"))[1] is None


@pytest.mark.parametrize(
    ("position", "modifiers"),
    [
        ("CCID", {Modifier.IMPLANT_DISPLACED}),
        ("MLO ID", {Modifier.IMPLANT_DISPLACED}),
        ("RMCC", {Modifier.MAGNIFICATION}),
        ("SMLO", {Modifier.SPOT}),
        ("RMSMLO", {Modifier.MAGNIFICATION, Modifier.SPOT}),
        ("CC SPOT MAG", {Modifier.MAGNIFICATION, Modifier.SPOT}),
        ("CCRL", {Modifier.ROLLED}),
        ("MLO AT", {Modifier.AXILLARY_TAIL}),
        ("CV", {Modifier.CLEAVAGE}),
        ("MLO", set()),
    ],
)
def test_modifiers_are_read_from_view_position(position: str, modifiers: set[Modifier]) -> None:
    assert identify_view(bare(ViewPosition=position)).modifiers == modifiers


def test_modifiers_are_read_inside_the_view_code_and_beside_it() -> None:
    inside = bare(ViewCodeSequence=coded("R-10242", "CC", "SNM3", "R-102D5"))
    beside = bare(ViewModifierCodeSequence=Sequence([code_item("399163009", "Magnification")]))
    named = bare(ViewModifierCodeSequence=Sequence([code_item("X1", "Spot compression", "99AB")]))
    assert identify_view(inside).modifiers == {Modifier.IMPLANT_DISPLACED}
    assert identify_view(beside).modifiers == {Modifier.MAGNIFICATION}
    assert identify_view(named).modifiers == {Modifier.SPOT}


def test_a_word_of_two_letters_in_a_sentence_is_no_modifier() -> None:
    assert read_words("taken at the AC unit, patient ID checked").modifiers == frozenset()


@given(st.text(max_size=60))
def test_any_words_are_read_without_a_fault(words: str) -> None:
    read_words(words)
    read_words(words, is_term=True)


def test_an_empty_header_names_nothing() -> None:
    assert identify_view(Dataset()) == ViewIdentity(None, None, frozenset())
