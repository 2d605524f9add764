"""What the DICOM standard decides: reading objects, selecting views, turning pixels into grey."""

from mammovlm.imaging.breast import breast_box
from mammovlm.imaging.limits import ReadingLimits
from mammovlm.imaging.readable_headers import readable_headers
from mammovlm.imaging.reading import read_study

__all__ = ["ReadingLimits", "breast_box", "read_study", "readable_headers"]
