"""Phantom views as Digital Mammography X-Ray Image objects (PS3.3 A.27), clearly marked as such."""

import uuid
from collections.abc import Sequence
from hashlib import sha256

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import (
    PYDICOM_IMPLEMENTATION_UID,
    UID,
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
)

from mammovlm.study import Laterality, Slot, ViewPosition
from mammovlm.training.phantoms.noise import Field
from mammovlm.training.phantoms.truth import PhantomExam

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://mammovlm.invalid/phantoms")
BITS = 12
DATE, TIME = "20200101", "120000"
VIEW_CODES = {
    ViewPosition.CC: Code("399162004", "SCT", "cranio-caudal"),
    ViewPosition.MLO: Code("399368009", "SCT", "medio-lateral oblique"),
}
"""PS3.16 CID 4014."""
BREAST = Code("76752008", "SCT", "Breast")
NOTE = "SIMULATED IMAGE - no patient"


def exam_key(exam: PhantomExam) -> str:
    """Name an exam by everything it was made from; equal exams have equal keys."""
    shapes = [view.pixels.shape for view in exam.views.values()]
    made_from = repr((exam.seed, exam.patient, exam.breasts, shapes))
    return sha256(made_from.encode()).hexdigest()


def uid_of(*parts: str) -> UID:
    """Give the same UID (PS3.5 B.2, UUID-derived) for the same parts."""
    return UID(f"2.25.{uuid.uuid5(NAMESPACE, '/'.join(parts)).int}")


def code_item(code: Code, **attributes: Sequence[Dataset]) -> Dataset:
    """Make an item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator = code.value, code.scheme_designator
    item.CodeMeaning = code.meaning
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return item


def mammography_object(exam: PhantomExam, slot: Slot, role: str, number: int) -> Dataset:
    """Make a For Presentation object of one view.

    Parameters
    ----------
    exam
        Whose view.
    slot
        Which view.
    role
        Names the object among those of its view; part of its SOP Instance UID.
    number
        Instance Number (0020,0013).

    Returns
    -------
    Dataset
        With file meta information and pixel data, Explicit VR Little Endian.
    """
    dataset = Dataset()
    dataset.SOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    key = exam_key(exam)
    dataset.SOPInstanceUID = uid_of(key, role, str(slot))
    set_identity(dataset, exam, key)
    dataset.SeriesInstanceUID = uid_of(key, "series", role)
    dataset.SeriesNumber, dataset.InstanceNumber = 1, number
    dataset.PresentationIntentType = "FOR PRESENTATION"
    set_technique(dataset, exam)
    set_view(dataset, slot)
    view = exam.views[slot]
    set_pixels(dataset, view.pixels, view.spacing_mm)
    set_file_meta(dataset)
    return dataset


def set_identity(dataset: Dataset, exam: PhantomExam, key: str) -> None:
    """Fill patient, study, series and equipment so that nobody takes it for a real exam."""
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName, dataset.PatientID = f"PHANTOM^SEED {exam.seed}", f"PHANTOM-{key[:12]}"
    dataset.PatientBirthDate = f"{int(DATE[:4]) - exam.patient.age}0101"
    dataset.PatientSex, dataset.PatientAge = "F", f"{exam.patient.age:03d}Y"
    dataset.PatientComments = NOTE
    dataset.StudyInstanceUID = uid_of(key, "study")
    dataset.StudyID, dataset.AccessionNumber = str(exam.seed)[-16:], f"PH{key[:10]}"
    dataset.ReferringPhysicianName = ""
    dataset.StudyDescription = "Simulated mammograms (phantom)"
    dataset.SeriesDescription = "Simulated mammogram (phantom)"
    for part in ("Study", "Series", "Acquisition", "Content"):
        setattr(dataset, f"{part}Date", DATE)
        setattr(dataset, f"{part}Time", TIME)
    dataset.Modality = "MG"
    dataset.Manufacturer, dataset.ManufacturerModelName = "MammoVLM phantoms", "Simulation"
    dataset.ProtocolName = f"{exam.patient.vendor}-like look"
    dataset.DeviceSerialNumber, dataset.SoftwareVersions = "0", "1"
    dataset.ImageComments = NOTE


def set_technique(dataset: Dataset, exam: PhantomExam) -> None:
    """Fill the DX and mammography modules that say how the image was acquired."""
    dataset.BodyPartExamined = "BREAST"
    dataset.KVP = exam.patient.kvp
    dataset.BodyPartThickness = round(exam.patient.thickness_mm)
    dataset.CompressionForce = round(exam.patient.force_n)
    dataset.AnodeTargetMaterial, dataset.FilterMaterial = "MOLYBDENUM", "RHODIUM"
    dataset.PositionerType = "MAMMOGRAPHIC"
    dataset.DetectorType = "DIRECT"
    dataset.OrganExposed = "BREAST"
    dataset.BreastImplantPresent, dataset.PartialView = "NO", "NO"
    dataset.ImageType = ["DERIVED", "PRIMARY"]
    dataset.DerivationDescription = "Simulated"
    dataset.BurnedInAnnotation = "NO"
    dataset.LossyImageCompression = "00"
    dataset.AnatomicRegionSequence = [code_item(BREAST)]
    dataset.AcquisitionContextSequence = []


def set_view(dataset: Dataset, slot: Slot, modifiers: Sequence[Code] = ()) -> None:
    """Fill laterality, view and orientation; rows run towards the nipple in left breasts."""
    dataset.ImageLaterality = str(slot.laterality)
    dataset.ViewPosition = str(slot.position)
    dataset.ViewCodeSequence = [
        code_item(
            VIEW_CODES[slot.position],
            ViewModifierCodeSequence=[code_item(modifier) for modifier in modifiers],
        )
    ]
    ahead = "A" if slot.laterality is Laterality.LEFT else "P"
    # The upper edge is lateral in CC; in MLO it is up and lateral, so down is foot and medial.
    medial = "R" if slot.laterality is Laterality.LEFT else "L"
    down = medial if slot.position is ViewPosition.CC else f"F{medial}"
    dataset.PatientOrientation = [ahead, down]
    dataset.PositionerPrimaryAngle = 0 if slot.position is ViewPosition.CC else 45


def set_pixels(dataset: Dataset, pixels: Field, spacing_mm: float) -> None:
    """Store grey levels 0..1 as 12 bits, bright for little X-ray."""
    stored = np.round(np.clip(pixels, 0, 1) * (2**BITS - 1)).astype(np.uint16)
    set_stored(dataset, stored, BITS)
    dataset.PhotometricInterpretation, dataset.PresentationLUTShape = "MONOCHROME2", "IDENTITY"
    dataset.PixelIntensityRelationship, dataset.PixelIntensityRelationshipSign = "LOG", -1
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = 0, 1, "US"
    dataset.WindowCenter, dataset.WindowWidth = 2 ** (BITS - 1), 2**BITS
    dataset.ImagerPixelSpacing = [round(spacing_mm, 6)] * 2


def set_stored(dataset: Dataset, stored: npt.NDArray[np.uint16], bits: int) -> None:
    """Fill the image pixel module."""
    dataset.SamplesPerPixel, dataset.PixelRepresentation = 1, 0
    dataset.Rows, dataset.Columns = stored.shape[-2:]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, bits, bits - 1
    dataset.PixelData = np.ascontiguousarray(stored, dtype="<u2").tobytes()


def set_file_meta(dataset: Dataset) -> None:
    """Fill the file meta information of an uncompressed object."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    dataset.file_meta = meta
