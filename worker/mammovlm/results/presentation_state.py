"""The regions drawn on the images: Grayscale Softcopy Presentation State (PS3.3 A.33.1).

For viewers that draw no region of a structured report. It changes nothing else of what is shown.
"""

from datetime import datetime

import numpy as np
from highdicom.pr import GraphicObject, TextObject
from pydicom import Dataset
from pydicom.uid import GrayscaleSoftcopyPresentationStateStorage

from mammovlm.findings import Region, ViewFindings
from mammovlm.results.character_set import fit_dataset
from mammovlm.results.displayed_grey import SharedGrey, own_voi, shared_grey
from mammovlm.results.object_header import (
    REGION_SERIES,
    add_equipment,
    add_identity,
    add_series,
    sop_reference,
    study_reference,
)
from mammovlm.results.patient_and_study import add_patient_and_study
from mammovlm.results.region_groups import region_tracking, titled_regions
from mammovlm.results.region_outline import ellipse_points
from mammovlm.results.report_context import ReportContext
from mammovlm.study import Study, View

KIND = "presentation state"
"""From which its UIDs are derived, beside those of the report."""
LABEL = "AI, research only"
"""Beside every region."""
_LAYER = "AI"


def presentation_state(context: ReportContext, moment: datetime) -> Dataset | None:
    """Draw the regions of one study on its images.

    Returns
    -------
    Dataset
        None where there is no region, or where one state cannot show all images as they are
        shown without it.
    """
    grey = shared_grey(context.study)
    regions = list(titled_regions(context.findings.views))
    if grey is None or not regions:
        return None
    state = Dataset()
    add_identity(state, GrayscaleSoftcopyPresentationStateStorage, context.uids.companion(KIND))
    add_patient_and_study(state, context.study)
    add_series(state, REGION_SERIES, context.uids.companion(KIND))
    sides = {view.slot.laterality for view in context.study.views}
    state.Laterality = sides.pop().value if len(sides) == 1 else ""
    add_equipment(state, context.findings.algorithm, moment)
    _add_identification(state, moment)
    _add_images(state, context.study)
    _add_grey(state, context.study, grey)
    state.GraphicLayerSequence = [_layer()]
    state.GraphicAnnotationSequence = [
        _annotation(context, title, view, region) for title, view, region in regions
    ]
    fit_dataset(state, context.options.character_set)
    return state


def _add_identification(state: Dataset, moment: datetime) -> None:
    """Fill the Presentation State Identification module (PS3.3 C.11.10)."""
    state.PresentationCreationDate = moment.strftime("%Y%m%d")
    state.PresentationCreationTime = moment.strftime("%H%M%S")
    state.ContentLabel = "AI_REGIONS"
    state.ContentDescription = f"{LABEL}; made by software, UNVERIFIED"
    state.ContentCreatorName = ""


def _add_images(state: Dataset, study: Study) -> None:
    """Fill the Presentation State Relationship and Displayed Area modules (C.11.11, C.10.4)."""
    listed = study_reference(study.study_instance_uid, [view.source for view in study.views])
    state.ReferencedSeriesSequence = []
    for one in listed.ReferencedSeriesSequence:
        series = Dataset()
        series.SeriesInstanceUID = one.SeriesInstanceUID
        series.ReferencedImageSequence = one.ReferencedSOPSequence
        state.ReferencedSeriesSequence.append(series)
    state.DisplayedAreaSelectionSequence = [_whole_image(view) for view in study.views]


def _whole_image(view: View) -> Dataset:
    area = Dataset()
    area.ReferencedImageSequence = [sop_reference(view.source)]
    area.DisplayedAreaTopLeftHandCorner = [1, 1]
    area.DisplayedAreaBottomRightHandCorner = [view.source.columns, view.source.rows]
    area.PresentationSizeMode = "SCALE TO FIT"
    if view.spacing_mm is None:
        area.PresentationPixelAspectRatio = [1, 1]
    else:
        area.PresentationPixelSpacing = [f"{spacing:.6g}" for spacing in view.spacing_mm]
    return area


def _add_grey(state: Dataset, study: Study, grey: SharedGrey) -> None:
    """Repeat how the images are shown (C.11.1, C.11.8 and C.11.6)."""
    if grey.rescale is not None:
        state.RescaleSlope, state.RescaleIntercept, state.RescaleType = (
            grey.rescale[0],
            grey.rescale[1],
            grey.rescale[2],
        )
    shown = []
    for view in study.views:
        voi = own_voi(view.source.header)
        if voi is not None:
            voi.ReferencedImageSequence = [sop_reference(view.source)]
            shown.append(voi)
    if shown:
        state.SoftcopyVOILUTSequence = shown
    state.PresentationLUTShape = grey.shape


def _layer() -> Dataset:
    layer = Dataset()
    layer.GraphicLayer = _LAYER
    layer.GraphicLayerOrder = 1
    layer.GraphicLayerDescription = LABEL
    return layer


def _annotation(context: ReportContext, title: str, view: ViewFindings, region: Region) -> Dataset:
    """Make one item of the Graphic Annotation module (C.10.5): outline and label."""
    points = np.array(ellipse_points(region))
    tracking = region_tracking(context, title, view)
    below = (region.column, region.row + region.row_radius)
    annotation = Dataset()
    annotation.ReferencedImageSequence = [sop_reference(context.view(view.sop_instance_uid).source)]
    annotation.GraphicLayer = _LAYER
    annotation.GraphicObjectSequence = [
        GraphicObject("ELLIPSE", points, "PIXEL", tracking_id=title, tracking_uid=tracking)
    ]
    annotation.TextObjectSequence = [
        TextObject(f"{LABEL}: {title}", "PIXEL", anchor_point=below, anchor_point_visible=False)
    ]
    return annotation
