"""The content items (PS3.3 C.17.3) of a Mammography CAD SR, made by hand.

highdicom has no classes for this object, and its items carry concept names where TID 4020 has
none.
"""

from collections.abc import Iterable, Sequence

from pydicom import Dataset
from pydicom.sr.coding import Code

from mammovlm.findings import Algorithm
from mammovlm.results import codes
from mammovlm.results.character_set import clean_text
from mammovlm.results.object_header import coded
from mammovlm.study import SourceImage

CONTAINS = "CONTAINS"
HAS_ACQ_CONTEXT = "HAS ACQ CONTEXT"
HAS_CONCEPT_MOD = "HAS CONCEPT MOD"
HAS_OBS_CONTEXT = "HAS OBS CONTEXT"
HAS_PROPERTIES = "HAS PROPERTIES"
INFERRED_FROM = "INFERRED FROM"
SELECTED_FROM = "SELECTED FROM"


def container(
    name: Code, relationship: str, items: Iterable[Dataset], template: str = ""
) -> Dataset:
    """Make a CONTAINER of separate items; without relationship it is the root."""
    made = _item("CONTAINER", name, relationship, items)
    made.ContinuityOfContent = "SEPARATE"
    if template:
        identification = Dataset()
        identification.MappingResource = "DCMR"
        identification.TemplateIdentifier = template
        made.ContentTemplateSequence = [identification]
    return made


def code(
    name: Code, value: Code, relationship: str = CONTAINS, items: Iterable[Dataset] = ()
) -> Dataset:
    """Make a CODE item with the items below it."""
    made = _item("CODE", name, relationship, items)
    made.ConceptCodeSequence = [coded(value)]
    return made


def text(name: Code, words: str, relationship: str = HAS_PROPERTIES) -> Dataset:
    """Make a TEXT item."""
    made = _item("TEXT", name, relationship)
    made.TextValue = clean_text(words) or "-"
    return made


def uid(name: Code, value: str, relationship: str = HAS_PROPERTIES) -> Dataset:
    """Make a UIDREF item."""
    made = _item("UIDREF", name, relationship)
    made.UID = value
    return made


def date(name: Code, value: str, relationship: str = HAS_ACQ_CONTEXT) -> Dataset:
    """Make a DATE item from a valid DA value."""
    made = _item("DATE", name, relationship)
    made.Date = value
    return made


def time(name: Code, value: str, relationship: str = HAS_ACQ_CONTEXT) -> Dataset:
    """Make a TIME item from a valid TM value."""
    made = _item("TIME", name, relationship)
    made.Time = value
    return made


def number(name: Code, value: str, unit: Code, relationship: str = HAS_PROPERTIES) -> Dataset:
    """Make a NUM item; the value is a decimal string of at most 16 characters."""
    made = _item("NUM", name, relationship)
    measured = Dataset()
    measured.NumericValue = value
    measured.MeasurementUnitsCodeSequence = [coded(unit)]
    made.MeasuredValueSequence = [measured]
    return made


def image(source: SourceImage, relationship: str, items: Iterable[Dataset] = ()) -> Dataset:
    """Make an IMAGE item; the templates of CAD give it no concept name."""
    made = _item("IMAGE", None, relationship, items)
    reference = Dataset()
    reference.ReferencedSOPClassUID = source.sop_class_uid
    reference.ReferencedSOPInstanceUID = source.sop_instance_uid
    made.ReferencedSOPSequence = [reference]
    return made


def outline(
    name: Code, graphic_type: str, points: Sequence[tuple[float, float]], image_item: Sequence[int]
) -> Dataset:
    """Make an SCOORD item; its image is one of the library, by its place in the content tree."""
    selected = Dataset()
    selected.RelationshipType = SELECTED_FROM
    selected.ReferencedContentItemIdentifier = list(image_item)
    made = _item("SCOORD", name, HAS_PROPERTIES, [selected])
    made.GraphicType = graphic_type
    made.GraphicData = [value for point in points for value in point]
    return made


def algorithm_items(algorithm: Algorithm, parameters: Iterable[str]) -> list[Dataset]:
    """Make TID 4019 as properties of a code: who computed it, and with what."""
    return [
        text(codes.ALGORITHM_NAME, algorithm.name),
        text(codes.ALGORITHM_VERSION, algorithm.version),
        *(text(codes.ALGORITHM_PARAMETERS, parameter) for parameter in parameters),
        text(codes.ALGORITHM_MANUFACTURER, algorithm.manufacturer),
    ]


def _item(
    value_type: str, name: Code | None, relationship: str, items: Iterable[Dataset] = ()
) -> Dataset:
    made = Dataset()
    if relationship:
        made.RelationshipType = relationship
    made.ValueType = value_type
    if name is not None:
        made.ConceptNameCodeSequence = [coded(name)]
    below = list(items)
    if below:
        made.ContentSequence = below
    return made
