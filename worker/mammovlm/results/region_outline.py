"""The outline of a region as DICOM draws it: an ellipse by the ends of its axes; written, read."""

from dataclasses import dataclass

from pydicom import Dataset

from mammovlm.findings import Region

Point = tuple[float, float]


@dataclass(frozen=True)
class ReadEllipse:
    """The upright ellipse of a region: its middle and half of its height and width, in pixels."""

    row: float
    column: float
    row_radius: float
    column_radius: float


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


def read_ellipse(item: Dataset) -> ReadEllipse:
    """Read an outline (SCOORD): the ends of the longer axis, then of the shorter (C.18.6.1.1).

    Raises
    ------
    ValueError
        If it is no upright ellipse.
    """
    points = [float(value) for value in item.GraphicData]
    if item.GraphicType != "ELLIPSE" or len(points) != 8:
        raise ValueError("the outline of a region is an ellipse of four points")
    columns, rows = points[0::2], points[1::2]
    is_upright = columns[0] == columns[1] and rows[2] == rows[3]
    is_lying = rows[0] == rows[1] and columns[2] == columns[3]
    if not (is_upright or is_lying):
        raise ValueError("the outline of a region is an upright ellipse")
    return ReadEllipse(
        row=(max(rows) + min(rows)) / 2,
        column=(max(columns) + min(columns)) / 2,
        row_radius=(max(rows) - min(rows)) / 2,
        column_radius=(max(columns) - min(columns)) / 2,
    )
