"""The box holds the breast and nothing else, whatever else lies on the film."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mammogram_files import breast_pixels
from mammovlm.imaging import breast_box
from mammovlm.imaging.breast import air_is_bright, breast_mask, reduced, reduction
from mammovlm.study import BreastBox


def picture(rows: int = 1200, columns: int = 900, side: str = "L") -> np.ndarray:
    return breast_pixels(rows, columns, side).astype(np.float32) / 4095


def true_box(pixels: np.ndarray) -> BreastBox:
    rows, columns = np.nonzero(pixels)
    return BreastBox(rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)


def assert_close(found: BreastBox | None, expected: BreastBox, within: int = 14) -> None:
    assert found is not None
    for name in ("top", "left", "bottom", "right"):
        assert abs(getattr(found, name) - getattr(expected, name)) <= within, (name, found)


@pytest.mark.parametrize("side", ["L", "R"])
@pytest.mark.parametrize("size", [(400, 300), (1200, 900), (3000, 2400)])
def test_the_box_follows_the_breast(size: tuple[int, int], side: str) -> None:
    pixels = picture(*size, side)
    found, expected = breast_box(pixels), true_box(pixels)
    assert_close(found, expected, within=max(14, size[0] // 100))
    assert found is not None
    inside = pixels[found.top : found.bottom, found.left : found.right]
    assert inside.sum() > 0.999 * pixels.sum()


def test_letters_and_markers_are_no_breast() -> None:
    pixels = picture()
    expected = true_box(pixels)
    pixels[60:100, 700:880] = 1  # a marker
    for column in range(700, 880, 30):
        pixels[130:170, column : column + 8] = 1  # letters
    assert_close(breast_box(pixels), expected)


def test_bright_rims_and_strips_are_no_breast() -> None:
    pixels = picture()
    expected = true_box(pixels)
    pixels[:8], pixels[-8:], pixels[:, -12:] = 1, 1, 1
    pixels[:, 840:860] = 0.9
    assert_close(breast_box(pixels), expected, within=20)


def test_noise_and_fog_in_the_air_are_no_breast() -> None:
    pixels = picture()
    expected = true_box(pixels)
    noise = np.random.default_rng(1).normal(0, 0.01, pixels.shape)
    assert_close(breast_box(np.clip(pixels + 0.03 + noise, 0, 1).astype(np.float32)), expected)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_an_empty_picture_has_no_breast(level: float) -> None:
    assert breast_box(np.full((800, 600), level, np.float32)) is None


def test_noise_alone_is_no_breast() -> None:
    noise = np.random.default_rng(2).normal(0.02, 0.005, (800, 600))
    assert breast_box(np.clip(noise, 0, 1).astype(np.float32)) is None


def test_letters_alone_are_no_breast() -> None:
    pixels = np.zeros((1200, 900), np.float32)
    pixels[60:80, 700:880] = 1
    assert breast_box(pixels) is None


@settings(deadline=None, max_examples=60)
@given(st.integers(8, 700), st.integers(8, 700), st.integers(0, 2**32 - 1))
def test_a_box_always_lies_within_the_picture(rows: int, columns: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).random((rows, columns), np.float32)
    pixels[: rows // 2] = 0
    box = breast_box(pixels)
    if box is not None:
        assert 0 <= box.top < box.bottom <= rows
        assert 0 <= box.left < box.right <= columns


def test_a_negative_is_known_by_its_bright_air() -> None:
    small = reduced(picture(), reduction(1200, 900))
    assert not air_is_bright(small)
    assert air_is_bright(1 - small)


def films(folder: Path) -> list[tuple[str, np.ndarray]]:
    paths = sorted((folder / "mini-mias-dev" / "images").glob("*.png"))[::6]
    return [(path.stem, np.asarray(Image.open(path), np.float32) / 255) for path in paths]


def test_real_films_have_a_breast_of_plausible_size_and_dark_air(shared_data: Path) -> None:
    for name, film in films(shared_data):
        small = reduced(film, reduction(*film.shape))
        mask = breast_mask(small)
        assert mask is not None, name
        assert 0.1 < mask.mean() < 0.8, name
        assert not air_is_bright(small), name


def test_real_films_turned_negative_are_recognised(shared_data: Path) -> None:
    wrong = [
        name
        for name, film in films(shared_data)
        if not air_is_bright(reduced(1 - film, reduction(*film.shape)))
    ]
    assert len(wrong) <= 1, wrong  # one of the set shows its light box
