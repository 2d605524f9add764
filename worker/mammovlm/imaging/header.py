"""The header that is kept of an image: decoded to Unicode, without pixels and private parts."""

from pydicom import DataElement, Dataset
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

_LARGEST_VALUE_BYTES = 1 << 18  # a full 16-bit lookup table has 128 KiB; pictures are larger
_OVERLAY_DATA = 0x3000
_NOT_KEPT = {0x00880200}  # Icon Image Sequence
_PIXEL_GROUP = 0x7FE0


def clean_header(dataset: Dataset) -> Dataset:
    """Copy what can be read of a data set.

    Elements that cannot be converted (wrong value representation, bad numbers) are dropped one by
    one; so are private elements, overlays' pictures, icons and pixel data. Text is decoded with
    the data set's own character set, and the copy says ISO_IR 192 (UTF-8).

    Parameters
    ----------
    dataset
        As read from the file.

    Returns
    -------
    Dataset
        In memory only, detached from the file.
    """
    header = _copy(dataset)
    header.SpecificCharacterSet = "ISO_IR 192"
    return header


def _copy(dataset: Dataset) -> Dataset:
    kept = Dataset()
    for tag in dataset.keys():  # noqa: SIM118 - iterating over a data set converts its elements
        if not _is_kept(tag):
            continue
        try:
            element = dataset[tag]
            if not _is_too_large(element.value) and _is_sequence_where_due(element):
                kept.add(DataElement(tag, element.VR, _plain(element.value)))
        except Exception:  # noqa: BLE001, S112 - whatever the broken value leads pydicom to raise
            continue
    return kept


def _is_kept(tag: BaseTag) -> bool:
    is_overlay_picture = 0x6000 <= tag.group <= 0x60FF and tag.element == _OVERLAY_DATA
    is_character_set = tag == 0x00080005
    return not (
        tag.is_private
        or tag.group == _PIXEL_GROUP
        or tag in _NOT_KEPT
        or is_overlay_picture
        or is_character_set
    )


def _is_sequence_where_due(element: DataElement) -> bool:
    """Hold an element to the dictionary in the one point that whoever reads it relies on."""
    if not dictionary_has_tag(element.tag):
        return True
    return isinstance(element.value, Sequence) == (dictionary_VR(element.tag) == "SQ")


def _is_too_large(value: object) -> bool:
    return isinstance(value, (bytes, str)) and len(value) > _LARGEST_VALUE_BYTES


def _plain(value: object) -> object:
    if isinstance(value, Sequence):
        return Sequence([_copy(item) for item in value])
    if type(value).__name__ == "PersonName":
        return str(value)  # without the bytes of the old character set
    if isinstance(value, MultiValue):
        return [_plain(each) for each in value]
    return value
