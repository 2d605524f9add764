"""The heat map of a view: a secondary capture in colour, pixel for pixel over the stored image.

Secondary Capture Image, PS3.3 A.8.1, because every viewer shows it; docs/decisions tells more.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

import numpy as np
from pydicom import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from mammovlm.evidence import EvidenceMap
from mammovlm.results import codes
from mammovlm.results import header_values as values
from mammovlm.results.character_set import fit_dataset
from mammovlm.results.heat_picture import heat_picture, palette
from mammovlm.results.object_header import (
    HEAT_SERIES,
    add_content_date,
    add_equipment,
    add_identity,
    add_series,
    coded,
    sop_reference,
)
from mammovlm.results.patient_and_study import add_patient_and_study
from mammovlm.results.report_context import ReportContext
from mammovlm.results.uids import ObjectUids
from mammovlm.study import View

KIND = "heat map"
"""From which its UIDs are derived, beside those of the report and of the image."""
COMMENT = (
    "Made by software, UNVERIFIED, research use only. Colours: the model's evidence for a finding "
    "of BI-RADS 3 or higher, weighed by what its 4-against-3 likelihood rests on; raw scores, no "
    "probability of anything."
)
_DIRECTIONS = frozenset("APRLHF")


def heat_maps(
    context: ReportContext, named: Dataset, evidence: Iterable[EvidenceMap], moment: datetime
) -> Iterator[Dataset]:
    """Draw the evidence in each view: one image a view, all in one series.

    Parameters
    ----------
    context
        The study, what was found and what was said.
    named
        The document that the images go with, the first one stored; each image names it.
    evidence
        Of the views, in hanging order.
    moment
        When they were made.
    """
    for number, one in enumerate(evidence, start=1):
        view = context.view(one.sop_instance_uid)
        image = Dataset()
        add_identity(image, SecondaryCaptureImageStorage, _uids(context, view))
        add_patient_and_study(image, context.study)
        add_series(image, HEAT_SERIES, _uids(context, view))
        image.InstanceNumber = number
        add_equipment(image, context.findings.algorithm, moment)
        add_content_date(image, moment)
        image.ConversionType = "WSD"
        _add_source(image, view)
        _add_document(image, named)
        _add_pixels(image, view, one)
        fit_dataset(image, context.options.character_set)
        yield image


def _uids(context: ReportContext, view: View) -> ObjectUids:
    series = context.uids.companion(KIND).series_instance
    own = context.uids.companion(f"{KIND} {view.source.sop_instance_uid}").sop_instance
    return ObjectUids(own, series)


def _add_source(image: Dataset, view: View) -> None:
    """Fill the General Image module: what it was made from, and how it lies (C.7.6.1)."""
    header = view.source.header
    image.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
    image.ImageLaterality = view.slot.laterality.value
    orientation = values.first_text([header], "PatientOrientation").split("\\")
    usable = len(orientation) == 2 and all(
        one and _DIRECTIONS.issuperset(one) for one in orientation
    )
    image.PatientOrientation = orientation if usable else ""
    source = sop_reference(view.source)
    source.PurposeOfReferenceCodeSequence = [coded(codes.SOURCE_OF_PROCESSING)]
    source.SpatialLocationsPreserved = "YES"
    image.SourceImageSequence = [source]
    image.DerivationDescription = f"{view.slot}: the model's evidence drawn over the image"
    image.ImageComments = COMMENT
    image.BurnedInAnnotation = "NO"  # of the patient: the legend names nobody
    image.RecognizableVisualFeatures = "NO"
    if values.first_of([header], "LossyImageCompression", ("00", "01")) == "01":
        image.LossyImageCompression = "01"


def _add_document(image: Dataset, named: Dataset) -> None:
    """Name the document, in the General Reference module (C.12.4)."""
    reference = Dataset()
    reference.ReferencedSOPClassUID = named.SOPClassUID
    reference.ReferencedSOPInstanceUID = named.SOPInstanceUID
    reference.PurposeOfReferenceCodeSequence = [coded(codes.REPORT_TITLE)]
    image.ReferencedInstanceSequence = [reference]


def _add_pixels(image: Dataset, view: View, evidence: EvidenceMap) -> None:
    """Fill the Image Pixel module (C.7.6.3) with palette colours."""
    picture = heat_picture(view.pixels, evidence)
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "PALETTE COLOR"
    image.Rows, image.Columns = picture.shape
    if view.spacing_mm is not None:
        image.PixelSpacing = [f"{spacing:.6g}" for spacing in view.spacing_mm]
    image.BitsAllocated = image.BitsStored = 8
    image.HighBit = 7
    image.PixelRepresentation = 0
    for colour, entries in zip(("Red", "Green", "Blue"), palette().T, strict=True):
        setattr(image, f"{colour}PaletteColorLookupTableDescriptor", [len(entries), 0, 16])
        wide = (entries.astype(np.uint16) * 257).astype("<u2")
        setattr(image, f"{colour}PaletteColorLookupTableData", wide.tobytes())
    content = picture.tobytes()
    image.PixelData = content + b"\0" * (len(content) % 2)
    image["PixelData"].VR = "OB"
