"""Heat maps: the evidence lies over the image where it was found, and no changed one is stored."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.pixels.processing import apply_color_lut

from evidence_examples import MARKED_FROM, evidence_of
from mammovlm.errors import ResultInvalid
from mammovlm.evidence import EvidenceMap
from mammovlm.results import ObjectOptions, check_objects, result_objects
from mammovlm.results.heat_picture import LEVELS, heat_picture, legend_place, levels
from mammovlm.settings import Settings
from report_examples import MADE_AT, MASS, Example, normal, with_regions

WANTED = ObjectOptions.from_settings(
    Settings(heat_maps=True, pdf_report=False, presentation_state=False)
)


def objects_of(example: Example, options: ObjectOptions = WANTED) -> list[Dataset]:
    evidence = evidence_of(*example[:2])
    return list(result_objects(*example, None, options, evidence=evidence, at=MADE_AT))


def with_pixels(grey: float = 0.5) -> Example:
    study, found, words = with_regions()
    views = tuple(
        replace(view, pixels=np.full(view.pixels.shape, grey, np.float32)) for view in study.views
    )
    return replace(study, views=views), found, words


def stored(image: Dataset) -> Dataset:
    buffer = BytesIO()
    image.save_as(buffer, enforce_file_format=True)
    buffer.seek(0)
    return dcmread(buffer)


def colours(image: Dataset) -> np.ndarray:
    shown: np.ndarray = apply_color_lut(image.pixel_array, image) // 257
    return shown


def test_there_are_none_unless_a_site_wants_them_and_then_one_for_each_view() -> None:
    assert not ObjectOptions.from_settings(Settings()).wants_heat_maps
    assert len(objects_of(with_regions(), replace(WANTED, wants_heat_maps=False))) == 1
    report, *images = objects_of(with_regions())
    study, _, _ = with_regions()
    assert [image.InstanceNumber for image in images] == [1, 2, 3, 4]
    assert len({image.SeriesInstanceUID for image in images} - {report.SeriesInstanceUID}) == 1
    for image, view in zip(images, study.views, strict=True):
        assert (image.Modality, image.SeriesNumber) == ("OT", 9006)
        assert "NOT FOR DIAGNOSTIC USE ALONE" in image.SeriesDescription
        assert "UNVERIFIED" in image.ImageComments
        assert image.StudyInstanceUID == study.study_instance_uid
        (source,) = image.SourceImageSequence
        assert source.ReferencedSOPInstanceUID == view.source.sop_instance_uid
        assert image.ReferencedInstanceSequence[0].ReferencedSOPInstanceUID == report.SOPInstanceUID
        assert (image.Rows, image.Columns) == (view.source.rows, view.source.columns)


def test_the_same_work_gives_the_same_heat_maps_and_they_change_no_other_object() -> None:
    first, again = objects_of(with_regions()), objects_of(with_regions())
    assert [one.SOPInstanceUID for one in first] == [one.SOPInstanceUID for one in again]
    assert [one.get("PixelData") for one in first] == [one.get("PixelData") for one in again]
    (alone,) = objects_of(with_regions(), replace(WANTED, wants_heat_maps=False))
    assert alone.SOPInstanceUID == first[0].SOPInstanceUID


def test_colours_lie_on_the_evidence_and_nowhere_else_and_the_image_stays_grey() -> None:
    _, _, left_cc, _, _ = objects_of(with_pixels())
    shown = colours(stored(left_cc)).astype(int)
    around = shown[
        int(MASS.row) - 5 : int(MASS.row) + 6, int(MASS.column) - 5 : int(MASS.column) + 6
    ]
    assert (around[..., 0] - around[..., 2]).max() > 60
    away = shown[int(MASS.row) + 60, int(MASS.column) + 60]
    assert len(set(away)) == 1
    assert away[0] == pytest.approx(127, abs=8)


def test_an_image_without_evidence_stays_as_it_is_but_for_the_legend() -> None:
    evidence = EvidenceMap("1", np.full((10, 8), -30, np.float32), 0, 0, 400, 300, MARKED_FROM)
    pixels = np.full((400, 300), 0.5, np.float32)
    pixels[:200] = 0.9
    picture = heat_picture(pixels, evidence)
    corner = legend_place(pixels, (60, 150))
    assert corner[0] == slice(-60, None)
    assert (picture[:200] == picture[0, 0]).all()
    assert set(np.unique(picture[200:])) > {16}


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(40, 300),
    columns=st.integers(40, 300),
    edges=st.tuples(*[st.floats(-0.4, 0.4)] * 2, *[st.floats(0.6, 1.4)] * 2),
    cells=st.tuples(st.integers(2, 20), st.integers(2, 20)),
    peak=st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
)
def test_wherever_the_cells_lie_the_hottest_pixel_is_in_the_most_evident_cell(
    rows: int,
    columns: int,
    edges: tuple[float, float, float, float],
    cells: tuple[int, int],
    peak: tuple[float, float],
) -> None:
    top, left, bottom, right = (
        edge * length for edge, length in zip(edges, (rows, columns) * 2, strict=True)
    )
    logits = np.full(cells, -30, np.float32)
    row, column = (int(share * count) for share, count in zip(peak, cells, strict=True))
    logits[row, column] = MARKED_FROM + 9
    height, width = (bottom - top) / cells[0], (right - left) / cells[1]
    found = levels(EvidenceMap("1", logits, top, left, bottom, right, MARKED_FROM), rows, columns)
    hot = np.argwhere(found == LEVELS - 1) + 0.5
    if len(hot):
        middle = (top + (row + 0.5) * height, left + (column + 0.5) * width)
        assert (np.abs(hot - middle) <= (height, width)).all()
    down, across = int(top + (row + 0.5) * height), int(left + (column + 0.5) * width)
    if 0 <= down < rows and 0 <= across < columns and min(height, width) > 2:
        assert found[down, across] == LEVELS - 1


def first_source(image: Dataset) -> Dataset:
    source: Dataset = image.SourceImageSequence[0]
    return source


def with_changed_pixel(image: Dataset) -> None:
    changed = bytearray(image.PixelData)
    changed[5000] ^= 1
    image.PixelData = bytes(changed)


CHANGES: dict[str, Callable[[Dataset], object]] = {
    "SeriesDescription": lambda image: setattr(image, "SeriesDescription", "Result"),
    "PatientID": lambda image: setattr(image, "PatientID", "ANOTHER"),
    "SOPInstanceUID": lambda image: setattr(image, "SOPInstanceUID", "1.2.3"),
    "ImageComments": lambda image: setattr(image, "ImageComments", "cancer"),
    "PixelData": with_changed_pixel,
    "palette": lambda image: setattr(
        image, "RedPaletteColorLookupTableData", image.GreenPaletteColorLookupTableData
    ),
    "SourceImageSequence": lambda image: setattr(
        first_source(image), "ReferencedSOPInstanceUID", "1.2"
    ),
    "ReferencedInstanceSequence": lambda image: setattr(
        image.ReferencedInstanceSequence[0], "ReferencedSOPInstanceUID", "1.2"
    ),
    "lacks a part": lambda image: delattr(image, "SourceImageSequence"),
}


@pytest.mark.parametrize(("name", "change"), CHANGES.items())
def test_a_changed_heat_map_is_refused_and_the_change_named(
    name: str, change: Callable[[Dataset], object]
) -> None:
    example = with_pixels()
    evidence = evidence_of(*example[:2])
    objects = objects_of(example)
    check_objects(objects, *example, WANTED, evidence=evidence)
    change(objects[2])
    objects[2].file_meta.MediaStorageSOPInstanceUID = objects[2].SOPInstanceUID
    with pytest.raises(ResultInvalid, match=name):
        check_objects(objects, *example, WANTED, evidence=evidence)


def test_a_missing_heat_map_and_one_without_evidence_for_a_region_are_refused() -> None:
    example = with_regions()
    evidence = evidence_of(*example[:2])
    with pytest.raises(ResultInvalid, match="one for each view"):
        check_objects(objects_of(example)[:-1], *example, WANTED, evidence=evidence)
    nothing = evidence_of(example[0], normal()[1])
    objects = list(result_objects(*example, None, WANTED, evidence=nothing, at=MADE_AT))
    with pytest.raises(ResultInvalid, match="where a region is marked"):
        check_objects(objects, *example, WANTED, evidence=nothing)
