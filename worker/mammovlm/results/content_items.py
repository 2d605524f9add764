"""Short ways to make the content items (PS3.3 C.17.3) of which our reports consist."""

from collections.abc import Iterable
from typing import cast

from highdicom.sr import (
    AlgorithmIdentification,
    CodeContentItem,
    ContainerContentItem,
    ContentItem,
    ContentSequence,
    FindingSite,
    ImageContentItem,
    NumContentItem,
    RelationshipTypeValues,
    TextContentItem,
)
from highdicom.sr.templates import Template
from pydicom.sr.coding import Code

from mammovlm.findings import Algorithm
from mammovlm.results import codes
from mammovlm.results.character_set import clean_text
from mammovlm.study import SourceImage

CONTAINS = RelationshipTypeValues.CONTAINS
HAS_ACQ_CONTEXT = RelationshipTypeValues.HAS_ACQ_CONTEXT
HAS_CONCEPT_MOD = RelationshipTypeValues.HAS_CONCEPT_MOD
HAS_PROPERTIES = RelationshipTypeValues.HAS_PROPERTIES
INFERRED_FROM = RelationshipTypeValues.INFERRED_FROM
SELECTED_FROM = RelationshipTypeValues.SELECTED_FROM


def container(
    name: Code,
    items: Iterable[ContentItem],
    *,
    template: str | None = None,
    is_root: bool = False,
) -> ContainerContentItem:
    """Make a CONTAINER of separate items: in continuous ones, viewers hide the concept names."""
    made = ContainerContentItem(
        name=name,
        is_content_continuous=False,
        template_id=template,
        relationship_type=None if is_root else CONTAINS,
    )
    made.ContentSequence = ContentSequence(list(items))
    return made


def code(
    name: Code, value: Code, relationship: RelationshipTypeValues = CONTAINS
) -> CodeContentItem:
    """Make a CODE item."""
    return CodeContentItem(name=name, value=value, relationship_type=relationship)


def texts(
    name: Code, words: str, relationship: RelationshipTypeValues = CONTAINS
) -> list[TextContentItem]:
    """Make a TEXT item, or none where no printable word is left: an empty value is invalid."""
    cleaned = clean_text(words)
    if not cleaned:
        return []
    return [TextContentItem(name=name, value=cleaned, relationship_type=relationship)]


def number(
    name: Code,
    value: float,
    unit: Code,
    relationship: RelationshipTypeValues = CONTAINS,
    children: Iterable[ContentItem] = (),
) -> NumContentItem:
    """Make a NUM item, with the items that explain it."""
    made = NumContentItem(name=name, value=value, unit=unit, relationship_type=relationship)
    if isinstance(value, int):
        made.MeasuredValueSequence[0].NumericValue = str(value)  # highdicom writes 400 as 400.0
    explained = list(children)
    if explained:
        made.ContentSequence = ContentSequence(explained)
    return made


def image(
    source: SourceImage,
    name: Code = codes.SOURCE_OF_MEASUREMENT,
    relationship: RelationshipTypeValues = CONTAINS,
) -> ImageContentItem:
    """Make an IMAGE item that refers to a stored image."""
    return ImageContentItem(
        name=name,
        referenced_sop_class_uid=source.sop_class_uid,
        referenced_sop_instance_uid=source.sop_instance_uid,
        relationship_type=relationship,
    )


def rows_of(template: Template) -> list[ContentItem]:
    """List the items of one of highdicom's templates."""
    return cast("list[ContentItem]", list(template))


def breast_site(side: Code) -> FindingSite:
    """Make the finding site "breast" with its side (CID 244)."""
    return FindingSite(anatomic_location=codes.BREAST, laterality=side)


def algorithm_identification(algorithm: Algorithm, parameters: Iterable[str]) -> list[ContentItem]:
    """Make TID 4019: who computed something, and with which parameters."""
    template = AlgorithmIdentification(
        name=clean_text(algorithm.name),
        version=clean_text(algorithm.version),
        manufacturer=clean_text(algorithm.manufacturer),
        parameters=[cleaned for p in parameters if (cleaned := clean_text(p))],
        family=codes.ARTIFICIAL_INTELLIGENCE,
    )
    return rows_of(template)
