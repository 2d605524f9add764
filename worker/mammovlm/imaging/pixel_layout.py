"""How a header describes its pixel cells: Image Pixel Module (PS3.3 C.7.6.3)."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from mammovlm.imaging.attributes import text, whole_number
from mammovlm.imaging.limits import ReadingLimits
from mammovlm.imaging.refusal import ImageRefused
from mammovlm.study import LeftOutReason

StoredValues = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


@dataclass(frozen=True)
class PixelLayout:
    """Size and encoding of the pixel cells.

    Parameters
    ----------
    rows, columns
        (0028,0010), (0028,0011).
    samples_per_pixel, planar_configuration
        (0028,0002), 1 where it is absent; (0028,0006), 0 where it is absent.
    bits_allocated, bits_stored, high_bit
        (0028,0100), 8 or 16; (0028,0101) and (0028,0102), as large as they can be where absent.
    is_signed
        Pixel Representation (0028,0103) is 1.
    photometric_interpretation
        (0028,0004), upper case; MONOCHROME2 where it is absent.
    """

    rows: int
    columns: int
    samples_per_pixel: int
    planar_configuration: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    is_signed: bool
    photometric_interpretation: str

    @classmethod
    def of(cls, header: Dataset, limits: ReadingLimits) -> "PixelLayout":
        """Read the layout from a header.

        Raises
        ------
        ImageRefused
            ATTRIBUTE_MISSING, SIZE_REFUSED, or PIXELS_UNREADABLE for a layout that no mammogram
            has.
        """
        rows, columns = _required(header, "Rows"), _required(header, "Columns")
        limits.check_size(rows, columns)
        allocated = _required(header, "BitsAllocated")
        if allocated not in (8, 16):
            raise ImageRefused(LeftOutReason.PIXELS_UNREADABLE, f"BitsAllocated {allocated}")
        stored = whole_number(header, "BitsStored") or allocated
        stored = stored if 1 <= stored <= allocated else allocated
        high_bit = whole_number(header, "HighBit")
        is_high_bit_possible = high_bit is not None and stored - 1 <= high_bit < allocated
        return cls(
            rows=rows,
            columns=columns,
            samples_per_pixel=_samples(header),
            planar_configuration=whole_number(header, "PlanarConfiguration") or 0,
            bits_allocated=allocated,
            bits_stored=stored,
            high_bit=high_bit if high_bit is not None and is_high_bit_possible else stored - 1,
            is_signed=whole_number(header, "PixelRepresentation") == 1,
            photometric_interpretation=text(header, "PhotometricInterpretation").upper()
            or "MONOCHROME2",
        )

    @property
    def is_palette(self) -> bool:
        """True where stored values are indices into a colour table."""
        return self.photometric_interpretation == "PALETTE COLOR"

    @property
    def is_colour(self) -> bool:
        """True where the image must first be turned into grey."""
        return self.samples_per_pixel == 3 or self.is_palette

    @property
    def native_bytes(self) -> int:
        """Bytes of the uncompressed pixels."""
        samples = self.samples_per_pixel
        if self.photometric_interpretation == "YBR_FULL_422":
            samples = 2
        return self.rows * self.columns * samples * (self.bits_allocated // 8)

    def in_grey(self) -> "PixelLayout":
        """Give the layout after decoding, when colour has become luminance."""
        if not self.is_colour:
            return self
        return replace(self, samples_per_pixel=1, photometric_interpretation="MONOCHROME2")

    def attributes(self) -> dict[str, int | str]:
        """Give the attributes of the Image Pixel Module, by keyword."""
        return {
            "Rows": self.rows,
            "Columns": self.columns,
            "SamplesPerPixel": self.samples_per_pixel,
            "PlanarConfiguration": self.planar_configuration,
            "BitsAllocated": self.bits_allocated,
            "BitsStored": self.bits_stored,
            "HighBit": self.high_bit,
            "PixelRepresentation": int(self.is_signed),
            "PhotometricInterpretation": self.photometric_interpretation,
        }


def _required(header: Dataset, keyword: str) -> int:
    value = whole_number(header, keyword)
    if not value:
        raise ImageRefused(LeftOutReason.ATTRIBUTE_MISSING, keyword)
    return value


def _samples(header: Dataset) -> int:
    samples = whole_number(header, "SamplesPerPixel") or 1
    if samples not in (1, 3):
        raise ImageRefused(LeftOutReason.PIXELS_UNREADABLE, f"SamplesPerPixel {samples}")
    return samples
