"""Numbers by which phantoms and real mammograms are compared."""

from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from mammovlm.training.phantoms.noise import Field

WINDOW = 96
"""Side of the squares whose power spectrum is measured, in pixels."""


@dataclass(frozen=True)
class ImageStatistics:
    """How the inside of a breast looks, whatever its absolute grey levels.

    Parameters
    ----------
    variation
        Standard deviation over mean of the grey levels.
    skewness
        Of the grey levels: positive where a little bright tissue lies in much fat.
    middle
        Median between the 5th and 95th percentile, 0..1.
    slope
        Exponent beta of the power spectrum f**-beta; 2.8..3.3 in mammograms (Burgess 1999).
    filled
        Share of the picture that is breast.
    """

    variation: float
    skewness: float
    middle: float
    slope: float
    filled: float

    def values(self) -> tuple[float, ...]:
        """Give the numbers in the order of the fields."""
        return astuple(self)


def image_statistics(pixels: Field, mask: npt.NDArray[np.bool_]) -> ImageStatistics:
    """Measure one mammogram.

    Parameters
    ----------
    pixels
        float32, (rows, columns), 0..1, about 500 rows.
    mask
        Where the breast is.

    Raises
    ------
    ValueError
        Where the mask holds no inside: nothing is 12 pixels away from its edge.
    """
    padded = np.pad(mask, ((12, 12), (0, 0)))
    deep = ndimage.binary_erosion(padded, iterations=12)[12:-12]
    if not deep.any():
        msg = "the breast has no inside to measure"
        raise ValueError(msg)
    inside = pixels[deep].astype(np.float64)
    low, median, high = np.percentile(inside, (5, 50, 95))
    spread = float(inside.std()) + 1e-9
    return ImageStatistics(
        variation=spread / (float(inside.mean()) + 1e-9),
        skewness=float(np.mean(((inside - inside.mean()) / spread) ** 3)),
        middle=float((median - low) / (high - low + 1e-9)),
        slope=_spectrum_slope(pixels, deep),
        filled=float(mask.mean()),
    )


def _spectrum_slope(pixels: Field, deep: npt.NDArray[np.bool_]) -> float:
    """Fit the exponent over squares that lie inside the breast; the best-filled one if none."""
    half = WINDOW // 2
    places = [
        (row, column)
        for row in range(half, pixels.shape[0] - half, half // 2)
        for column in range(half, pixels.shape[1] - half, half // 2)
    ]
    if not places:
        return float("nan")
    shares = [deep[r - half : r + half, c - half : c + half].mean() for r, c in places]
    enough = min(0.98, max(shares))
    taper = np.hanning(WINDOW)[:, None] * np.hanning(WINDOW)[None]
    power = np.zeros((WINDOW, WINDOW))
    for (row, column), share in zip(places, shares, strict=True):
        if share >= enough:
            square = pixels[row - half : row + half, column - half : column + half]
            power += np.abs(fft.fft2((square - square.mean()) * taper)) ** 2
    return _radial_slope(power)


def _radial_slope(power: npt.NDArray[np.float64]) -> float:
    along = fft.fftfreq(WINDOW, 1 / WINDOW)
    frequency = np.hypot(along[:, None], along[None])
    rings = np.round(frequency).astype(np.int64)
    mean = np.bincount(rings.ravel(), power.ravel()) / np.bincount(rings.ravel())
    used = np.arange(3, WINDOW // 5)
    return float(-np.polyfit(np.log(used), np.log(mean[used] + 1e-20), 1)[0])
