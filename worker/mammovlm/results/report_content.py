"""What a stored report says, read back from its content tree into plain values."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.sr.coding import Code

from mammovlm.results import codes
from mammovlm.results.region_outline import ReadEllipse, read_ellipse


@dataclass(frozen=True)
class ReadNumber:
    """One NUM of a measurement group.

    Parameters
    ----------
    value, unit
        As written; the unit is a UCUM code value.
    below, above
        Distances to the bounds (CID 225), or None where there are none.
    units_of_bounds
        Unit of each bound that is there.
    images
        SOP Instance UIDs of the images that this number was inferred from.
    parameters
        Algorithm Parameters (111002, DCM) of this number.
    """

    value: float
    unit: str
    below: float | None
    above: float | None
    units_of_bounds: tuple[str, ...]
    images: tuple[str, ...]
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class ReadGroup:
    """One measurement group.

    Parameters
    ----------
    title, tracking_uid
        (112039, DCM) and (112040, DCM).
    finding, site, side
        Code values of the finding, the finding site and its laterality.
    numbers
        By code value of the concept name.
    evaluations
        Code value of each CODE that was derived from the numbers, by that of its concept name.
    images
        SOP Instance UIDs of the images that the group rests on.
    parameters
        Algorithm Parameters (111002, DCM) of the group.
    ellipse
        The outline of the region that the group is about; None in a group without one.
    """

    title: str
    tracking_uid: str
    finding: str
    site: str
    side: str
    numbers: dict[str, ReadNumber]
    evaluations: dict[str, str]
    images: tuple[str, ...]
    parameters: tuple[str, ...]
    ellipse: ReadEllipse | None = None


@dataclass(frozen=True)
class ReadImage:
    """One entry of the image library: identity, and code values of side, view and modifiers."""

    sop_class_uid: str
    sop_instance_uid: str
    side: str
    view: str
    modifiers: tuple[str, ...]


@dataclass(frozen=True)
class ReadAlgorithm:
    """Who made the report (TID 1004 and TID 4019)."""

    device_uid: str
    name: str
    version: str
    manufacturer: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class ReportContent:
    """Everything that a report says in its content tree.

    Parameters
    ----------
    language
        RFC 5646 tag.
    summary_status
        Code value of (111017, DCM).
    summary, patient_text
        The words, empty where there is no such item.
    comments
        Every comment (121106, DCM) in order: gaps, origin of the patient's draft, what the
        numbers rest on, limits of use.
    """

    language: str
    algorithm: ReadAlgorithm
    images: tuple[ReadImage, ...]
    groups: tuple[ReadGroup, ...]
    summary_status: str
    summary: str
    patient_text: str
    comments: tuple[str, ...]


def read_content(report: Dataset) -> ReportContent:
    """Read the content tree of one of our own reports.

    Raises
    ------
    ValueError
        If the data set is not a report that this project made.
    """
    if not _is_ours(report):
        raise ValueError("this is not a structured report of MammoVLM")
    measurements = only_item(report, codes.IMAGING_MEASUREMENTS)
    words = only_item(report, codes.QUALITATIVE_EVALUATIONS)
    library = only_item(only_item(report, codes.IMAGE_LIBRARY), codes.IMAGE_LIBRARY_GROUP)
    return ReportContent(
        language=code_value(report, codes.LANGUAGE),
        algorithm=_algorithm(report, measurements),
        images=tuple(_image(item) for item in items_named(library, codes.SOURCE)),
        groups=tuple(_group(item) for item in items_named(measurements, codes.MEASUREMENT_GROUP)),
        summary_status=code_value(words, codes.PROCESSING_SUMMARY),
        summary="".join(texts_named(words, codes.NARRATIVE_SUMMARY)),
        patient_text="".join(texts_named(words, codes.PATIENT_TEXT)),
        comments=texts_named(words, codes.COMMENT),
    )


def referenced_images(item: Dataset) -> Iterator[tuple[str, str]]:
    """Give SOP class and instance of every object that an item or one below it refers to."""
    for reference in item.get("ReferencedSOPSequence") or ():
        yield str(reference.ReferencedSOPClassUID), str(reference.ReferencedSOPInstanceUID)
    for child in item.get("ContentSequence") or ():
        yield from referenced_images(child)


def _is_ours(report: Dataset) -> bool:
    schemes = report.get("CodingSchemeIdentificationSequence") or ()
    ours = any(s.get("CodingSchemeUID") == codes.PRIVATE_SCHEME_UID for s in schemes)
    return ours and report.get("Modality") == "SR" and _is_named(report, codes.REPORT_TITLE)


def _algorithm(report: Dataset, measurements: Dataset) -> ReadAlgorithm:
    return ReadAlgorithm(
        device_uid="".join(str(item.UID) for item in items_named(report, codes.DEVICE_UID)),
        name="".join(texts_named(measurements, codes.ALGORITHM_NAME)),
        version="".join(texts_named(measurements, codes.ALGORITHM_VERSION)),
        manufacturer="".join(texts_named(measurements, codes.ALGORITHM_MANUFACTURER)),
        parameters=texts_named(measurements, codes.ALGORITHM_PARAMETERS),
    )


def _image(item: Dataset) -> ReadImage:
    reference = item.ReferencedSOPSequence[0]
    view = only_item(item, codes.IMAGE_VIEW)
    modifiers = items_named(view, codes.IMAGE_VIEW_MODIFIER)
    return ReadImage(
        sop_class_uid=str(reference.ReferencedSOPClassUID),
        sop_instance_uid=str(reference.ReferencedSOPInstanceUID),
        side=code_value(item, codes.IMAGE_LATERALITY),
        view=str(view.ConceptCodeSequence[0].CodeValue),
        modifiers=tuple(str(m.ConceptCodeSequence[0].CodeValue) for m in modifiers),
    )


def _group(item: Dataset) -> ReadGroup:
    outlines = list(items_named(item, codes.IMAGE_REGION))
    site = only_item(item, codes.FINDING_SITE)
    numbers = {_concept(n): _number(n) for n in _children(item, "NUM")}
    structural = {codes.FINDING.value, codes.FINDING_SITE.value}
    evaluations = {
        _concept(c): str(c.ConceptCodeSequence[0].CodeValue)
        for c in _children(item, "CODE")
        if c.RelationshipType == "CONTAINS" and _concept(c) not in structural
    }
    return ReadGroup(
        title="".join(texts_named(item, codes.TRACKING_IDENTIFIER)),
        tracking_uid="".join(str(i.UID) for i in items_named(item, codes.TRACKING_UID)),
        finding=code_value(item, codes.FINDING),
        site=str(site.ConceptCodeSequence[0].CodeValue),
        side=code_value(site, codes.LATERALITY),
        numbers=numbers,
        evaluations=evaluations,
        images=_sources(item) or _outlined(outlines),
        parameters=texts_named(item, codes.ALGORITHM_PARAMETERS),
        ellipse=read_ellipse(outlines[0]) if outlines else None,
    )


def _outlined(outlines: list[Dataset]) -> tuple[str, ...]:
    sources = (source for outline in outlines for source in items_named(outline, codes.SOURCE))
    return tuple(str(s.ReferencedSOPSequence[0].ReferencedSOPInstanceUID) for s in sources)


def _number(item: Dataset) -> ReadNumber:
    bounds = [
        *items_named(item, codes.LOWER_UNCERTAINTY),
        *items_named(item, codes.UPPER_UNCERTAINTY),
    ]
    distances = {_concept(bound): _value(bound) for bound in bounds}
    return ReadNumber(
        value=_value(item),
        unit=_unit(item),
        below=distances.get(codes.LOWER_UNCERTAINTY.value),
        above=distances.get(codes.UPPER_UNCERTAINTY.value),
        units_of_bounds=tuple(_unit(bound) for bound in bounds),
        images=_sources(item),
        parameters=texts_named(item, codes.ALGORITHM_PARAMETERS),
    )


def _sources(item: Dataset) -> tuple[str, ...]:
    return tuple(
        str(source.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
        for source in items_named(item, codes.SOURCE_OF_MEASUREMENT)
    )


def _value(item: Dataset) -> float:
    return float(item.MeasuredValueSequence[0].NumericValue)


def _unit(item: Dataset) -> str:
    return str(item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue)


def _children(item: Dataset, value_type: str) -> Iterator[Dataset]:
    for child in item.get("ContentSequence") or ():
        if child.ValueType == value_type:
            yield child


def items_named(item: Dataset, name: Code) -> Iterator[Dataset]:
    """Give the items below one whose concept has this name."""
    for child in item.get("ContentSequence") or ():
        if _is_named(child, name):
            yield child


def only_item(item: Dataset, name: Code) -> Dataset:
    """Give the one item of this name.

    Raises
    ------
    ValueError
        If there is none or more than one.
    """
    found = list(items_named(item, name))
    if len(found) != 1:
        raise ValueError(f"a report of MammoVLM has one item {name.meaning!r}, not {len(found)}")
    return found[0]


def _is_named(item: Dataset, name: Code) -> bool:
    concepts = item.get("ConceptNameCodeSequence") or ()
    return any(
        concept.get("CodeValue") == name.value
        and concept.get("CodingSchemeDesignator") == name.scheme_designator
        for concept in concepts
    )


def _concept(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeValue)


def code_value(item: Dataset, name: Code) -> str:
    """Give the value of the one CODE of this name."""
    found = only_item(item, name)
    return str(found.ConceptCodeSequence[0].CodeValue)


def texts_named(item: Dataset, name: Code) -> tuple[str, ...]:
    """Give every TEXT of this name, in order."""
    return tuple(str(child.TextValue) for child in items_named(item, name))
