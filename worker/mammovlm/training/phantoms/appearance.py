"""The look of a detector: noise, blur, thickness equalisation, each vendor's grey-level curve."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mammovlm.training.phantoms.noise import Field
from mammovlm.training.phantoms.projection import FAT_PER_MM, GLAND_PER_MM


@dataclass(frozen=True)
class Look:
    """How attenuation becomes grey.

    Parameters
    ----------
    equalisation
        How much of the thickness fall-off at the skin is levelled out, 0..1.
    centre
        Grey of pure fat at full thickness before the curve, as a share of the way from air to
        dense tissue.
    contrast
        Grey-level span of fat to dense tissue.
    gamma
        Exponent of the curve's toe.
    shoulder
        How strongly bright tissue is compressed, 0..1.
    noise
        Standard deviation of quantum noise at full exposure, in grey levels 0..1.
    blur_mm
        Standard deviation of the point spread, millimetres.
    sharpen
        Strength of unsharp masking.
    air
        Grey of air.
    """

    equalisation: float
    centre: float
    contrast: float
    gamma: float
    shoulder: float
    noise: float
    blur_mm: float
    sharpen: float
    air: float


def draw_look(rng: np.random.Generator, vendor: str) -> Look:
    """Draw a look: every vendor's own range, wide enough to keep a model from counting on it."""
    u = rng.uniform
    ranges = {
        "GE": (u(0.6, 0.95), u(0.35, 0.6), u(0.6, 0.95), u(0.8, 1.2), u(0, 0.4)),
        "Hologic": (u(0.4, 0.85), u(0.25, 0.5), u(0.7, 1.0), u(0.9, 1.4), u(0.1, 0.5)),
        "Siemens": (u(0.45, 0.9), u(0.2, 0.5), u(0.7, 1.0), u(0.8, 1.3), u(0, 0.4)),
        "film": (u(0.0, 0.25), u(0.25, 0.62), u(0.7, 1.1), u(1.3, 3.2), u(0.2, 0.7)),
    }
    equalisation, centre, contrast, gamma, shoulder = ranges[vendor]
    film = vendor == "film"
    return Look(
        equalisation=equalisation,
        centre=centre,
        contrast=contrast,
        gamma=gamma,
        shoulder=shoulder,
        noise=float(u(0.002, 0.012)),
        blur_mm=float(u(0.15, 0.5) if film else u(0.05, 0.3)),
        sharpen=float(0 if film else u(0, 0.4)),
        air=float(abs(rng.normal(0, 0.03)) if film else 0.0),
    )


def grey(
    rng: np.random.Generator,
    integral: Field,
    thickness_mm: Field,
    *,
    compressed_mm: float,
    look: Look,
    spacing_mm: float,
) -> Field:
    """Turn attenuation into presentation grey levels, float32 0..1, air near 0."""
    filled = np.clip(thickness_mm / compressed_mm, 0, 1)
    missing = FAT_PER_MM * (compressed_mm - thickness_mm)
    levelled = integral + look.equalisation * missing * (1 - np.exp(-((filled * 5) ** 2)))
    fat = FAT_PER_MM * compressed_mm
    foot, top, span = _exposure(levelled[::4, ::4][filled[::4, ::4] > 0.8], compressed_mm, look)
    tissue = foot * np.minimum(levelled / fat, 1)
    tissue += (top - foot) * np.maximum(levelled - fat, 0) / span
    blurred = ndimage.gaussian_filter(tissue, look.blur_mm / spacing_mm + 0.2)
    if look.sharpen > 0:
        blurred += look.sharpen * (blurred - ndimage.gaussian_filter(blurred, 1.5))
    grain = rng.standard_normal(blurred.shape, dtype=np.float32)
    blurred += look.noise * grain * np.sqrt(np.clip(filled, 0.02, 1))
    return _curve(blurred, look)


def _exposure(inside: Field, compressed_mm: float, look: Look) -> tuple[float, float, float]:
    """Set grey levels as automatic exposure does: fat is darker beside much dense tissue.

    Returns
    -------
    tuple of float
        Greys of fat and of the densest tissue, before the curve; their distance in attenuation.
    """
    fat = FAT_PER_MM * compressed_mm
    full = 0.6 * (GLAND_PER_MM - FAT_PER_MM) * compressed_mm
    if not inside.size:
        inside = np.full(1, fat, dtype=np.float32)
    span = max(float(np.quantile(inside, 0.99)) - fat, 0.27 * full)
    dense = float(np.clip(2.0 * (inside.mean() - fat) / full, 0, 1))
    low = look.centre + 0.3 * (1 - dense) * (1 - look.centre)
    high = low + look.contrast * (1 - low) * (0.6 + 0.4 * dense)
    # Greys are named as the curve gives them out; it is undone here.
    return low ** (1 / look.gamma), high ** (1 / look.gamma), span


def _curve(tissue: Field, look: Look) -> Field:
    bent = np.clip(tissue, 0, None) ** look.gamma
    knee = 1.0 - 0.45 * look.shoulder
    over = np.clip(bent - knee, 0, None)
    room = max(1.0 - knee, 1e-3)
    bent = np.where(bent > knee, knee + room * (1 - np.exp(-over / room)), bent)
    return np.asarray(np.clip(look.air + (1 - look.air) * bent, 0, 1), dtype=np.float32)
