"""Of several images for a slot the right one is read, and each other one says why not."""

import random
from collections.abc import Sequence as Many
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    BreastTomosynthesisImageStorage,
    ComprehensiveSRStorage,
    DigitalMammographyXRayImageStorageForProcessing,
    ExplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
    generate_uid,
)

from mammogram_files import code_item, four_views, mammogram, stored
from mammovlm.errors import RejectionReason, StudyRejected
from mammovlm.imaging import ReadingLimits, read_study
from mammovlm.study import HANGING_ORDER, LeftOutReason, Study

STUDY = generate_uid()


def image(side: str = "R", view: str = "CC", *modifiers: str, **attributes: Any) -> Dataset:
    dataset = mammogram(side, view, study_uid=STUDY, rows=120, columns=90, **attributes)
    dataset.ViewCodeSequence[0].ViewModifierCodeSequence = Sequence(
        [code_item(value, "modifier") for value in modifiers]
    )
    return dataset


def read(*datasets: Dataset) -> Study:
    return read_study(STUDY, [stored(each) for each in datasets], (), ReadingLimits())


def reasons(study: Study) -> dict[str, LeftOutReason]:
    return {image.sop_instance_uid: image.reason for image in study.left_out}


def uids(study: Study) -> list[str]:
    return [view.source.sop_instance_uid for view in study.views]


def refusal(*datasets: Dataset) -> RejectionReason:
    with pytest.raises(StudyRejected) as rejected:
        read(*datasets)
    return rejected.value.reason


def test_four_views_are_read_in_hanging_order() -> None:
    views = four_views(study_uid=STUDY, rows=120, columns=90)
    study = read(*reversed(views))
    assert tuple(view.slot for view in study.views) == HANGING_ORDER
    assert study.missing == ()
    assert study.left_out == ()


TECHNIQUES: list[tuple[dict[str, Any], LeftOutReason]] = [
    ({"SOPClassUID": BreastTomosynthesisImageStorage}, LeftOutReason.TOMOSYNTHESIS),
    ({"NumberOfFrames": 3}, LeftOutReason.TOMOSYNTHESIS),
    ({"ImageType": ["DERIVED", "PRIMARY", "TOMOSYNTHESIS"]}, LeftOutReason.TOMOSYNTHESIS),
    ({"QualityControlImage": "YES"}, LeftOutReason.QUALITY_CONTROL),
    ({"BodyPartExamined": "PHANTOM"}, LeftOutReason.QUALITY_CONTROL),
    ({"ImageType": ["ORIGINAL", "PRIMARY", "STEREO_SCOUT"]}, LeftOutReason.STEREO_BIOPSY),
    ({"ImageType": ["DERIVED", "PRIMARY", "", "SUBTRACTION"]}, LeftOutReason.SPECIAL_VIEW),
    ({"EstimatedRadiographicMagnificationFactor": 1.8}, LeftOutReason.MAGNIFICATION),
    ({"PaddleDescription": "10 CM SPOT"}, LeftOutReason.SPOT_COMPRESSION),
    ({"ImageLaterality": "B"}, LeftOutReason.LATERALITY_UNKNOWN),
]


@pytest.mark.parametrize(("attributes", "reason"), TECHNIQUES)
def test_what_is_no_standard_view_is_left_out_with_its_reason(
    attributes: dict[str, Any], reason: LeftOutReason
) -> None:
    good, odd = image("L"), image("R", **attributes)
    study = read(good, odd)
    assert uids(study) == [good.SOPInstanceUID]
    assert reasons(study) == {odd.SOPInstanceUID: reason}


@pytest.mark.parametrize(
    ("modifier", "reason"),
    [
        ("399163009", LeftOutReason.MAGNIFICATION),
        ("R-102D6", LeftOutReason.MAGNIFICATION),
        ("399055006", LeftOutReason.SPOT_COMPRESSION),
        ("399161006", LeftOutReason.SPECIAL_VIEW),
        ("R-102C2", LeftOutReason.SPECIAL_VIEW),
        ("399197002", LeftOutReason.SPECIAL_VIEW),
    ],
)
def test_special_compressions_are_left_out(modifier: str, reason: LeftOutReason) -> None:
    good, odd = image("L"), image("R", "CC", modifier)
    assert reasons(read(good, odd)) == {odd.SOPInstanceUID: reason}


def test_another_view_and_a_specimen_are_left_out() -> None:
    good, lateral, specimen = image("L"), image("R"), image("R")
    lateral.ViewCodeSequence = Sequence([code_item("399260004", "medial-lateral")])
    specimen.ViewCodeSequence = Sequence([code_item("G-8310", "tissue specimen", "SRT")])
    assert reasons(read(good, lateral, specimen)) == {
        lateral.SOPInstanceUID: LeftOutReason.SPECIAL_VIEW,
        specimen.SOPInstanceUID: LeftOutReason.SPECIMEN,
    }


def test_for_presentation_is_preferred_and_for_processing_is_taken_where_it_is_alone() -> None:
    raw_class = DigitalMammographyXRayImageStorageForProcessing
    raw = {"SOPClassUID": raw_class, "PresentationIntentType": "FOR PROCESSING"}
    shown = image("R", AcquisitionTime="080000")
    twin = image("R", AcquisitionTime="090000", **raw)
    alone = image("L", **raw)
    study = read(shown, twin, alone)
    assert uids(study) == [shown.SOPInstanceUID, alone.SOPInstanceUID]
    assert reasons(study) == {twin.SOPInstanceUID: LeftOutReason.FOR_PROCESSING_TWIN}
    assert [view.source.for_presentation for view in study.views] == [True, False]


def test_a_displaced_implant_is_preferred() -> None:
    in_view = image("R", BreastImplantPresent="YES", AcquisitionTime="090000")
    displaced = image("R", "CC", "399209000", BreastImplantPresent="YES", AcquisitionTime="080000")
    study = read(in_view, displaced)
    assert uids(study) == [displaced.SOPInstanceUID]
    assert reasons(study) == {in_view.SOPInstanceUID: LeftOutReason.IMPLANT_IN_VIEW}


def test_an_acquired_image_is_preferred_to_a_synthetic_one() -> None:
    synthetic = image("R", ImageType=["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"])
    acquired = image("R", AcquisitionTime="080000")
    study = read(synthetic, acquired)
    assert uids(study) == [acquired.SOPInstanceUID]
    assert reasons(study) == {synthetic.SOPInstanceUID: LeftOutReason.TOMOSYNTHESIS}


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"AcquisitionTime": "101500"}, {"AcquisitionTime": "101500.5"}),
        ({"AcquisitionTime": "0959"}, {"AcquisitionTime": "10"}),
        ({"AcquisitionDate": "20260104"}, {"AcquisitionDate": "20260105"}),
        (
            {"AcquisitionDateTime": "20260105101500"},
            {"AcquisitionDateTime": "20260105101501.25+0100"},
        ),
    ],
)
def test_of_repeats_the_newest_is_read(earlier: dict[str, str], later: dict[str, str]) -> None:
    old, new = image("R", **earlier), image("R", **later)
    study = read(new, old)
    assert uids(study) == [new.SOPInstanceUID]
    assert reasons(study) == {old.SOPInstanceUID: LeftOutReason.REPEATED}


def test_every_part_of_a_mosaic_is_read_and_of_each_part_the_newest() -> None:
    def part(description: str, time: str) -> Dataset:
        return image(
            "R", PartialView="YES", PartialViewDescription=description, AcquisitionTime=time
        )

    upper, lower, repeated = part("upper", "080000"), part("lower", "080100"), part("upper", "0805")
    study = read(upper, lower, repeated)
    assert set(uids(study)) == {lower.SOPInstanceUID, repeated.SOPInstanceUID}
    assert reasons(study) == {upper.SOPInstanceUID: LeftOutReason.REPEATED}


def test_an_image_that_cannot_be_read_gives_way_to_the_next_best() -> None:
    old, new = image("R", AcquisitionTime="080000"), image("R", AcquisitionTime="090000")
    new.PixelData = new.PixelData[:100]
    study = read(old, new)
    assert uids(study) == [old.SOPInstanceUID]
    assert reasons(study) == {new.SOPInstanceUID: LeftOutReason.PIXELS_UNREADABLE}


def test_the_same_image_twice_is_one_image() -> None:
    dataset = image("R")
    study = read(dataset, dataset)
    assert uids(study) == [dataset.SOPInstanceUID]
    assert study.left_out == ()


def test_scanned_film_in_secondary_capture_is_a_mammogram() -> None:
    film = image("R", SOPClassUID=SecondaryCaptureImageStorage, PresentationIntentType=None)
    assert uids(read(film)) == [film.SOPInstanceUID]


def test_a_study_without_mammograms_is_rejected() -> None:
    chest = image("R", SOPClassUID=SecondaryCaptureImageStorage, Modality="CR")
    report = Dataset()
    report.SOPClassUID = report_class = ComprehensiveSRStorage
    report.SOPInstanceUID, report.StudyInstanceUID, report.Modality = generate_uid(), STUDY, "SR"
    report.file_meta = FileMetaDataset()
    report.file_meta.MediaStorageSOPClassUID = report_class
    report.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    assert refusal(chest, report) is RejectionReason.NO_MAMMOGRAM


def test_a_study_without_standard_views_is_rejected() -> None:
    assert refusal(image("R", "CC", "399163009")) is RejectionReason.NO_STANDARD_VIEW


def test_a_study_whose_views_cannot_be_read_is_rejected() -> None:
    dataset = image("R")
    dataset.PixelData = b"\0\0"
    assert refusal(dataset) is RejectionReason.NO_READABLE_VIEW


def test_images_of_two_patients_are_rejected_and_empty_identifiers_are_not() -> None:
    assert (
        refusal(image("R", PatientID="A"), image("L", PatientID="B"))
        is RejectionReason.SEVERAL_PATIENTS
    )
    assert len(read(image("R", PatientID="A"), image("L", PatientID="")).views) == 2
    assert len(read(image("R", PatientID="A"), image("L", PatientID=" A ")).views) == 2


def test_the_same_number_from_two_issuers_is_two_patients() -> None:
    right, left = image("R", IssuerOfPatientID="X"), image("L", IssuerOfPatientID="Y")
    assert refusal(right, left) is RejectionReason.SEVERAL_PATIENTS


def test_an_image_of_another_study_is_left_out() -> None:
    good, stray = image("R"), image("L", StudyInstanceUID=generate_uid())
    assert reasons(read(good, stray)) == {stray.SOPInstanceUID: LeftOutReason.ATTRIBUTE_MISSING}


def _crowded_study() -> list[Dataset]:
    raw = {"PresentationIntentType": "FOR PROCESSING"}
    return [
        image("R"),
        image("R"),
        image("R", **raw),
        image("R", "CC", "399209000"),
        image("L", "MLO", PartialView="YES"),
        image("L", "MLO", PartialView="YES"),
        image("L", "CC", AcquisitionTime="080000"),
        image("L", "CC", AcquisitionTime="090000"),
        image("L", "CC", PixelData=b"\0\0"),
        image("R", "MLO", "399055006"),
        image("R", "MLO", ImageType=["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"]),
    ]


CROWDED = _crowded_study()


def _outcome(datasets: Many[Dataset]) -> tuple[object, ...]:
    study = read(*datasets)
    return uids(study), study.left_out, [view.breast for view in study.views]


@settings(deadline=None, max_examples=25)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_images_never_matters(shuffler: random.Random) -> None:
    shuffled = list(CROWDED)
    shuffler.shuffle(shuffled)
    assert _outcome(shuffled) == _outcome(CROWDED)


@settings(deadline=None, max_examples=40)
@given(st.sets(st.integers(0, len(CROWDED) - 1), min_size=1))
def test_every_image_is_either_read_or_left_out_with_a_reason(indices: set[int]) -> None:
    chosen = [CROWDED[index] for index in indices]
    try:
        study = read(*chosen)
    except StudyRejected:
        return
    assert sorted([*uids(study), *reasons(study)]) == sorted(d.SOPInstanceUID for d in chosen)
    whole = [view.slot for view in study.views if view.source.header.PartialView != "YES"]
    assert len(whole) == len(set(whole))
