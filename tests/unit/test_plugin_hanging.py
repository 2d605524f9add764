"""Pictures hang with their chest walls facing each other, however they were stored."""

import pytest

from mammovlm_orthanc.hanging import turned


@pytest.mark.parametrize(
    ("side", "orientation", "mirrored", "upside_down"),
    [
        ("R", "P\\L", False, False),
        ("L", "A\\R", False, False),
        ("R", "P\\FL", False, False),
        ("L", "A\\FR", False, False),
        ("R", "A\\FL", True, False),
        ("L", "P\\FR", True, False),
        ("R", "A\\R", True, True),
        ("L", "P\\L", True, True),
        ("R", "P\\HR", False, True),
        ("L", "A\\F", False, False),
    ],
)
def test_a_picture_is_turned_until_it_hangs_right(
    side: str, orientation: str, mirrored: bool, upside_down: bool
) -> None:
    assert turned({"0020,0020": orientation}, side) == (mirrored, upside_down)


@pytest.mark.parametrize("orientation", ["", "MLO", "A", "A\\R\\F", "L\\F", "?\\?"])
def test_nothing_is_turned_on_a_guess(orientation: str) -> None:
    assert turned({"0020,0020": orientation}, "L") == (False, False)
    assert turned({}, "R") == (False, False)
