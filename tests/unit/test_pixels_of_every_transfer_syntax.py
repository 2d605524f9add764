"""Every transfer syntax of PS3.5 decodes to the stored values, with the fastest decoder."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom import Dataset, dcmread, uid
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import apply_color_lut

from mammogram_files import as_file, mammogram, set_pixels
from mammovlm.imaging.decoding import decode_pixels
from mammovlm.imaging.limits import ReadingLimits
from mammovlm.imaging.opening import open_object
from mammovlm.imaging.pixel_layout import PixelLayout
from mammovlm.imaging.refusal import ImageRefused
from mammovlm.job import StoredInstance
from mammovlm.study import LeftOutReason

LIMITS = ReadingLimits()


def decoded(file: bytes | Path) -> np.ndarray:
    opened = open_object(StoredInstance("image", file), LIMITS)
    return decode_pixels(opened, PixelLayout.of(opened.header, LIMITS), LIMITS)


def texture(bits: int, *, signed: bool = False) -> np.ndarray:
    """Make an odd-sized picture that uses the whole range."""
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    y, x = np.mgrid[0:61, 0:47]
    wave = (np.sin(x / 7) * np.cos(y / 9) * 0.5 + 0.5) * (high - low) + low
    wave[0, :2] = low, high
    kind = "i" if signed else "u"
    pixels: np.ndarray = np.rint(wave).astype(f"{kind}{1 if bits <= 8 else 2}")
    return pixels


def image(pixels: np.ndarray, bits: int) -> Dataset:
    dataset = mammogram()
    set_pixels(dataset, pixels, bits)
    return dataset


def compress(dataset: Dataset, syntax: uid.UID) -> None:
    """Compress without GDCM, which ends the process on an odd number of 8-bit pixels."""
    dataset.compress(syntax, encoding_plugin="pylibjpeg" if "LS" not in syntax.name else "pyjpegls")


def cells_of(pixels: np.ndarray) -> np.ndarray:
    return pixels.view(f"u{pixels.dtype.itemsize}")


DEPTHS = [(8, False), (10, False), (12, False), (14, False), (16, False), (12, True), (16, True)]


@pytest.mark.parametrize(("bits", "signed"), DEPTHS)
@pytest.mark.parametrize(
    "syntax",
    [
        uid.ImplicitVRLittleEndian,
        uid.ExplicitVRLittleEndian,
        uid.DeflatedExplicitVRLittleEndian,
        uid.RLELossless,
        uid.JPEGLSLossless,
        uid.JPEG2000Lossless,
    ],
)
def test_lossless_syntaxes_give_back_the_stored_values(
    syntax: uid.UID, bits: int, signed: bool
) -> None:
    pixels = texture(bits, signed=signed)
    dataset = image(pixels, bits)
    if syntax.is_compressed and not syntax.is_deflated:
        compress(dataset, syntax)
    dataset.file_meta.TransferSyntaxUID = syntax
    mask = 2**bits - 1
    np.testing.assert_array_equal(decoded(as_file(dataset)) & mask, cells_of(pixels) & mask)


def test_big_endian_gives_back_the_stored_values(
    require_program: Callable[..., str], tmp_path: Path
) -> None:
    pixels = texture(12)
    (tmp_path / "le.dcm").write_bytes(as_file(image(pixels, 12)))
    dcmconv = require_program("dcmconv", "dcmtk")
    subprocess.run([dcmconv, "+tb", tmp_path / "le.dcm", tmp_path / "be.dcm"], check=True)
    assert dcmread(tmp_path / "be.dcm").file_meta.TransferSyntaxUID == uid.ExplicitVRBigEndian
    np.testing.assert_array_equal(decoded(tmp_path / "be.dcm"), pixels)


@pytest.mark.parametrize(("bits", "signed"), DEPTHS)
@pytest.mark.parametrize("options", [["+e1"], ["+el", "+sv", "4"], ["+el", "+sv", "7"]])
def test_jpeg_lossless_gives_back_the_stored_values(
    options: list[str],
    bits: int,
    signed: bool,
    require_program: Callable[..., str],
    tmp_path: Path,
) -> None:
    pixels = texture(bits, signed=signed)
    (tmp_path / "raw.dcm").write_bytes(as_file(image(pixels, bits)))
    dcmcjpeg = require_program("dcmcjpeg", "dcmtk")
    subprocess.run([dcmcjpeg, *options, tmp_path / "raw.dcm", tmp_path / "jpg.dcm"], check=True)
    mask = 2**bits - 1
    cells = decoded(tmp_path / "jpg.dcm")
    np.testing.assert_array_equal(cells & mask, cells_of(pixels) & mask)


@pytest.mark.parametrize(("option", "bits"), [("+eb", 8), ("+ee", 8), ("+ee", 12)])
def test_lossy_jpeg_comes_close(
    option: str, bits: int, require_program: Callable[..., str], tmp_path: Path
) -> None:
    pixels = texture(bits)
    (tmp_path / "raw.dcm").write_bytes(as_file(image(pixels, bits)))
    dcmcjpeg = require_program("dcmcjpeg", "dcmtk")
    subprocess.run([dcmcjpeg, option, tmp_path / "raw.dcm", tmp_path / "jpg.dcm"], check=True)
    difference = decoded(tmp_path / "jpg.dcm").astype(float) - pixels
    assert np.abs(difference)[2:].mean() < 0.01 * 2**bits


def test_near_lossless_jpeg_ls_stays_within_its_bound() -> None:
    pixels = texture(12)
    dataset = image(pixels, 12)
    dataset.compress(uid.JPEGLSNearLossless, jls_error=3)
    assert np.abs(decoded(as_file(dataset)).astype(int) - pixels).max() <= 3


def test_lossy_jpeg_2000_comes_close() -> None:
    pixels = texture(12)
    dataset = image(pixels, 12)
    dataset.compress(uid.JPEG2000, j2k_cr=[4])
    assert np.abs(decoded(as_file(dataset)).astype(float) - pixels)[2:].mean() < 40


@pytest.mark.parametrize("syntax", [uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K])
def test_high_throughput_jpeg_2000_gives_back_the_stored_values(syntax: uid.UID) -> None:
    pixels = texture(12)
    dataset = image(pixels, 12)
    dataset.PixelData = encapsulate([bytes(imagecodecs.htj2k_encode(pixels, reversible=True))])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = syntax
    np.testing.assert_array_equal(decoded(as_file(dataset)), pixels)


GREY_FILES = [
    "693_J2KI.dcm",
    "J2K_pixelrep_mismatch.dcm",
    "JPEG2000.dcm",
    "JPEGLSNearLossless_08.dcm",
    "JPEGLSNearLossless_16.dcm",
    "MR_small_RLE.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_implicit.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_padded.dcm",
    "examples_overlay.dcm",
    "image_dfl.dcm",
]
COLOUR_FILES = [
    "SC_rgb_dcmtk_+eb+cr.dcm",
    "SC_rgb_rle.dcm",
    "SC_rgb_small_odd.dcm",
    "SC_rgb_small_odd_big_endian.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
    "GDCMJ2K_TextGBR.dcm",
    "examples_rgb_color.dcm",
]


def pydicoms_own(name: str) -> Path:
    return Path(str(get_testdata_file(name, download=False)))


@pytest.mark.parametrize("name", GREY_FILES)
def test_files_of_other_makers_decode_as_in_pydicom(name: str) -> None:
    reference = dcmread(pydicoms_own(name))
    expected = reference.pixel_array
    expected = expected.astype(expected.dtype.newbyteorder("="))
    mask = 2**reference.BitsStored - 1
    np.testing.assert_array_equal(
        decoded(pydicoms_own(name)) & mask, cells_of(expected) & mask, strict=False
    )


@pytest.mark.parametrize("name", COLOUR_FILES)
def test_colour_of_other_makers_becomes_luminance(name: str) -> None:
    colour = dcmread(pydicoms_own(name)).pixel_array.astype(float)
    luminance = colour @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(decoded(pydicoms_own(name)), luminance, atol=0.51)


def test_a_palette_becomes_the_luminance_of_its_colours() -> None:
    reference = dcmread(pydicoms_own("examples_palette.dcm"))
    luminance = apply_color_lut(reference.pixel_array, reference) @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(decoded(pydicoms_own("examples_palette.dcm")), luminance, atol=0.51)


def test_jpeg_with_twelve_bits_that_pydicom_refuses_decodes() -> None:
    cells = decoded(pydicoms_own("JPGExtended.dcm"))
    assert cells.shape == (1024, 256)
    assert 255 < cells.max() < 4096


def test_colour_becomes_luminance() -> None:
    colour = np.zeros((20, 30, 3), np.uint8)
    colour[..., 0], colour[..., 1], colour[..., 2] = 200, 100, 50
    dataset = image(colour, 8)
    dataset.PhotometricInterpretation = "RGB"
    expected = round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)
    np.testing.assert_array_equal(decoded(as_file(dataset)), expected)


def refusal(file: bytes) -> tuple[LeftOutReason, str]:
    with pytest.raises(ImageRefused) as refused:
        decoded(file)
    return refused.value.reason, refused.value.detail


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.9.9", "1.3.999.10008.1.2.5"])
def test_an_unknown_transfer_syntax_is_refused_by_name(syntax: str) -> None:
    dataset = mammogram()
    compress(dataset, uid.RLELossless)
    file = as_file(dataset).replace(uid.RLELossless.encode(), syntax.encode())
    assert refusal(file) == (LeftOutReason.TRANSFER_SYNTAX_UNKNOWN, syntax)


def test_missing_pixels_are_refused() -> None:
    dataset = mammogram()
    del dataset.PixelData
    assert refusal(as_file(dataset))[0] is LeftOutReason.PIXELS_MISSING


def test_native_pixels_that_end_early_are_refused() -> None:
    assert refusal(as_file(mammogram())[:-1000])[0] is LeftOutReason.PIXELS_UNREADABLE


@pytest.mark.parametrize(
    "syntax", [uid.RLELossless, uid.JPEGLSLossless, uid.JPEG2000Lossless, uid.JPEGLosslessSV1]
)
@pytest.mark.parametrize("keep", [0.3, 0.7, 0.97])
def test_compressed_files_that_end_early_are_refused(syntax: uid.UID, keep: float) -> None:
    file = as_file(compressed(syntax))
    assert refusal(file[: int(len(file) * keep)])[0] is LeftOutReason.PIXELS_UNREADABLE


@pytest.mark.parametrize("syntax", [uid.JPEGLSLossless, uid.JPEG2000Lossless, uid.JPEGLosslessSV1])
def test_a_codestream_cut_short_within_a_whole_file_is_refused(syntax: uid.UID) -> None:
    dataset = compressed(syntax)
    frame = bytes(dataset.PixelData[16 : len(dataset.PixelData) // 2])
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].is_undefined_length = True
    assert refusal(as_file(dataset))[0] is LeftOutReason.PIXELS_UNREADABLE


@pytest.mark.parametrize("syntax", [uid.JPEGLSLossless, uid.JPEG2000Lossless, uid.JPEGLosslessSV1])
def test_a_codestream_larger_than_its_header_says_is_not_decoded(syntax: uid.UID) -> None:
    dataset = compressed(syntax)
    dataset.Rows = 7
    assert refusal(as_file(dataset)) == (
        LeftOutReason.PIXELS_UNREADABLE,
        "codestream of another size",
    )


def test_a_codestream_of_absurd_size_is_refused_before_it_is_decoded() -> None:
    dataset = compressed(uid.JPEG2000Lossless)
    frame = bytearray(dataset.PixelData)
    size_marker = frame.index(b"\xff\x51")
    frame[size_marker + 6 : size_marker + 14] = (60000).to_bytes(4, "big") * 2
    dataset.PixelData = bytes(frame)
    assert refusal(as_file(dataset))[0] is LeftOutReason.SIZE_REFUSED


def compressed(syntax: uid.UID) -> Dataset:
    dataset = mammogram(rows=120, columns=90)
    if syntax == uid.JPEGLosslessSV1:
        frame = bytes(imagecodecs.ljpeg_encode(dataset.pixel_array, bitspersample=12))
        dataset.PixelData = encapsulate([frame])
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = syntax
    else:
        compress(dataset, syntax)
    return dataset


def test_the_lossless_jpeg_of_these_tests_is_whole() -> None:
    dataset = compressed(uid.JPEGLosslessSV1)
    np.testing.assert_array_equal(
        decoded(as_file(dataset)), mammogram(rows=120, columns=90).pixel_array
    )
