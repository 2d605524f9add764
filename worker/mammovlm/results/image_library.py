"""The image library (TID 1600): every analysed image with its side, view and modifiers."""

from collections.abc import Iterator
from datetime import date, datetime, time

from highdicom.sr import (
    ContainerContentItem,
    ContentItem,
    ContentSequence,
    DateContentItem,
    TimeContentItem,
)
from pydicom import Dataset
from pydicom.sr.coding import Code

from mammovlm.results import codes
from mammovlm.results import header_values as values
from mammovlm.results.content_items import (
    HAS_ACQ_CONTEXT,
    HAS_CONCEPT_MOD,
    code,
    container,
    image,
    number,
    texts,
)
from mammovlm.study import Study, View


def image_library(study: Study) -> ContainerContentItem:
    """Make the library of all analysed images, in one group (TID 1600, 1602 and 1603).

    What a header does not say is left out; no attribute of the image is needed.
    """
    entries = [_entry(view) for view in study.views]
    group = container(codes.IMAGE_LIBRARY_GROUP, entries)
    return container(codes.IMAGE_LIBRARY, [group], template="1600")


def view_modifiers(header: Dataset) -> tuple[Code, ...]:
    """List the view modifiers of an image that are in CID 4015, as SNOMED CT codes.

    Old headers write them with SNOMED RT codes and the designators SRT, SNM3 or 99SDM, and
    place the sequence (0054,0222) inside the view code or beside it.
    """
    found = []
    for item in _modifier_items(header):
        scheme = str(item.get("CodingSchemeDesignator", ""))
        old = scheme in {"SNM3", "99SDM"}
        stored = Code(str(item.get("CodeValue", "")), "SRT" if old else scheme, "")
        found += [modifier for modifier in codes.VIEW_MODIFIERS if modifier == stored]
    return tuple(dict.fromkeys(found))


def _modifier_items(header: Dataset) -> Iterator[Dataset]:
    for place in (header, *(header.get("ViewCodeSequence") or ())):
        yield from place.get("ViewModifierCodeSequence") or ()


def _entry(view: View) -> ContentItem:
    item = image(view.source, codes.SOURCE)
    item.ContentSequence = ContentSequence([*_shared_descriptors(view), *_projection(view)])
    return item


def _shared_descriptors(view: View) -> list[ContentItem]:
    """Make the rows of TID 1602, in its order."""
    source = view.source
    return [
        code(codes.MODALITY, codes.MAMMOGRAPHY, HAS_ACQ_CONTEXT),
        code(codes.TARGET_REGION, codes.BREAST, HAS_ACQ_CONTEXT),
        code(codes.IMAGE_LATERALITY, codes.SIDES[view.slot.laterality], HAS_ACQ_CONTEXT),
        *_dates_and_times(source.header),
        number(codes.PIXEL_ROWS, source.rows, codes.PIXELS, HAS_ACQ_CONTEXT),
        number(codes.PIXEL_COLUMNS, source.columns, codes.PIXELS, HAS_ACQ_CONTEXT),
    ]


def _dates_and_times(header: Dataset) -> list[ContentItem]:
    items: list[ContentItem] = []
    for date_name, time_name, keyword in (
        (codes.STUDY_DATE, codes.STUDY_TIME, "Study"),
        (codes.ACQUISITION_DATE, codes.ACQUISITION_TIME, "Acquisition"),
    ):
        day = _as_date(values.first_date([header], f"{keyword}Date"))
        if day is not None:
            items.append(DateContentItem(date_name, day, HAS_ACQ_CONTEXT))
        moment = _as_time(values.first_time([header], f"{keyword}Time"))
        if moment is not None:
            items.append(TimeContentItem(time_name, moment, HAS_ACQ_CONTEXT))
    return items


def _projection(view: View) -> list[ContentItem]:
    """Make the rows of TID 1603, in its order."""
    header = view.source.header
    shown = code(codes.IMAGE_VIEW, codes.VIEWS[view.slot.position], HAS_ACQ_CONTEXT)
    modifiers = [
        code(codes.IMAGE_VIEW_MODIFIER, modifier, HAS_CONCEPT_MOD)
        for modifier in view_modifiers(header)
    ]
    if modifiers:
        shown.ContentSequence = ContentSequence(modifiers)
    return [shown, *_orientation(header), *_spacing(view)]


def _orientation(header: Dataset) -> list[ContentItem]:
    directions = values.first_text([header], "PatientOrientation").split("\\")
    if len(directions) != 2:
        return []
    return [
        *texts(codes.ORIENTATION_ROW, directions[0], HAS_ACQ_CONTEXT),
        *texts(codes.ORIENTATION_COLUMN, directions[1], HAS_ACQ_CONTEXT),
    ]


def _spacing(view: View) -> list[ContentItem]:
    if view.spacing_mm is None:
        return []
    between_rows, between_columns = view.spacing_mm
    return [
        number(codes.HORIZONTAL_SPACING, between_columns, codes.MILLIMETER, HAS_ACQ_CONTEXT),
        number(codes.VERTICAL_SPACING, between_rows, codes.MILLIMETER, HAS_ACQ_CONTEXT),
    ]


def _as_date(text: str) -> date | None:
    if not text:
        return None
    return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a date has no time zone


def _as_time(text: str) -> time | None:
    """Give the time to the second: fractions say nothing to a reader; 60 is a leap second."""
    if not text:
        return None
    whole = text.split(".", maxsplit=1)[0].ljust(6, "0")
    return time(int(whole[:2]), int(whole[2:4]), min(int(whole[4:]), 59))
