"""Stored values become 0..1 with 0 = air, as Modality and VOI transformations say (PS3.3 C.11)."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.pixels.processing import apply_modality_lut, apply_voi, apply_windowing
from pydicom.sequence import Sequence
from pydicom.uid import ImplicitVRLittleEndian

from mammogram_files import as_file, breast_pixels, mammogram, set_pixels
from mammovlm.imaging.decoding import decode_pixels, is_native
from mammovlm.imaging.eligibility import is_for_presentation
from mammovlm.imaging.grayscale import to_grayscale
from mammovlm.imaging.limits import ReadingLimits
from mammovlm.imaging.opening import open_object
from mammovlm.imaging.pixel_layout import PixelLayout
from mammovlm.imaging.voi import apply_window
from mammovlm.job import StoredInstance

LIMITS = ReadingLimits()
BREAST = breast_pixels(400, 300, "L").astype(np.float64)
AIR = BREAST == 0


def grey(file: Dataset | Path) -> np.ndarray:
    content = file if isinstance(file, Path) else as_file(file)
    opened = open_object(StoredInstance("image", content), LIMITS)
    layout = PixelLayout.of(opened.header, LIMITS)
    return to_grayscale(
        decode_pixels(opened, layout, LIMITS),
        layout.in_grey(),
        opened.header,
        is_native=is_native(opened.transfer_syntax),
        for_presentation=is_for_presentation(opened.header),
    )


def lookup_table(data: list[int], first: int, bits: int) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(data), first, bits])
    item.add_new("LUTData", "US", data)
    return item


def assert_shows_the_breast(picture: np.ndarray) -> None:
    """Check that air is black, the breast is not, and bright stays bright."""
    assert picture.dtype == np.float32
    assert picture.min() == 0
    assert picture.max() <= 1
    assert picture[AIR].max() < 0.02
    assert picture[~AIR].mean() > 0.2
    assert np.corrcoef(picture[~AIR], BREAST[~AIR])[0, 1] > 0.9


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("slope", [1, 2.5])
def test_the_window_functions_are_those_of_the_standard(function: str, slope: float) -> None:
    dataset = mammogram(VOILUTFunction=function, RescaleSlope=slope, RescaleIntercept=-100)
    dataset.WindowCenter, dataset.WindowWidth = 1500 * slope, 3000 * slope
    expected = apply_windowing(apply_modality_lut(dataset.pixel_array, dataset), dataset)
    low, high = -100, 4095 * slope - 100  # pydicom's output range of 12-bit stored values
    expected = (expected - low) / (high - low)
    if function == "SIGMOID":
        level = np.median(expected[AIR])  # a sigmoid lifts air off the ground
        expected = np.clip((expected - level) / (1 - level), 0, 1)
    np.testing.assert_allclose(grey(dataset), expected, atol=2e-3)


@settings(deadline=None)
@given(
    centre=st.floats(-1e4, 1e4),
    width=st.floats(0.5, 1e4),
    function=st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
)
def test_a_window_never_falls_and_stays_within_its_range(
    centre: float, width: float, function: str
) -> None:
    windowed = apply_window(np.linspace(-2e4, 2e4, 999), centre, width, function)
    if windowed is not None:
        assert (np.diff(windowed) >= 0).all()
        assert 0 <= windowed.min() <= windowed.max() <= 1


def test_of_several_windows_the_first_is_used() -> None:
    several = mammogram(WindowCenter=[1500, 4000, 500], WindowWidth=[3000, 100, 100])
    one = mammogram(WindowCenter=1500, WindowWidth=3000)
    np.testing.assert_array_equal(grey(several), grey(one))


def test_the_first_voi_table_is_used_before_a_window() -> None:
    dataset = mammogram(WindowCenter=100, WindowWidth=50)
    curve = [int(4095 * (i / 3095) ** 2) for i in range(3096)]
    other = [0] * 4096
    dataset.VOILUTSequence = Sequence([lookup_table(curve, 1000, 12), lookup_table(other, 0, 12)])
    expected = apply_voi(dataset.pixel_array, dataset) / 4095
    np.testing.assert_allclose(grey(dataset), expected, atol=1e-6)


def test_a_broken_voi_table_gives_way_to_the_window() -> None:
    dataset = mammogram()
    expected = grey(dataset)
    empty = Dataset()
    empty.add_new("LUTDescriptor", "US", [0, 0, 12])
    dataset.VOILUTSequence = Sequence([empty])
    np.testing.assert_array_equal(grey(dataset), expected)


def test_a_voi_table_with_fewer_bits_than_it_declares_uses_the_whole_range() -> None:
    dataset = mammogram()
    dataset.VOILUTSequence = Sequence([lookup_table(list(range(4096)), 0, 16)])
    assert grey(dataset).max() == pytest.approx(BREAST.max() / 4095, abs=1e-3)


def test_a_voi_table_may_hold_two_entries_to_a_word() -> None:
    dataset = mammogram()
    curve = np.rint(np.linspace(0, 255, 4096)).astype(np.uint8)
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [4096, 0, 8])
    item.add_new("LUTData", "OW", curve.tobytes())
    dataset.VOILUTSequence = Sequence([item])
    np.testing.assert_allclose(grey(dataset), BREAST / 4095, atol=3e-3)


def test_a_modality_table_comes_before_the_window() -> None:
    dataset = mammogram(RescaleSlope=None, RescaleIntercept=None, RescaleType=None)
    table = lookup_table([i // 2 for i in range(4096)], 0, 12)
    table.ModalityLUTType = "US"
    dataset.ModalityLUTSequence = Sequence([table])
    dataset.WindowCenter, dataset.WindowWidth = 1024, 2048
    np.testing.assert_allclose(grey(dataset), (BREAST // 2) / 2047, atol=2e-3)


@pytest.mark.parametrize(
    "window",
    [
        {"WindowCenter": 60000, "WindowWidth": 10},
        {"WindowCenter": -5000, "WindowWidth": 100},
        {"WindowCenter": 40, "WindowWidth": 1},
        {"WindowCenter": 2000, "WindowWidth": 0},
        {"WindowCenter": 2000, "WindowWidth": -5},
        {"WindowCenter": None, "WindowWidth": None},
        {"WindowCenter": 100, "WindowWidth": 2},
    ],
)
def test_without_a_window_that_shows_anything_the_breast_is_windowed(
    window: dict[str, Any],
) -> None:
    picture = grey(mammogram(**window))
    assert_shows_the_breast(picture)
    assert picture[~AIR].max() == 1


POLARITIES = [
    {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"},
    {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "IDENTITY"},
    {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": None},
    {"PhotometricInterpretation": "MONOCHROME2", "PresentationLUTShape": "INVERSE"},
]


@pytest.mark.parametrize("polarity", POLARITIES)
@pytest.mark.parametrize("has_window", [True, False])
def test_a_negative_is_inverted_once(polarity: dict[str, Any], has_window: bool) -> None:
    dataset = mammogram(**polarity)
    if not has_window:
        del dataset.WindowCenter, dataset.WindowWidth
    set_pixels(dataset, (4095 - BREAST).astype(np.uint16), 12)
    assert_shows_the_breast(grey(dataset))


@pytest.mark.parametrize("polarity", [{}, *POLARITIES])
def test_air_is_black_even_where_the_header_has_the_polarity_wrong(
    polarity: dict[str, Any],
) -> None:
    says_inverted = bool(polarity)
    dataset = mammogram(**polarity)
    set_pixels(dataset, (BREAST if says_inverted else 4095 - BREAST).astype(np.uint16), 12)
    assert_shows_the_breast(grey(dataset))


@pytest.mark.parametrize("monochrome", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("padding", [{"value": 0, "limit": 30}, {"value": 4095, "limit": None}])
def test_padding_is_air(monochrome: str, padding: dict[str, int | None]) -> None:
    pixels = np.clip(BREAST, 200, 3800)
    pixels = pixels if monochrome == "MONOCHROME2" else 4000 - pixels
    pixels[300:, 100:] = padding["value"]
    dataset = mammogram(
        PhotometricInterpretation=monochrome,
        PixelPaddingValue=padding["value"],
        PixelPaddingRangeLimit=padding["limit"],
    )
    set_pixels(dataset, pixels.astype(np.uint16), 12)
    picture = grey(dataset)
    assert picture[300:, 100:].max() == 0
    assert picture[~AIR][:1000].mean() > 0.1


def test_signed_values_are_read_with_their_sign() -> None:
    dataset = mammogram(WindowCenter=0, WindowWidth=4096)
    set_pixels(dataset, (BREAST - 2048).astype(np.int16), 12)
    np.testing.assert_allclose(grey(dataset), BREAST / 4095, atol=2e-3)


def test_bits_beside_the_stored_ones_are_not_read() -> None:
    dataset = mammogram()
    expected = grey(dataset)
    with_overlay = BREAST.astype(np.uint16)
    with_overlay[50:90, 60:80] |= 0x8000
    set_pixels(dataset, with_overlay, 12)
    np.testing.assert_array_equal(grey(dataset), expected)


def test_stored_bits_may_lie_high_in_their_cell() -> None:
    dataset = mammogram()
    expected = grey(dataset)
    set_pixels(dataset, (BREAST.astype(np.uint16) << 4), 12)
    dataset.HighBit = 15
    np.testing.assert_array_equal(grey(dataset), expected)


@pytest.mark.parametrize("sign", [1, -1, None])
@pytest.mark.parametrize("relationship", ["LIN", "LOG", None])
@pytest.mark.parametrize("monochrome", ["MONOCHROME1", "MONOCHROME2"])
def test_raw_images_are_brought_to_the_scale_of_presentation_images(
    sign: int | None, relationship: str | None, monochrome: str
) -> None:
    absorbed = BREAST / 4095 * 4
    exposure = absorbed if relationship == "LOG" else np.exp(-absorbed)
    if relationship == "LOG":
        exposure = 1 - absorbed / 5
    if sign == -1:
        exposure = exposure.max() - exposure + 0.001
    dataset = mammogram(
        PresentationIntentType="FOR PROCESSING",
        PixelIntensityRelationship=relationship,
        PixelIntensityRelationshipSign=sign,
        PhotometricInterpretation=monochrome,
        WindowCenter=None,
        WindowWidth=None,
    )
    set_pixels(dataset, (exposure * 16000).astype(np.uint16), 14)
    picture = grey(dataset)
    assert picture[AIR].max() < 0.05
    assert picture[~AIR].mean() > 0.2
    assert np.corrcoef(picture[~AIR], BREAST[~AIR])[0, 1] > 0.8


def test_an_eight_bit_colour_copy_shows_the_breast() -> None:
    eight = np.rint(BREAST / 16).astype(np.uint8)
    dataset = mammogram(PhotometricInterpretation="RGB", WindowCenter=None, WindowWidth=None)
    set_pixels(dataset, np.stack([eight] * 3, axis=-1))
    assert_shows_the_breast(grey(dataset))


def test_implicit_value_representations_are_resolved_by_the_pixel_representation(
    tmp_path: Path,
) -> None:
    dataset = mammogram(PixelPaddingValue=0, PixelPaddingRangeLimit=30)
    dataset.VOILUTSequence = Sequence([lookup_table(list(range(4096)), 0, 12)])
    expected = grey(dataset)
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.save_as(tmp_path / "implicit.dcm", enforce_file_format=True)
    assert dcmread(tmp_path / "implicit.dcm").original_encoding == (True, True)
    np.testing.assert_array_equal(grey(tmp_path / "implicit.dcm"), expected)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_any_header_gives_grey_values_within_range(seed: int) -> None:
    draw = np.random.default_rng(seed)
    pixels = draw.integers(0, 4096, (40, 30)).astype(np.uint16)
    dataset = mammogram(
        WindowCenter=float(draw.normal(2000, 3000)),
        WindowWidth=float(draw.normal(1000, 3000)),
        RescaleSlope=float(draw.normal(0, 2)),
        RescaleIntercept=float(draw.normal(0, 500)),
        PixelPaddingValue=int(draw.integers(0, 4096)),
        PhotometricInterpretation=str(draw.choice(["MONOCHROME1", "MONOCHROME2"])),
        PresentationIntentType=str(draw.choice(["FOR PRESENTATION", "FOR PROCESSING"])),
        VOILUTFunction=str(draw.choice(["LINEAR", "SIGMOID", "odd"])),
    )
    set_pixels(dataset, pixels, 12)
    picture = grey(dataset)
    assert picture.shape == (40, 30)
    assert np.isfinite(picture).all()
    assert 0 <= picture.min() <= picture.max() <= 1
