"""A small Breast Tomosynthesis Image (PS3.3 A.55) of a phantom view: a few slices, all conform."""

import numpy as np
from pydicom import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import BreastTomosynthesisImageStorage

from mammovlm.study import Slot
from mammovlm.training.phantoms.dicom_objects import (
    BITS,
    BREAST,
    VIEW_CODES,
    code_item,
    exam_key,
    set_file_meta,
    set_identity,
    set_stored,
    uid_of,
)
from mammovlm.training.phantoms.truth import PhantomExam

SLICES = 4
SLICE_MM = 10.0
REDUCED = 4
"""Slices keep every fourth pixel: the object is there to be recognised, not to be read."""
SIDES = {"R": Code("24028007", "SCT", "Right"), "L": Code("7771000", "SCT", "Left")}
TECHNIQUE = {
    "FieldOfViewShape": "RECTANGLE",
    "FieldOfViewDimensionsInFloat": [240.0, 190.0],
    "FieldOfViewOrigin": [0.0, 0.0],
    "FieldOfViewRotation": 0.0,
    "FieldOfViewHorizontalFlip": "NO",
    "XRayReceptorType": "DIGITAL_DETECTOR",
    "DetectorTemperature": 25.0,
    "DistanceSourceToDetector": 660.0,
    "DistanceSourceToPatient": 640.0,
    "EstimatedRadiographicMagnificationFactor": 1.0,
    "AnodeTargetMaterial": "TUNGSTEN",
    "FilterType": "FLAT",
    "FilterMaterial": "ALUMINUM",
    "FocalSpots": 0.3,
    "HalfValueLayer": 0.5,
    "ExposureControlMode": "AUTOMATIC",
    "ExposureControlModeDescription": "Simulated",
    "PaddleDescription": "Simulated",
}
"""What a tomosynthesis station of our time states about an acquisition."""
FRAME_TYPE = ["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "NONE"]


def tomosynthesis_object(exam: PhantomExam, slot: Slot) -> Dataset:
    """Make the tomosynthesis object of one view; its slices are the view at falling contrast.

    Parameters
    ----------
    exam
        Whose view.
    slot
        Which view.
    """
    dataset = Dataset()
    dataset.SOPClassUID = BreastTomosynthesisImageStorage
    key = exam_key(exam)
    dataset.SOPInstanceUID = uid_of(key, "tomosynthesis", str(slot))
    set_identity(dataset, exam, key)
    dataset.SeriesInstanceUID = uid_of(key, "series", "tomosynthesis")
    dataset.SeriesNumber, dataset.InstanceNumber = 4, 1
    dataset.FrameOfReferenceUID = uid_of(key, "frame of reference", str(slot))
    dataset.PositionReferenceIndicator = ""
    _set_image(dataset, exam, slot)
    dataset.SharedFunctionalGroupsSequence = [_shared(exam, slot)]
    dataset.PerFrameFunctionalGroupsSequence = [_frame(index) for index in range(SLICES)]
    _set_dimensions(dataset, key)
    _set_acquisition(dataset, exam)
    set_file_meta(dataset)
    return dataset


def _set_image(dataset: Dataset, exam: PhantomExam, slot: Slot) -> None:
    pixels = exam.views[slot].pixels[::REDUCED, ::REDUCED]
    slices = [pixels * (1 - 0.1 * index) for index in range(SLICES)]
    set_stored(dataset, np.round(np.stack(slices) * (2**BITS - 1)).astype(np.uint16), BITS)
    dataset.NumberOfFrames = SLICES
    dataset.PhotometricInterpretation, dataset.PresentationLUTShape = "MONOCHROME2", "IDENTITY"
    dataset.ImageType = FRAME_TYPE
    dataset.PixelPresentation, dataset.VolumetricProperties = "MONOCHROME", "VOLUME"
    dataset.VolumeBasedCalculationTechnique = "TOMOSYNTHESIS"
    dataset.ContentQualification = "RESEARCH"
    dataset.BurnedInAnnotation, dataset.LossyImageCompression = "NO", "00"
    dataset.BreastImplantPresent, dataset.PartialView = "NO", "NO"
    dataset.AcquisitionContextSequence = []
    del dataset.AcquisitionDate, dataset.AcquisitionTime
    dataset.BodyPartExamined = "BREAST"
    dataset.ViewCodeSequence = [code_item(VIEW_CODES[slot.position], ViewModifierCodeSequence=[])]


def _item(keyword: str, **attributes: object) -> Dataset:
    """Make a functional group: a sequence of one item."""
    inner = Dataset()
    for name, value in attributes.items():
        setattr(inner, name, value)
    group = Dataset()
    setattr(group, keyword, [inner])
    return group


def _shared(exam: PhantomExam, slot: Slot) -> Dataset:
    spacing = exam.views[slot].spacing_mm * REDUCED
    shared = Dataset()
    for group in (
        _item(
            "FrameAnatomySequence",
            FrameLaterality=str(slot.laterality),
            AnatomicRegionSequence=[code_item(BREAST)],
        ),
        _item(
            "PixelMeasuresSequence", PixelSpacing=[round(spacing, 6)] * 2, SliceThickness=SLICE_MM
        ),
        _item("PlaneOrientationSequence", ImageOrientationPatient=[0, -1, 0, 0, 0, -1]),
        _item(
            "PixelValueTransformationSequence", RescaleIntercept=0, RescaleSlope=1, RescaleType="US"
        ),
        _item("FrameVOILUTSequence", WindowCenter=2 ** (BITS - 1), WindowWidth=2**BITS),
    ):
        shared.update(group)
    return shared


def _frame(index: int) -> Dataset:
    frame = Dataset()
    for group in (
        _item(
            "FrameContentSequence",
            FrameAcquisitionNumber=1,
            StackID="1",
            InStackPositionNumber=index + 1,
            DimensionIndexValues=[1, index + 1],
        ),
        _item("PlanePositionSequence", ImagePositionPatient=[index * SLICE_MM, 0, 0]),
        _item(
            "XRay3DFrameTypeSequence",
            FrameType=FRAME_TYPE,
            PixelPresentation="MONOCHROME",
            VolumetricProperties="VOLUME",
            VolumeBasedCalculationTechnique="TOMOSYNTHESIS",
            ReconstructionIndex=1,
        ),
    ):
        frame.update(group)
    return frame


def _set_dimensions(dataset: Dataset, key: str) -> None:
    organisation = uid_of(key, "dimension organisation")
    dataset.DimensionOrganizationSequence = [Dataset()]
    dataset.DimensionOrganizationSequence[0].DimensionOrganizationUID = organisation
    dataset.DimensionIndexSequence = []
    for pointer in (0x00209056, 0x00209057):  # Stack ID, In-Stack Position Number
        index = Dataset()
        index.DimensionOrganizationUID = organisation
        index.DimensionIndexPointer = pointer
        index.FunctionalGroupPointer = 0x00209111  # Frame Content Sequence
        dataset.DimensionIndexSequence.append(index)


def _set_acquisition(dataset: Dataset, exam: PhantomExam) -> None:
    acquisition = Dataset()
    for keyword, value in TECHNIQUE.items():
        setattr(acquisition, keyword, value)
    acquisition.KVP = exam.patient.kvp
    acquisition.BodyPartThickness = round(exam.patient.thickness_mm)
    acquisition.CompressionForce = round(exam.patient.force_n)
    acquisition.PerProjectionAcquisitionSequence = [_projection(exam)]
    dataset.XRay3DAcquisitionSequence = [acquisition]
    reconstruction = Dataset()
    reconstruction.ReconstructionDescription = "Simulated"
    reconstruction.ApplicationName = "MammoVLM phantoms"
    reconstruction.ApplicationVersion = "1"
    reconstruction.ApplicationManufacturer = "MammoVLM"
    reconstruction.AlgorithmType = "FILTER_BACK_PROJ"
    reconstruction.AcquisitionIndex = [1]
    dataset.XRay3DReconstructionSequence = [reconstruction]


def _projection(exam: PhantomExam) -> Dataset:
    """Describe the one exposure there might have been."""
    projection = Dataset()
    projection.KVP = exam.patient.kvp
    projection.XRayTubeCurrentInmA = 100.0
    projection.ExposureTimeInms = 500.0
    projection.ExposureInmAs = 50.0
    projection.RelativeXRayExposure = 1
    projection.PositionerPrimaryAngle = 0.0
    projection.OrganDose = 0.015
    return projection
