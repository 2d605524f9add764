"""From a view to the model's input: breast crop, chest wall left, robust window, letterbox.

Reading A17 of the paper's "retain aspect ratio" (4.2): the breast is scaled to fit, the rest is
background with the value 0 after windowing.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from mammovlm.study import BreastBox, View

FloatImage = npt.NDArray[np.float32]


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
        return self.placed(pixels, breast)[0]

    def placed(
        self, pixels: FloatImage, breast: BreastBox | None = None
    ) -> tuple[Tensor, "Placement"]:
        """Prepare an image and tell where its pixels went; see `prepare`."""
        top, bottom, left, right = _edges(pixels, breast, self.margin)
        small = self._fit(pixels[top:bottom, left:right])
        mask = breast_mask(small)
        rows, columns = _extent(mask)
        shrunk = small.shape[0] / (bottom - top)
        small, mask = small[rows, columns], mask[rows, columns]
        # the tightened breast is smaller than the input; scale it up to fill one side again
        tight_rows = small.shape[0]
        if min(self.height / small.shape[0], self.width / small.shape[1]) > 1.02:
            small = self._fit(small)
            mask = self._fit(mask.astype(np.float32)) > 0.5
        mirrored = _chest_wall_is_right(mask)
        if mirrored:
            small, mask = small[:, ::-1], mask[:, ::-1]
        placement = Placement(
            row=top + rows.start / shrunk,
            column=left + columns.start / shrunk,
            scale=shrunk * small.shape[0] / tight_rows,
            rows_above=(self.height - small.shape[0]) // 2,
            mirrored_width=small.shape[1] if mirrored else None,
        )
        return self._letterbox(_windowed(small, mask, self.window)), placement

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


@dataclass(frozen=True)
class Placement:
    """Where the pixels of a view went in the model's input.

    Parameters
    ----------
    row, column
        Of the view, which became the first row and column of the breast.
    scale
        Input pixels per pixel of the view.
    rows_above
        Background above the breast.
    mirrored_width
        Width of the breast in the input where it was mirrored, else None.
    """

    row: float
    column: float
    scale: float
    rows_above: int
    mirrored_width: int | None

    def to_input(self, row: float, column: float) -> tuple[float, float]:
        """Give the place in the input of a place in the view."""
        down = (row - self.row) * self.scale + self.rows_above
        across = (column - self.column) * self.scale
        return down, across if self.mirrored_width is None else self.mirrored_width - 1 - across


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
    breast, others = _pieces(image)
    if not others.any():
        return breast
    # The brightest grey sets the threshold, and a marker's is not tissue: look again without it.
    erased = ndimage.binary_dilation(others, iterations=8) & ~breast
    return _pieces(np.where(erased, image.min(), image))[0]


def _pieces(image: FloatImage) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Find the largest piece brighter than air, filled, and all other pieces."""
    air = _air_level(image)
    bright = float(np.percentile(image, 99.5))
    raised = ndimage.gaussian_filter(image, 1.5) > air + 0.06 * (bright - air)
    opened = ndimage.binary_opening(raised, iterations=2)
    labels, count = ndimage.label(opened)
    if count == 0:
        return np.ones(image.shape, dtype=np.bool_), np.zeros(image.shape, dtype=np.bool_)
    sizes = np.bincount(labels.ravel())[1:]
    filled = ndimage.binary_fill_holes(labels == int(np.argmax(sizes)) + 1)
    breast = np.asarray(filled, dtype=np.bool_)
    return breast, np.asarray(opened & ~breast, dtype=np.bool_)


def _air_level(image: FloatImage) -> float:
    """Most frequent value in the darkest third of the range, which is air or film base."""
    low, high = float(image.min()), float(np.percentile(image, 99.5))
    if high <= low:
        return low
    counts, edges = np.histogram(image, bins=96, range=(low, high))
    darkest = int(np.argmax(counts[:24]))
    return float(edges[darkest + 1])


def _edges(pixels: FloatImage, box: BreastBox | None, margin: float) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of the breast box with its margin, inside the image."""
    rows, columns = pixels.shape
    if box is None:
        return 0, rows, 0, columns
    edge = round(margin * max(box.bottom - box.top, box.right - box.left))
    return (
        max(0, box.top - edge),
        min(rows, box.bottom + edge),
        max(0, box.left - edge),
        min(columns, box.right + edge),
    )


def _extent(mask: npt.NDArray[np.bool_]) -> tuple[slice, slice]:
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


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
