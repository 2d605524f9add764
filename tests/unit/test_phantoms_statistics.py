"""Statistics by which phantoms are compared with real mammograms."""

import numpy as np
import pytest

from mammovlm.training.phantoms import phantom_exam
from mammovlm.training.phantoms.noise import enlarge, power_law_tile
from mammovlm.training.phantoms.statistics import image_statistics


@pytest.mark.parametrize("beta", [2.0, 3.0, 3.6])
def test_the_measured_spectral_slope_is_the_one_that_noise_was_made_with(beta: float) -> None:
    pixels = power_law_tile(np.random.default_rng(1), beta)
    measured = image_statistics(pixels, np.ones(pixels.shape, dtype=np.bool_))
    assert measured.slope == pytest.approx(beta, abs=0.35)


def test_phantoms_have_the_power_spectrum_of_mammograms() -> None:
    slopes = []
    for seed in range(3):
        for view in phantom_exam(seed, assessment=1).views.values():
            slopes.append(image_statistics(view.pixels, view.pixels > 0.1).slope)
    assert 2.6 < np.mean(slopes) < 4.0


def test_an_empty_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="no inside"):
        image_statistics(np.zeros((64, 64), np.float32), np.zeros((64, 64), np.bool_))


def test_enlarging_keeps_a_constant_and_a_slope() -> None:
    ramp = np.tile(np.arange(8, dtype=np.float32), (4, 1))
    large = enlarge(ramp, (8, 16))
    assert large.shape == (8, 16)
    assert np.allclose(enlarge(np.full((3, 3), 2, np.float32), (7, 5)), 2)
    assert np.allclose(np.diff(large[0, 1:-1]), 0.5)
