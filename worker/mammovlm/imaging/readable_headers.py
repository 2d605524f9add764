"""The headers of a study that was refused, for an object that says so in the study."""

from collections.abc import Sequence

from pydicom import Dataset
from pydicom.uid import UID

from mammovlm.imaging.attributes import text
from mammovlm.imaging.limits import ReadingLimits
from mammovlm.imaging.opening import open_object
from mammovlm.imaging.quiet import pydicom_kept_quiet
from mammovlm.imaging.refusal import ImageRefused
from mammovlm.job import StoredInstance

_IDENTITY = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID")


def readable_headers(
    study_instance_uid: str, instances: Sequence[StoredInstance], limits: ReadingLimits
) -> tuple[Dataset, ...]:
    """Read what can be read of a study's images, in the order of their names.

    Objects that are no images, belong to another study, lack an identifier or cannot be opened
    are passed over.
    """
    with pydicom_kept_quiet():
        opened = (_header(stored, limits) for stored in sorted(instances, key=lambda one: one.name))
        return tuple(
            header
            for header in opened
            if header is not None and _is_image_of(header, study_instance_uid)
        )


def _header(stored: StoredInstance, limits: ReadingLimits) -> Dataset | None:
    try:
        return open_object(stored, limits).header
    except ImageRefused:
        return None


def _is_image_of(header: Dataset, study_instance_uid: str) -> bool:
    return (
        "Rows" in header
        and text(header, "StudyInstanceUID") == study_instance_uid
        and all(UID(text(header, keyword)).is_valid for keyword in _IDENTITY)
    )
