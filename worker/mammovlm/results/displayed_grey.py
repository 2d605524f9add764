"""How a study's images are shown without us, which a presentation state has to repeat.

A viewer that applies a presentation state shows the images with its grey scale instead of their own
(PS3.3 A.33.1 and PS3.4 N.2), so what it leaves out would be lost: window, table and inversion.
"""

import struct
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.dataelem import DataElement
from pydicom.tag import Tag

from mammovlm.results import header_values as values
from mammovlm.study import Study

_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
_SHAPES = ("IDENTITY", "INVERSE")


@dataclass(frozen=True)
class SharedGrey:
    """What one presentation state says of all of its images alike.

    Parameters
    ----------
    shape
        Presentation LUT Shape (2050,0020).
    rescale
        Rescale Slope, Intercept and Type, or None where the images have none.
    """

    shape: str
    rescale: tuple[str, str, str] | None


def shared_grey(study: Study) -> SharedGrey | None:
    """Give what the images of a study share; None where they do not, or have a Modality LUT."""
    headers = [view.source.header for view in study.views]
    if any("ModalityLUTSequence" in header for header in headers):
        return None
    found = {SharedGrey(_shape(header), _rescale(header)) for header in headers}
    return found.pop() if len(found) == 1 else None


def own_voi(header: Dataset) -> Dataset | None:
    """Give the transformation that an image is shown with first: its table, else its window.

    Returns
    -------
    Dataset
        VOI LUT Sequence (0028,3010), or Window Center and Width; None where it has neither.
    """
    for item in header.get("VOILUTSequence") or ():
        table = _table(item)
        if table is not None:
            shown = Dataset()
            shown.VOILUTSequence = [table]
            return shown
    return _window(header)


def _window(header: Dataset) -> Dataset | None:
    centre, width = (_first_number(header, f"Window{name}") for name in ("Center", "Width"))
    function = values.first_of([header], "VOILUTFunction", _FUNCTIONS)
    if centre is None or width is None or float(width) <= 0:
        return None
    if float(width) < 1 and function in ("", "LINEAR"):
        return None
    shown = Dataset()
    shown.WindowCenter, shown.WindowWidth = centre, width
    if function:
        shown.VOILUTFunction = function
    return shown


def _table(item: Dataset) -> Dataset | None:
    """Copy one table with value representations that do not depend on the image."""
    descriptor, data = item.get("LUTDescriptor"), item.get("LUTData")
    try:
        numbers = [int(value) for value in descriptor]
        entries = data if isinstance(data, bytes) else struct.pack(f"<{len(data)}H", *data)
    except (TypeError, ValueError, struct.error):
        return None
    if len(numbers) != 3 or not entries:
        return None
    signed = "SS" if min(numbers) < 0 else "US"
    copied = Dataset()
    copied.add(DataElement(Tag("LUTDescriptor"), signed, numbers))
    copied.add(DataElement(Tag("LUTData"), "OW", entries + b"\0" * (len(entries) % 2)))
    return copied


def _shape(header: Dataset) -> str:
    inverted = values.first_text([header], "PhotometricInterpretation") == "MONOCHROME1"
    own = values.first_of([header], "PresentationLUTShape", _SHAPES)
    return own or ("INVERSE" if inverted else "IDENTITY")


def _rescale(header: Dataset) -> tuple[str, str, str] | None:
    slope, intercept = (_first_number(header, f"Rescale{name}") for name in ("Slope", "Intercept"))
    if slope is None or intercept is None:
        return None
    return slope, intercept, values.first_text([header], "RescaleType")[:16] or "US"


def _first_number(header: Dataset, keyword: str) -> str | None:
    """Give the first of a number's values as a decimal string, or None where it is none."""
    text = values.first_text([header], keyword).split("\\")[0].strip()
    try:
        float(text)
    except ValueError:
        return None
    return text[:16]
