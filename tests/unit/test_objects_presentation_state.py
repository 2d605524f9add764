"""The presentation state draws every region once, changes no grey value, and is checked."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydicom import Dataset
from pydicom.dataelem import DataElement
from pydicom.tag import Tag

from mammovlm.errors import ResultInvalid
from mammovlm.results import ObjectOptions, check_objects, result_objects
from mammovlm.results.presentation_state import LABEL
from mammovlm.settings import Settings
from mammovlm.study import Study
from report_examples import MADE_AT, MASS, Example, normal, study_of, with_regions

WANTED = ObjectOptions(wants_pdf=False)


def objects_of(example: Example, options: ObjectOptions = WANTED) -> list[Dataset]:
    return list(result_objects(*example, None, options, at=MADE_AT))


def on(study: Study) -> Example:
    _, found, words = with_regions()
    return study, found, words


def state_on(study: Study) -> Dataset:
    _, state = objects_of(on(study))
    check_objects(objects_of(on(study)), *on(study), WANTED)
    return state


def test_every_region_is_drawn_on_its_image_and_labelled_as_research() -> None:
    _, state = objects_of(with_regions())
    assert (state.Modality, state.SeriesNumber) == ("PR", 9005)
    assert "NOT FOR DIAGNOSTIC USE ALONE" in state.SeriesDescription
    study, found, _ = with_regions()
    drawn = [
        item.ReferencedImageSequence[0].ReferencedSOPInstanceUID
        for item in state.GraphicAnnotationSequence
    ]
    assert drawn == [view.sop_instance_uid for view in found.views for _ in view.regions]
    first = state.GraphicAnnotationSequence[0]
    (graphic,), (text,) = first.GraphicObjectSequence, first.TextObjectSequence
    assert (graphic.GraphicType, graphic.GraphicAnnotationUnits) == ("ELLIPSE", "PIXEL")
    columns, rows = graphic.GraphicData[0::2], graphic.GraphicData[1::2]
    assert (min(rows), max(rows)) == (MASS.row - MASS.row_radius, MASS.row + MASS.row_radius)
    assert max(columns) == MASS.column + MASS.column_radius
    assert text.UnformattedTextValue == f"{LABEL}: Region LCC 1"
    listed = state.ReferencedSeriesSequence[0].ReferencedImageSequence
    assert len(listed) == len(study.views)


def test_without_a_region_or_the_wish_there_is_no_state() -> None:
    assert len(objects_of(normal())) == 1
    unwanted = ObjectOptions.from_settings(Settings(presentation_state=False, pdf_report=False))
    assert len(objects_of(with_regions(), unwanted)) == 1
    wanted = ObjectOptions.from_settings(Settings(pdf_report=False))
    assert len(objects_of(with_regions(), wanted)) == 2


def test_the_same_work_gives_the_same_state_and_it_is_no_other_series() -> None:
    first, again = objects_of(with_regions()), objects_of(with_regions())
    assert first[1].SOPInstanceUID == again[1].SOPInstanceUID
    assert first[1].SeriesInstanceUID != first[0].SeriesInstanceUID
    assert first[1].StudyInstanceUID == first[0].StudyInstanceUID


def table() -> Dataset:
    item = Dataset()
    item.add(DataElement(Tag("LUTDescriptor"), "US", [4, 0, 12]))
    item.add(DataElement(Tag("LUTData"), "US", [0, 1000, 3000, 4095]))
    return item


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ({"WindowCenter": [2048, 1500], "WindowWidth": [4096, 900]}, (2048, 4096, "")),
        (
            {"WindowCenter": 540, "WindowWidth": 580, "VOILUTFunction": "SIGMOID"},
            (540, 580, "SIGMOID"),
        ),
        ({"WindowCenter": 540, "WindowWidth": 0}, None),
        ({"WindowCenter": None, "WindowWidth": None}, None),
    ],
)
def test_the_window_is_that_of_the_image(attributes: dict[str, Any], shown: Any) -> None:
    state = state_on(study_of(**attributes))
    if shown is None:
        assert "SoftcopyVOILUTSequence" not in state
        return
    assert len(state.SoftcopyVOILUTSequence) == 4
    for item in state.SoftcopyVOILUTSequence:
        window = (item.WindowCenter, item.WindowWidth, item.get("VOILUTFunction", ""))
        assert window == shown


def test_a_table_comes_before_a_window_and_is_kept() -> None:
    study = study_of(WindowCenter=540, WindowWidth=580, VOILUTSequence=[table()])
    for item in state_on(study).SoftcopyVOILUTSequence:
        assert "WindowCenter" not in item
        (kept,) = item.VOILUTSequence
        assert list(kept.LUTDescriptor) == [4, 0, 12]
        assert len(kept.LUTData) == 8


@pytest.mark.parametrize(("photometric", "shape"), [("1", "INVERSE"), ("2", "IDENTITY")])
def test_inverted_images_stay_inverted(photometric: str, shape: str) -> None:
    study = study_of(
        PhotometricInterpretation=f"MONOCHROME{photometric}", PresentationLUTShape=None
    )
    assert state_on(study).PresentationLUTShape == shape


def test_rescaling_is_repeated() -> None:
    state = state_on(study_of(RescaleSlope=2, RescaleIntercept=-5, RescaleType="US"))
    assert (state.RescaleSlope, state.RescaleIntercept) == (2, -5)


def test_images_that_one_state_cannot_show_alike_get_none() -> None:
    plain, inverted = study_of(), study_of(PresentationLUTShape="INVERSE")
    mixed = replace(plain, views=(*plain.views[:2], *inverted.views[2:]))
    assert len(objects_of(on(mixed))) == 1
    assert len(objects_of(on(study_of(ModalityLUTSequence=[table()])))) == 1


def first_graphic(state: Dataset) -> Dataset:
    graphic: Dataset = state.GraphicAnnotationSequence[0].GraphicObjectSequence[0]
    return graphic


CHANGES: dict[str, Callable[[Dataset], object]] = {
    "SeriesDescription": lambda state: setattr(state, "SeriesDescription", "Result"),
    "PatientID": lambda state: setattr(state, "PatientID", "ANOTHER"),
    "SOPInstanceUID": lambda state: setattr(state, "SOPInstanceUID", "1.2.3"),
    "ReferencedSeriesSequence": lambda state: state.ReferencedSeriesSequence[
        0
    ].ReferencedImageSequence.pop(),
    "DisplayedAreaSelectionSequence": lambda state: setattr(
        state.DisplayedAreaSelectionSequence[1], "DisplayedAreaBottomRightHandCorner", [5, 5]
    ),
    "PresentationLUTShape": lambda state: setattr(state, "PresentationLUTShape", "INVERSE"),
    "SoftcopyVOILUTSequence": lambda state: state.SoftcopyVOILUTSequence.pop(),
    "annotations": lambda state: state.GraphicAnnotationSequence.pop(),
    "outline of Region LCC 1": lambda state: setattr(
        first_graphic(state), "GraphicData", [1, 2, 1, 8, 0, 5, 2, 5]
    ),
    "tracking of Region LCC 1": lambda state: setattr(first_graphic(state), "TrackingUID", "1.2"),
    "label of Region LCC 1": lambda state: setattr(
        state.GraphicAnnotationSequence[0].TextObjectSequence[0], "UnformattedTextValue", "cancer"
    ),
    "lacks a part": lambda state: delattr(state, "GraphicAnnotationSequence"),
}


@pytest.mark.parametrize(("name", "change"), CHANGES.items())
def test_a_changed_state_is_refused_and_the_change_named(
    name: str, change: Callable[[Dataset], object]
) -> None:
    example = on(study_of(WindowCenter=540, WindowWidth=580))
    objects = objects_of(example)
    change(objects[1])
    objects[1].file_meta.MediaStorageSOPInstanceUID = objects[1].SOPInstanceUID
    with pytest.raises(ResultInvalid, match=name):
        check_objects(objects, *example, WANTED)
