"""The outline of a region as DICOM draws it: an ellipse given by the ends of its two axes."""

from mammovlm.findings import Region

Point = tuple[float, float]


def ellipse_points(region: Region) -> tuple[Point, Point, Point, Point]:
    """Give the ends of the longer axis, then of the shorter (PS3.3 C.18.6.1.1 and C.10.5.1.2).

    Returns
    -------
    tuple of four points
        Column and row each, in pixels of the stored image, as graphic data wants them.
    """
    row, column = region.row, region.column
    upright = (column, row - region.row_radius), (column, row + region.row_radius)
    lying = (column - region.column_radius, row), (column + region.column_radius, row)
    if region.row_radius >= region.column_radius:
        return (*upright, *lying)
    return (*lying, *upright)
