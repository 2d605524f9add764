"""Headers of data sets, written as Orthanc's ``/instances/{id}/tags?short`` writes them."""

from typing import Any

from pydicom import Dataset


def orthanc_tags(dataset: Dataset) -> dict[str, Any]:
    """Write a header with values as text, sequences as lists, pixel data as null."""
    content: dict[str, Any] = {}
    for element in dataset:
        name = f"{element.tag.group:04x},{element.tag.element:04x}"
        if element.tag == 0x7FE00010:
            content[name] = None
        elif element.VR == "SQ":
            content[name] = [orthanc_tags(item) for item in element.value]
        elif element.VM > 1:
            content[name] = "\\".join(str(value) for value in element.value)
        else:
            content[name] = "" if element.value is None else str(element.value)
    return content
