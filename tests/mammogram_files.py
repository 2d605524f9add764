"""Small conform mammograms for tests: quick to make, every attribute can be overridden."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    generate_uid,
)

from mammovlm.job import StoredInstance

VIEW_CODES = {
    "CC": ("399162004", "cranio-caudal"),
    "MLO": ("399368009", "medio-lateral oblique"),
}


def code_item(value: str, meaning: str, scheme: str = "SCT") -> Dataset:
    """Make one item of a code sequence."""
    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = scheme
    item.CodeMeaning = meaning
    return item


def breast_pixels(rows: int, columns: int, laterality: str, bits: int = 12) -> np.ndarray:
    """Draw a half-ellipse breast with some texture; chest wall left for L, right for R."""
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    inside = ((y - rows / 2) / (rows * 0.42)) ** 2 + (x / (columns * 0.75)) ** 2 < 1
    rng = np.random.default_rng(rows * 7 + columns)
    texture = 0.35 + 0.15 * np.sin(x / 9) * np.cos(y / 13) + 0.05 * rng.standard_normal(x.shape)
    picture = np.where(inside, np.clip(texture, 0.1, 1), 0)
    picture = picture[:, ::-1] if laterality == "R" else picture
    stored_values: np.ndarray = (picture * (2**bits - 1)).astype(np.uint16)
    return stored_values


def mammogram(
    laterality: str = "L",
    position: str = "CC",
    *,
    study_uid: str | None = None,
    series_uid: str | None = None,
    rows: int = 400,
    columns: int = 300,
    **attributes: Any,
) -> Dataset:
    """Make a Digital Mammography X-Ray Image For Presentation (PS3.3 A.27).

    Any attribute can be given by keyword; None removes it.
    """
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    dataset.SOPInstanceUID = generate_uid()
    dataset.StudyInstanceUID = study_uid or generate_uid()
    dataset.SeriesInstanceUID = series_uid or generate_uid()
    _fill_identity(dataset, laterality)
    _fill_view(dataset, laterality, position)
    pixels = breast_pixels(rows, columns, laterality)
    _fill_pixels(dataset, pixels)
    for keyword, value in attributes.items():
        if value is None:
            if keyword in dataset:
                delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def _fill_identity(dataset: Dataset, laterality: str) -> None:
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = "20260105"
    dataset.StudyTime = dataset.SeriesTime = dataset.ContentTime = "101500"
    dataset.AcquisitionDate, dataset.AcquisitionTime = "20260105", "101500"
    dataset.AccessionNumber = "A1"
    dataset.Modality = "MG"
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.Manufacturer, dataset.ManufacturerModelName = "Test Maker", "Test Model"
    dataset.ReferringPhysicianName = ""
    dataset.PatientName, dataset.PatientID = "Test^Phantom", "PHANTOM1"
    dataset.PatientBirthDate, dataset.PatientSex = "19600101", "F"
    dataset.PatientAge = "066Y"
    dataset.BodyPartExamined = "BREAST"
    dataset.KVP, dataset.BodyPartThickness, dataset.CompressionForce = 28, 55, 100
    dataset.StudyID, dataset.SeriesNumber, dataset.InstanceNumber = "1", 1, 1
    dataset.PositionerType = "MAMMOGRAPHIC"
    dataset.PositionerPrimaryAngle = 0
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.BurnedInAnnotation = "NO"
    dataset.ImageLaterality = laterality
    dataset.OrganExposed = "BREAST"
    dataset.BreastImplantPresent = "NO"
    dataset.PartialView = "NO"


def _fill_view(dataset: Dataset, laterality: str, position: str) -> None:
    dataset.ViewPosition = position
    anterior = "A" if laterality == "L" else "P"
    medial = "R" if laterality == "L" else "L"  # outer part of the breast up, as IHE hangs it
    dataset.PatientOrientation = [anterior, f"F{medial}" if position == "MLO" else medial]
    view = code_item(*VIEW_CODES.get(position, VIEW_CODES["CC"]))
    view.ViewModifierCodeSequence = Sequence()
    dataset.ViewCodeSequence = Sequence([view])
    dataset.AnatomicRegionSequence = Sequence([code_item("76752008", "Breast")])


def _fill_pixels(dataset: Dataset, pixels: np.ndarray) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.PixelIntensityRelationship, dataset.PixelIntensityRelationshipSign = "LOG", -1
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = 0, 1, "US"
    dataset.PresentationLUTShape = "IDENTITY"
    dataset.LossyImageCompression = "00"
    dataset.ImagerPixelSpacing = [0.1, 0.1]
    dataset.DetectorType = "DIRECT"
    dataset.WindowCenter, dataset.WindowWidth = 2048, 4096
    dataset.PixelData = pixels.tobytes()


def four_views(**attributes: Any) -> list[Dataset]:
    """Make the four standard views of one study, all of one patient."""
    study_uid = attributes.pop("study_uid", None) or generate_uid()
    return [
        mammogram(side, position, study_uid=study_uid, InstanceNumber=number, **attributes)
        for number, (side, position) in enumerate(
            [("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO")], start=1
        )
    ]


def save(dataset: Dataset, folder: Path) -> Path:
    """Write a data set as a DICOM file named after its SOP Instance UID."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{dataset.SOPInstanceUID}.dcm"
    dataset.save_as(path, enforce_file_format=True)
    return path


def as_file(dataset: Dataset) -> bytes:
    """Write a data set as a DICOM file in memory."""
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def stored(dataset: Dataset) -> StoredInstance:
    """Make a data set what an archive hands over."""
    return StoredInstance(str(dataset.SOPInstanceUID), as_file(dataset))


def set_pixels(dataset: Dataset, pixels: np.ndarray, bits_stored: int | None = None) -> None:
    """Replace the pixels by uncompressed ones, and every attribute that describes them.

    ``pixels`` is of an unsigned or signed integer type; its shape ends in 3 for colour.
    """
    bits = pixels.dtype.itemsize * 8
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.BitsAllocated, dataset.BitsStored = bits, bits_stored or bits
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    dataset.SamplesPerPixel = 3 if pixels.ndim == 3 else 1
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    dataset["PixelData"].VR = "OB" if bits == 8 else "OW"
