"""From a view to the model's input: breast crop, chest wall left, robust window, letterbox.

Reading A17 of the paper's "retain aspect ratio" (4.2): the breast is scaled to fit, the rest is
background with the value 0 after windowing.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from mammovlm.study import BreastBox, View

FloatImage = npt.NDArray[np.float32]
_Pixel = TypeVar("_Pixel", np.float32, np.bool_)


@dataclass(frozen=True)
class ImageProcessor:
    """Prepares views for every encoder of one preset.

    Parameters
    ----------
    height, width
        Of the model's input, in pixels.
    margin
        Added around the breast box, as a share of its longer side.
    window
        Percentiles of the grey values inside the breast that become 0 and 1. Percentiles hold
        where vendors' look-up curves move absolute grey values.
    """

    height: int
    width: int
    margin: float = 0.02
    window: tuple[float, float] = (1.0, 99.7)

    def __call__(self, view: View) -> Tensor:
        """Prepare one view.

        Returns
        -------
        Tensor
            float32, (1, height, width), 0..1, background 0, chest wall at the left edge.
        """
        return self.prepare(view.pixels, view.breast)

    def prepare(self, pixels: FloatImage, breast: BreastBox | None = None) -> Tensor:
        """Prepare an image that is not (yet) a view; same result as calling with a view.

        Parameters
        ----------
        pixels
            float32, (rows, columns), 0..1, 0 = air.
        breast
            Where the breast lies; the whole image where None.
        """
        small = self._fit(_crop(pixels, breast, self.margin))
        mask = breast_mask(small)
        small = _tighten(small, mask)
        mask = _tighten(mask, mask)
        # the tightened breast is smaller than the input; scale it up to fill one side again
        if min(self.height / small.shape[0], self.width / small.shape[1]) > 1.02:
            small = self._fit(small)
            mask = self._fit(mask.astype(np.float32)) > 0.5
        if _chest_wall_is_right(mask):
            small, mask = small[:, ::-1], mask[:, ::-1]
        return self._letterbox(_windowed(small, mask, self.window))

    def _fit(self, image: FloatImage) -> FloatImage:
        scale = min(self.height / image.shape[0], self.width / image.shape[1])
        size = (
            max(1, min(self.height, round(image.shape[0] * scale))),
            max(1, min(self.width, round(image.shape[1] * scale))),
        )
        batch = torch.from_numpy(np.ascontiguousarray(image, dtype=np.float32))[None, None]
        fitted = functional.interpolate(
            batch, size=size, mode="bilinear", antialias=True, align_corners=False
        )
        return fitted[0, 0].numpy()

    def _letterbox(self, image: FloatImage) -> Tensor:
        canvas = np.zeros((1, self.height, self.width), dtype=np.float32)
        rows, columns = image.shape
        top = (self.height - rows) // 2
        canvas[0, top : top + rows, :columns] = image
        return torch.from_numpy(canvas)


def breast_mask(image: FloatImage) -> npt.NDArray[np.bool_]:
    """Find the breast: the largest connected piece brighter than air, without holes.

    Parameters
    ----------
    image
        float32, (rows, columns), any range, air darkest. At the model's size, where this takes
        milliseconds.

    Returns
    -------
    ndarray of bool
        Same shape; all true where nothing stands out from the air.
    """
    air = _air_level(image)
    bright = float(np.percentile(image, 99.5))
    raised = ndimage.gaussian_filter(image, 1.5) > air + 0.06 * (bright - air)
    opened = ndimage.binary_opening(raised, iterations=2)
    labels, count = ndimage.label(opened)
    if count == 0:
        return np.ones(image.shape, dtype=np.bool_)
    sizes = np.bincount(labels.ravel())[1:]
    filled = ndimage.binary_fill_holes(labels == int(np.argmax(sizes)) + 1)
    return np.asarray(filled, dtype=np.bool_)


def _air_level(image: FloatImage) -> float:
    """Most frequent value in the darkest third of the range, which is air or film base."""
    low, high = float(image.min()), float(np.percentile(image, 99.5))
    if high <= low:
        return low
    counts, edges = np.histogram(image, bins=96, range=(low, high))
    darkest = int(np.argmax(counts[:24]))
    return float(edges[darkest + 1])


def _crop(pixels: FloatImage, box: BreastBox | None, margin: float) -> FloatImage:
    if box is None:
        return pixels
    edge = round(margin * max(box.bottom - box.top, box.right - box.left))
    return pixels[
        max(0, box.top - edge) : box.bottom + edge, max(0, box.left - edge) : box.right + edge
    ]


def _tighten(image: npt.NDArray[_Pixel], mask: npt.NDArray[np.bool_]) -> npt.NDArray[_Pixel]:
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _chest_wall_is_right(mask: npt.NDArray[np.bool_]) -> bool:
    """Look for the side along which the breast is cut off straight."""
    band = max(1, mask.shape[1] // 10)
    return int(mask[:, -band:].sum()) > int(mask[:, :band].sum())


def _windowed(
    image: FloatImage, mask: npt.NDArray[np.bool_], window: tuple[float, float]
) -> FloatImage:
    low, high = np.percentile(image[mask], window)
    scaled = np.clip((image - low) / max(float(high - low), 1e-6), 0.0, 1.0)
    return np.where(mask, scaled, 0.0).astype(np.float32)
