"""The image library of a Mammography CAD SR (PS3.16 TID 4020): every analysed image."""

from collections.abc import Iterator

from pydicom import Dataset
from pydicom.sr.coding import Code

from mammovlm.results import cad_items as items
from mammovlm.results import codes
from mammovlm.results import header_values as values
from mammovlm.results.image_library import view_modifiers
from mammovlm.study import Study, View


def cad_image_library(study: Study) -> Dataset:
    """Make the container (111028, DCM); what a header does not say is left out."""
    entries = [
        items.image(view.source, items.CONTAINS, list(_descriptors(view))) for view in study.views
    ]
    return items.container(codes.IMAGE_LIBRARY, items.CONTAINS, entries)


def _descriptors(view: View) -> Iterator[Dataset]:
    """Make the rows of TID 4020 in its order."""
    header = view.source.header
    context = items.HAS_ACQ_CONTEXT
    modifiers = [
        items.code(codes.IMAGE_VIEW_MODIFIER, modifier, items.HAS_CONCEPT_MOD)
        for modifier in view_modifiers(header)
    ]
    yield items.code(codes.IMAGE_LATERALITY, codes.BREASTS[view.slot.laterality], context)
    yield items.code(codes.IMAGE_VIEW, codes.VIEWS[view.slot.position], context, modifiers)
    yield from _orientation(header)
    yield from _dates_and_times(header)
    if view.spacing_mm is not None:
        between_rows, between_columns = view.spacing_mm
        yield _millimetres(codes.HORIZONTAL_SPACING, between_columns)
        yield _millimetres(codes.VERTICAL_SPACING, between_rows)
    yield items.number(codes.PIXEL_ROWS, str(view.source.rows), codes.PIXELS, context)
    yield items.number(codes.PIXEL_COLUMNS, str(view.source.columns), codes.PIXELS, context)


def _orientation(header: Dataset) -> Iterator[Dataset]:
    directions = values.first_text([header], "PatientOrientation").split("\\")
    if len(directions) == 2 and all(directions):
        yield items.text(codes.ORIENTATION_ROW, directions[0], items.HAS_ACQ_CONTEXT)
        yield items.text(codes.ORIENTATION_COLUMN, directions[1], items.HAS_ACQ_CONTEXT)


def _dates_and_times(header: Dataset) -> Iterator[Dataset]:
    for date_name, time_name, keyword in (
        (codes.STUDY_DATE, codes.STUDY_TIME, "Study"),
        (codes.CONTENT_DATE, codes.CONTENT_TIME, "Content"),
    ):
        day = values.first_date([header], f"{keyword}Date")
        moment = values.first_time([header], f"{keyword}Time")
        if day:
            yield items.date(date_name, day)
        if moment:
            yield items.time(time_name, moment)


def _millimetres(name: Code, value: float) -> Dataset:
    return items.number(name, f"{value:.6g}", codes.MILLIMETER, items.HAS_ACQ_CONTEXT)
