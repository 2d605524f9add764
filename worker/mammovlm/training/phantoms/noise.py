"""Random fields that parenchyma is made of: power-law noise, ridges, and cheap enlarging."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

Field = npt.NDArray[np.float32]
TILE = 256
"""Side of a noise tile, in pixels; tiles repeat seamlessly."""


@lru_cache(maxsize=64)
def _amplitude(beta: float, low: float, high: float) -> Field:
    """Spectral amplitude f**(-beta/2) between two cut-offs in cycles per tile."""
    fy = fft.fftfreq(TILE, 1 / TILE)[:, None]
    fx = fft.rfftfreq(TILE, 1 / TILE)[None, :]
    frequency = np.hypot(fy, fx)
    frequency[0, 0] = 1.0
    amplitude = frequency ** (-beta / 2)
    amplitude *= 1 - np.exp(-((frequency / low) ** 4))
    amplitude *= np.exp(-((frequency / high) ** 2))
    amplitude[0, 0] = 0.0
    return np.asarray(amplitude, dtype=np.float32)


def power_law_tile(
    rng: np.random.Generator, beta: float, low: float = 0.5, high: float = 1e4
) -> Field:
    """Make a periodic tile of noise whose power spectrum falls as f**-beta.

    Mammographic background has beta 2.8..3.3 (Burgess, Med Phys 1999; Heine & Velthuizen, Med
    Phys 2002).

    Parameters
    ----------
    rng
        Source of randomness.
    beta
        Exponent of the radially averaged power spectrum.
    low, high
        Band in cycles per tile, with soft ends.

    Returns
    -------
    Field
        float32, shape (TILE, TILE), mean 0, standard deviation 1.
    """
    white = rng.standard_normal((TILE, TILE), dtype=np.float32)
    spectrum = fft.rfft2(white)
    spectrum *= _amplitude(beta, low, high)
    tile = fft.irfft2(spectrum, s=(TILE, TILE))
    return np.asarray(tile / tile.std(), dtype=np.float32)


def sample(tile: Field, rows: Field, columns: Field) -> Field:
    """Read a periodic tile at fractional places, bilinearly."""
    places = np.stack(np.broadcast_arrays(rows, columns))
    return np.asarray(
        ndimage.map_coordinates(tile, places, order=1, mode="grid-wrap", output=np.float32)
    )


@lru_cache(maxsize=64)
def _linear_matrix(source: int, target: int) -> Field:
    """Matrix that interpolates ``source`` evenly spread samples at ``target`` ones."""
    place = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
    lower = np.minimum(place.astype(np.int64), max(source - 2, 0))
    matrix = np.zeros((target, source), dtype=np.float32)
    share = (place - lower).astype(np.float32)
    matrix[np.arange(target), lower] = 1 - share
    matrix[np.arange(target), np.minimum(lower + 1, source - 1)] += share
    return matrix


def enlarge(field: Field, shape: tuple[int, int]) -> Field:
    """Enlarge a smooth field bilinearly to a shape."""
    rows = _linear_matrix(field.shape[0], shape[0])
    columns = _linear_matrix(field.shape[1], shape[1])
    return np.asarray(rows @ field @ columns.T, dtype=np.float32)


def ridges(field: Field, width: float) -> Field:
    """Give bright lines, 0..1, where a standardised field crosses zero."""
    return np.asarray(np.exp(-np.square(field / width)), dtype=np.float32)


def smooth_step(field: Field, low: float, high: float) -> Field:
    """Rise smoothly from 0 at ``low`` to 1 at ``high``."""
    share = np.clip((field - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), dtype=np.float32)
