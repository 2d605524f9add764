"""Which images of a study the intake takes, whatever the unit writes into the header."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.sequence import Sequence

from headers_as_orthanc_gives_them import orthanc_tags
from mammogram_files import code_item, mammogram
from mammovlm_orthanc.candidate import Candidate, LeftOut, LeftOutReason, Slot
from mammovlm_orthanc.eligibility import classify, is_mammogram
from mammovlm_orthanc.view_codes import VIEW_BY_CODE

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
DETAILS = {
    *VIEW_BY_CODE.values(),
    *("XCC", "AT", "CV", "TAN", "AX", "ROLLED", "CLEAVAGE"),  # abbreviations without a code
    *("", "ViewPosition", "ImageLaterality", "QualityControlImage", "ImageType", "contrast"),
}
"""All that the detail of an image that is left out may say."""


def outcome(dataset: Dataset, **options: bool) -> Slot | LeftOutReason | None:
    image = classify(orthanc_tags(dataset), **options)
    if isinstance(image, Candidate):
        return image.slot
    return image.reason if image else None


def bare(**attributes: Any) -> Dataset:
    """Make a mammogram that tells nothing of view and side but what is given."""
    nothing = dict.fromkeys(
        ("ViewPosition", "ViewCodeSequence", "ImageLaterality", "PatientOrientation")
    )
    return mammogram(**{**nothing, **attributes})


def view_code(value: str, meaning: str = "", scheme: str = "SCT", modifier: str = "") -> Sequence:
    item = code_item(value, meaning, scheme)
    if modifier:
        item.ViewModifierCodeSequence = Sequence([code_item(modifier, "", scheme)])
    return Sequence([item])


@pytest.mark.parametrize("side", ["R", "L"])
@pytest.mark.parametrize("position", ["CC", "MLO"])
def test_a_conform_image_fills_its_slot(side: str, position: str) -> None:
    assert outcome(mammogram(side, position)) == Slot(side + position)


@pytest.mark.parametrize(
    "attributes",
    [
        {"ViewPosition": "MLO"},
        {"ViewPosition": "mlo "},
        {"ViewPosition": "MLOID"},
        {"ViewPosition": "LMLO", "ImageLaterality": None},
        {"ViewCodeSequence": view_code("R-10226", scheme="SNM3")},
        {"ViewCodeSequence": view_code("R-10226", scheme="SRT")},
        {"ViewCodeSequence": view_code("399368009")},
        {"ViewCodeSequence": view_code("X1", "Medio-Lateral Oblique", "99MAKER")},
        {"ViewCodeSequence": view_code("X1"), "ViewPosition": "MLO"},
        {"PatientOrientation": ["A", "FR"]},
        {"PatientOrientation": ["P", "HL"]},
        {"PatientOrientation": "MLO"},
        {"SeriesDescription": "L-MLO"},
        {"SeriesDescription": "L MLO", "ImageLaterality": None},
        {"ProtocolName": "Left MLO", "ImageLaterality": None},
        {"PatientOrientation": ["A", "FR"], "ImageLaterality": None},
        {"ViewPosition": "MLO", "ImageLaterality": None, "Laterality": "L"},
        {"ViewPosition": "MLO", "ImageLaterality": "left"},
        {
            "ViewPosition": "MLO",
            "ImageLaterality": None,
            "AnatomicRegionSequence": Sequence([code_item("T-04030", "Left breast", "SRT")]),
        },
        {"ViewCodeSequence": view_code("399368009"), "ViewPosition": "CC"},
    ],
)
def test_a_left_oblique_is_known_however_it_is_written(attributes: dict[str, Any]) -> None:
    assert outcome(bare(**{"ImageLaterality": "L", **attributes})) is Slot.LMLO


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (["A", "R"], Slot.LCC),
        (["P", "L"], Slot.RCC),
        (["A", "FR"], Slot.LMLO),
        (["P", "FL"], Slot.RMLO),
        (["A", "L"], LeftOutReason.LATERALITY_UNKNOWN),
        (["A", "F"], LeftOutReason.VIEW_UNKNOWN),
        (["L", "F"], LeftOutReason.VIEW_UNKNOWN),
    ],
)
def test_patient_orientation_alone_is_enough_unless_it_is_ambiguous(
    orientation: list[str], expected: Slot | LeftOutReason
) -> None:
    assert outcome(bare(PatientOrientation=orientation)) is expected


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"ViewCodeSequence": view_code("399162004", modifier="399163009")}, "magnification"),
        ({"ViewCodeSequence": view_code("R-10242", modifier="R-102D6")}, "magnification"),
        ({"EstimatedRadiographicMagnificationFactor": 1.8}, "magnification"),
        ({"ViewPosition": "MCC", "ViewCodeSequence": None}, "magnification"),
        ({"ViewCodeSequence": view_code("399162004", modifier="399055006")}, "spot-compression"),
        ({"ViewCodeSequence": view_code("R-10242", modifier="R-102D7")}, "spot-compression"),
        ({"PaddleDescription": "SPOT CONTACT"}, "spot-compression"),
        ({"SeriesDescription": "L CC Spot"}, "spot-compression"),
        ({"ViewCodeSequence": view_code("127457009")}, "specimen"),
        ({"ViewCodeSequence": view_code("399260004")}, "special-view"),
        ({"ViewCodeSequence": view_code("399192008")}, "special-view"),
        ({"ViewCodeSequence": view_code("399162004", modifier="399110001")}, "special-view"),
        ({"ViewPosition": "XCCL", "ViewCodeSequence": None}, "special-view"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "STEREO_SCOUT"]}, "stereo-biopsy"),
        ({"QualityControlImage": "YES"}, "quality-control"),
        ({"NumberOfFrames": 40}, "tomosynthesis"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.13.1.3"}, "tomosynthesis"),
        ({"ImageType": ["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"]}, "tomosynthesis"),
        ({"ImageLaterality": "B", "PatientOrientation": None}, "laterality-unknown"),
        (
            {"ViewPosition": "AP", "ViewCodeSequence": None, "PatientOrientation": None},
            "view-unknown",
        ),
    ],
)
def test_other_images_are_left_out_with_their_reason(
    attributes: dict[str, Any], reason: str
) -> None:
    assert outcome(mammogram(**attributes)) == LeftOutReason(reason)


def test_contact_magnification_of_a_plain_view_is_no_magnification_view() -> None:
    assert outcome(mammogram(EstimatedRadiographicMagnificationFactor=1.07)) is Slot.LCC


def test_a_synthesized_view_is_a_candidate_only_where_the_site_wants_it() -> None:
    image = mammogram(ImageType=["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"])
    assert outcome(image, accept_synthesized_2d=True) is Slot.LCC


def test_scanned_film_in_secondary_capture_is_a_mammogram() -> None:
    film = bare(SOPClassUID=SECONDARY_CAPTURE, PatientOrientation="CC", Laterality="R")
    assert outcome(film) is Slot.RCC


def test_a_mammography_sop_class_counts_with_another_modality() -> None:
    assert outcome(mammogram(Modality="CR")) is Slot.LCC


@pytest.mark.parametrize(
    ("modality", "sop_class_uid"),
    [
        ("SR", "1.2.840.10008.5.1.4.1.1.88.33"),
        ("MG", "1.2.840.10008.5.1.4.1.1.88.50"),
        ("MG", "1.2.840.10008.5.1.4.1.1.11.1"),
        ("MG", "1.2.840.10008.5.1.4.1.1.66"),
        ("CT", "1.2.840.10008.5.1.4.1.1.2"),
        ("OT", SECONDARY_CAPTURE),
        ("", ""),
    ],
)
def test_reports_presentations_and_other_modalities_are_no_mammograms(
    modality: str, sop_class_uid: str
) -> None:
    assert not is_mammogram(modality, sop_class_uid)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
_known_tags = st.sampled_from(sorted(orthanc_tags(mammogram()))) | st.sampled_from(
    ["0054,0222", "0028,0008", "0018,1114", "0018,2041", "0008,002a", "5200,9229", "0028,1351"]
)


@given(st.dictionaries(_known_tags, _values))
def test_no_header_makes_it_fail(odd: dict[str, Any]) -> None:
    image = classify({**orthanc_tags(mammogram()), **odd})
    assert image is None or isinstance(image, Candidate | LeftOut)


@given(st.dictionaries(st.text(max_size=9), _values))
def test_a_header_without_identity_is_never_one_for_us(odd: dict[str, Any]) -> None:
    assert classify({k: v for k, v in odd.items() if k != "0008,0018"}) is None


_view_words = st.sampled_from(["R", "CC", "XCC", "MLO", "TAN", "Spot", "Mag", "DOE^JANE", "Roe"])
_without_view = [orthanc_tags(bare()), orthanc_tags(mammogram(ViewPosition=None))]
_descriptions = st.text(max_size=200) | st.lists(_view_words, max_size=4).map(" ".join)


@given(_descriptions)
def test_what_is_left_out_never_repeats_text_of_the_header(text: str) -> None:
    described = {"0018,5101": text, "0008,103e": text, "0028,1351": text}
    for header in _without_view:
        image = classify({**header, **described})
        assert not isinstance(image, LeftOut) or image.detail in DETAILS
