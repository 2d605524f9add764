"""Back from the model's input to the stored image: the inverse of `Placement.to_input`."""

from mammovlm.model.image_processor import Placement


def to_stored(placement: Placement, row: float, column: float) -> tuple[float, float]:
    """Give the place in the view of a place in the input.

    A view has the grid of the stored image, so this is a place in the stored pixels.

    Parameters
    ----------
    placement
        Where the view's pixels went.
    row, column
        In the input; 0, 0 is the middle of the first pixel.

    Returns
    -------
    tuple of float
        Row and column in the view, where 0, 0 is the middle of the first pixel as well. A place
        in the background around the breast is one outside the crop, and may be outside the view.
    """
    if placement.mirrored_width is not None:
        column = placement.mirrored_width - 1 - column
    return (
        (row - placement.rows_above) / placement.scale + placement.row,
        column / placement.scale + placement.column,
    )
