"""From a view to the model's input: breast crop, chest wall left, robust window, letterbox.

Reading A17 of the paper's "retain aspect ratio" (4.2): the breast is scaled to fit, the rest is
background with the value 0 after windowing.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from mammovlm.study import BreastBox, View

FloatImage = npt.NDArray[np.float32]
_SKETCH_ROWS = 504


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
        inside = pixels[top:bottom, left:right]
        sketch = _fitted(inside, *self._sketch)
        mask = breast_mask(sketch)
        down, across = _extent(mask)
        window = np.percentile(sketch[mask], self.window)
        shrunk = sketch.shape[0] / inside.shape[0]
        rows, columns = _enlarged(down, 1 / shrunk), _enlarged(across, 1 / shrunk)
        image = _fitted(inside[rows, columns], self.height, self.width)
        mask = _resized(mask[down, across].astype(np.float32), *image.shape) > 0.5
        mirrored = _chest_wall_is_right(mask)
        if mirrored:
            image, mask = image[:, ::-1], mask[:, ::-1]
        placement = Placement(
            row=top + rows.start,
            column=left + columns.start,
            scale=image.shape[0] / inside[rows, columns].shape[0],
            rows_above=(self.height - image.shape[0]) // 2,
            mirrored_width=image.shape[1] if mirrored else None,
        )
        return self._letterbox(_windowed(image, mask, window)), placement

    @property
    def _sketch(self) -> tuple[int, int]:
        """Size at which the breast is outlined: no larger than that takes milliseconds."""
        smaller = min(1.0, _SKETCH_ROWS / self.height)
        return round(self.height * smaller), round(self.width * smaller)

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
        float32, (rows, columns), any range, air darkest. Some 500 rows, where this takes
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


def _fitted(image: FloatImage, height: int, width: int) -> FloatImage:
    """Scale an image so that it just fits, aspect ratio kept."""
    scale = min(height / image.shape[0], width / image.shape[1])
    rows, columns = (round(length * scale) for length in image.shape)
    return _resized(image, max(1, min(height, rows)), max(1, min(width, columns)))


def _resized(image: FloatImage, rows: int, columns: int) -> FloatImage:
    batch = torch.from_numpy(np.ascontiguousarray(image, dtype=np.float32))[None, None]
    resized = functional.interpolate(
        batch, size=(rows, columns), mode="bilinear", antialias=True, align_corners=False
    )
    return resized[0, 0].numpy()


def _enlarged(extent: slice, factor: float) -> slice:
    """Give the whole pixels of a finer image that an extent of a coarser one covers."""
    return slice(math.floor(extent.start * factor), math.ceil(extent.stop * factor))


def _extent(mask: npt.NDArray[np.bool_]) -> tuple[slice, slice]:
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _chest_wall_is_right(mask: npt.NDArray[np.bool_]) -> bool:
    """Look for the side along which the breast is cut off straight."""
    band = max(1, mask.shape[1] // 10)
    return int(mask[:, -band:].sum()) > int(mask[:, :band].sum())


def _windowed(image: FloatImage, mask: npt.NDArray[np.bool_], window: FloatImage) -> FloatImage:
    low, high = (float(value) for value in window)
    scaled = np.clip((image - low) / max(high - low, 1e-6), 0.0, 1.0)
    return np.where(mask, scaled, 0.0).astype(np.float32)
