"""From a mammogram's grey to the X-rays that came through, and back.

A lesion multiplies what comes through the breast; a picture shows that only after its vendor's
curve. The curve is that of the phantoms (`mammovlm.training.phantoms.appearance`), here with its
inverse, and set to a picture by two greys: that of fat and that of its densest tissue.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mammovlm.training.phantoms.projection import FAT_PER_MM, GLAND_PER_MM
from mammovlm.training.real_films import Pixels

_DENSEST = 0.6
"""Fibroglandular share along the densest rays, as in the phantoms' automatic exposure."""
_SATURATED = 1 - 1e-4


@dataclass(frozen=True)
class GreyCurve:
    """One picture's way from attenuation to grey.

    Parameters
    ----------
    gamma, shoulder, air
        As of `mammovlm.training.phantoms.appearance.Look`.
    fat, dense
        Grey of fat and of the densest tissue, 0..1.
    thickness_mm
        Of the compressed breast.
    """

    gamma: float
    shoulder: float
    air: float
    fat: float
    dense: float
    thickness_mm: float

    def grey(self, transmission: Pixels) -> Pixels:
        """Give the grey, 0..1, of the share of X-rays that came through, above 0 and up to 1."""
        integral = -np.log(transmission)
        fat, span, foot, top = self._anchors()
        tissue = foot * np.minimum(integral / fat, 1)
        tissue = tissue + (top - foot) * np.maximum(integral - fat, 0) / span
        bent = np.clip(tissue, 0, None) ** self.gamma
        knee, room = self._knee()
        over = np.clip(bent - knee, 0, None)
        bent = np.where(bent > knee, knee + room * (1 - np.exp(-over / room)), bent)
        return np.asarray(np.clip(self.air + (1 - self.air) * bent, 0, 1), dtype=np.float32)

    def transmission(self, grey: Pixels) -> Pixels:
        """Give the share of X-rays, above 0 and up to 1, that made a grey: `grey` undone.

        What was saturated comes back as the last grey that is not.
        """
        fat, span, foot, top = self._anchors()
        tissue = self._unbent(np.asarray(grey, dtype=np.float64))
        integral = np.where(
            tissue <= foot, fat * tissue / foot, fat + span * (tissue - foot) / (top - foot)
        )
        return np.asarray(np.exp(-integral), dtype=np.float32)

    def _unbent(self, grey: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        bent = np.clip((grey - self.air) / (1 - self.air), 0, _SATURATED)
        knee, room = self._knee()
        share = np.clip((bent - knee) / room, 0, _SATURATED)
        straight = np.where(bent > knee, knee - room * np.log1p(-share), bent)
        return np.asarray(straight ** (1 / self.gamma))

    def _knee(self) -> tuple[float, float]:
        knee = 1.0 - 0.45 * self.shoulder
        return knee, max(1.0 - knee, 1e-3)

    def _anchors(self) -> tuple[float, float, float, float]:
        """Give attenuation of fat and the distance to the densest; both greys before the curve."""
        foot, top = (
            float(self._unbent(np.array([level], dtype=np.float64))[0])
            for level in (self.fat, self.dense)
        )
        span = _DENSEST * (GLAND_PER_MM - FAT_PER_MM) * self.thickness_mm
        return FAT_PER_MM * self.thickness_mm, span, foot, top


def curve_of(
    pixels: Pixels,
    inside: npt.NDArray[np.bool_],
    *,
    gamma: float,
    shoulder: float,
    thickness_mm: float = 50.0,
) -> GreyCurve:
    """Set a curve to a picture by the greys where the breast has its full thickness.

    Parameters
    ----------
    pixels
        0..1, 0 = air.
    inside
        Where the breast is well away from the skin.
    gamma, shoulder
        Of the vendor.
    thickness_mm
        Nominal, where the picture does not tell it.

    Raises
    ------
    ValueError
        Where nothing is inside.
    """
    if not inside.any():
        raise ValueError("no part of the breast is away from the skin")
    low, high = (float(level) for level in np.quantile(pixels[inside], [0.1, 0.99]))
    low = min(max(low, 0.05), 0.85)
    return GreyCurve(gamma, shoulder, 0.0, low, min(max(high, low + 0.1), 0.99), thickness_mm)
