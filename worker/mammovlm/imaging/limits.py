"""How large a file and an image may be before they are refused unread."""

from dataclasses import dataclass

from mammovlm.imaging.refusal import ImageRefused
from mammovlm.settings import Settings
from mammovlm.study import LeftOutReason


@dataclass(frozen=True)
class ReadingLimits:
    """Sizes above which an image is refused, so that one bad file cannot take the worker's memory.

    Parameters
    ----------
    max_rows_columns
        Largest Rows (0028,0010) and Columns (0028,0011), in the header and in the compressed
        codestream.
    max_file_bytes
        Largest file; also the largest data set that a deflated file may inflate to.
    max_pixels
        Largest Rows × Columns. The largest film scans have about 35 million pixels; at four bytes
        each, 100 million are 400 MB.
    """

    max_rows_columns: int = 16384
    max_file_bytes: int = 512 * 2**20
    max_pixels: int = 100_000_000

    @classmethod
    def from_settings(cls, settings: Settings) -> "ReadingLimits":
        """Take the limits that the settings name."""
        return cls(
            max_rows_columns=settings.max_rows_columns,
            max_file_bytes=settings.max_file_bytes,
            max_pixels=settings.max_pixels,
        )

    def check_size(self, rows: int, columns: int) -> None:
        """Refuse an image of that size if it is too large.

        Raises
        ------
        ImageRefused
            SIZE_REFUSED, with the size.
        """
        is_too_long = max(rows, columns) > self.max_rows_columns
        if is_too_long or rows * columns > self.max_pixels or min(rows, columns) < 1:
            raise ImageRefused(LeftOutReason.SIZE_REFUSED, f"{rows} × {columns} pixels")
