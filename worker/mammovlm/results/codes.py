"""The codes of our reports, with meanings that fit in 64 characters.

Sources: PS3.16 context groups 29, 100, 225, 244, 4014, 4015, 4031, 6000, 6014, 6016, 6022, 6026,
6034, 6042, 6043, 6047 and 6050.
The meanings are written here because a dictionary's may be longer than LO allows, or give
advice on management that no algorithm may give (SNOMED CT's names of the BI-RADS categories).
"""

from collections.abc import Mapping
from types import MappingProxyType

from pydicom.sr.coding import Code

from mammovlm.findings import DensityCategory, RegionKind
from mammovlm.study import Laterality, ViewPosition

PRIVATE_SCHEME = "99MAMMOVLM"
PRIVATE_SCHEME_UID = "2.25.129486233313358703987111817836159487228"

# Structure: TID 1500, 1501, 1600 and 4019
REPORT_TITLE = Code("126000", "DCM", "Imaging Measurement Report")
PROCEDURE_REPORTED = Code("121058", "DCM", "Procedure reported")
IMAGE_LIBRARY = Code("111028", "DCM", "Image Library")
IMAGE_LIBRARY_GROUP = Code("126200", "DCM", "Image Library Group")
IMAGING_MEASUREMENTS = Code("126010", "DCM", "Imaging Measurements")
MEASUREMENT_GROUP = Code("125007", "DCM", "Measurement Group")
QUALITATIVE_EVALUATIONS = Code("C0034375", "UMLS", "Qualitative Evaluations")
TRACKING_IDENTIFIER = Code("112039", "DCM", "Tracking Identifier")
TRACKING_UID = Code("112040", "DCM", "Tracking Unique Identifier")
FINDING = Code("121071", "DCM", "Finding")
FINDING_SITE = Code("363698007", "SCT", "Finding Site")
LATERALITY = Code("272741003", "SCT", "Laterality")
SOURCE = Code("260753009", "SCT", "Source")
SOURCE_OF_MEASUREMENT = Code("121112", "DCM", "Source of Measurement")
EQUIVALENT_MEANING = Code("121050", "DCM", "Equivalent Meaning of Concept Name")
DEVICE = Code("121007", "DCM", "Device")
DEVICE_UID = Code("121012", "DCM", "Device Observer UID")
LANGUAGE = Code("121049", "DCM", "Language of Content Item and Descendants")
ALGORITHM_NAME = Code("111001", "DCM", "Algorithm Name")
ALGORITHM_VERSION = Code("111003", "DCM", "Algorithm Version")
ALGORITHM_MANUFACTURER = Code("122405", "DCM", "Algorithm Manufacturer")
ALGORITHM_PARAMETERS = Code("111002", "DCM", "Algorithm Parameters")
ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")
PROCESSING_EQUIPMENT = Code("109102", "DCM", "Processing Equipment")

# Image library: TID 1602 and 1603
MODALITY = Code("121139", "DCM", "Modality")
MAMMOGRAPHY = Code("MG", "DCM", "Mammography")
TARGET_REGION = Code("123014", "DCM", "Target Region")
IMAGE_LATERALITY = Code("111027", "DCM", "Image Laterality")
IMAGE_VIEW = Code("111031", "DCM", "Image View")
IMAGE_VIEW_MODIFIER = Code("111032", "DCM", "Image View Modifier")
STUDY_DATE = Code("111060", "DCM", "Study Date")
STUDY_TIME = Code("111061", "DCM", "Study Time")
ACQUISITION_DATE = Code("126201", "DCM", "Acquisition Date")
ACQUISITION_TIME = Code("126202", "DCM", "Acquisition Time")
PIXEL_ROWS = Code("110910", "DCM", "Pixel Data Rows")
PIXEL_COLUMNS = Code("110911", "DCM", "Pixel Data Columns")
ORIENTATION_ROW = Code("111044", "DCM", "Patient Orientation Row")
ORIENTATION_COLUMN = Code("111043", "DCM", "Patient Orientation Column")
HORIZONTAL_SPACING = Code("111026", "DCM", "Horizontal Pixel Spacing")
VERTICAL_SPACING = Code("111066", "DCM", "Vertical Pixel Spacing")

# Values
BREAST = Code("76752008", "SCT", "Breast")
BILATERAL = Code("51440002", "SCT", "Bilateral")
SIDES: Mapping[Laterality, Code] = MappingProxyType(
    {
        Laterality.RIGHT: Code("24028007", "SCT", "Right"),
        Laterality.LEFT: Code("7771000", "SCT", "Left"),
    }
)
"""CID 244. The image library takes these too, not the breasts of CID 6022."""

VIEWS: Mapping[ViewPosition, Code] = MappingProxyType(
    {
        ViewPosition.CC: Code("399162004", "SCT", "cranio-caudal"),
        ViewPosition.MLO: Code("399368009", "SCT", "medio-lateral oblique"),
    }
)
"""CID 4014."""

VIEW_MODIFIERS: tuple[Code, ...] = (
    Code("441752004", "SCT", "Anterior compression"),
    Code("399011000", "SCT", "Axillary Tail"),
    Code("442580003", "SCT", "Axillary tissue"),
    Code("399161006", "SCT", "Cleavage"),
    Code("399209000", "SCT", "Implant Displaced"),
    Code("442593008", "SCT", "Infra-mammary fold"),
    Code("399163009", "SCT", "Magnification"),
    Code("442581004", "SCT", "Nipple in profile"),
    Code("414493004", "SCT", "Rolled Inferior"),
    Code("399197002", "SCT", "Rolled Lateral"),
    Code("399226006", "SCT", "Rolled Medial"),
    Code("415670009", "SCT", "Rolled Superior"),
    Code("399055006", "SCT", "Spot Compression"),
    Code("399110001", "SCT", "tangential"),
)
"""CID 4015."""

IMAGING_PROCEDURE = Code("363679005", "SCT", "Imaging procedure")
BILATERAL_MAMMOGRAM = Code("36626-0", "LN", "breast - bilateral mammogram")
UNILATERAL_MAMMOGRAMS: Mapping[Laterality, Code] = MappingProxyType(
    {
        Laterality.RIGHT: Code("37774-7", "LN", "breast - right mammogram"),
        Laterality.LEFT: Code("36627-8", "LN", "breast - left mammogram"),
    }
)

PERCENT = Code("%", "UCUM", "Percent")
MILLIMETER = Code("mm", "UCUM", "millimeter")
PIXELS = Code("{pixels}", "UCUM", "pixels")
UPPER_UNCERTAINTY = Code("371886008", "SCT", "+, range of upper measurement uncertainty")
LOWER_UNCERTAINTY = Code("371885007", "SCT", "-, range of lower measurement uncertainty")

# Findings
BREAST_COMPOSITION = Code("129715009", "SCT", "Breast composition")
DENSITIES: Mapping[DensityCategory, Code] = MappingProxyType(
    {
        DensityCategory.A: Code("129716005", "SCT", "Almost entirely fat"),
        DensityCategory.B: Code("129717001", "SCT", "Scattered fibroglandular densities"),
        DensityCategory.C: Code("129718006", "SCT", "Heterogeneously dense"),
        DensityCategory.D: Code("129719003", "SCT", "Extremely dense"),
    }
)
"""CID 6000, which serves BI-RADS a to d."""

CERTAINTY_OF_FINDING = Code("111012", "DCM", "Certainty of Finding")
ASSESSMENT_CATEGORY = Code("111005", "DCM", "Assessment Category")
CATEGORY_3 = Code("397143007", "SCT", "3 - Probably Benign")
CATEGORY_4 = Code("397144001", "SCT", "4 - Suspicious")
PRESENCE = Code("PRESENCE", PRIVATE_SCHEME, "Likelihood that a finding to assess is present")
SUSPICION = Code("BIRADS4-VS-3", PRIVATE_SCHEME, "Likelihood of BI-RADS category 4 versus 3")
VIEW_SUSPICION = Code(
    "VIEW-4-VS-3", PRIVATE_SCHEME, "Likelihood of category 4 versus 3 from this view alone"
)

# Regions: TID 1410
IMAGE_REGION = Code("111030", "DCM", "Image Region")
SELECTED_REGION = Code("111099", "DCM", "Selected region")
SINGLE_IMAGE_FINDING = Code("111059", "DCM", "Single Image Finding")
REGION_EVIDENCE = Code("REGION-EVIDENCE", PRIVATE_SCHEME, "Finding of category 3+, raw score")
REGION_SUSPICION = Code("REGION-4-VS-3", PRIVATE_SCHEME, "Category 4 versus 3, raw score")
REGION_KINDS: Mapping[RegionKind, Code] = MappingProxyType(
    {
        RegionKind.MASS: Code("129788004", "SCT", "Mammographic breast mass"),
        RegionKind.CALCIFICATIONS: Code("129769006", "SCT", "Calcification Cluster"),
        RegionKind.ASYMMETRY: Code("129790003", "SCT", "Asymmetric breast tissue"),
        RegionKind.ARCHITECTURAL_DISTORTION: Code(
            "129792006", "SCT", "Architectural distortion of breast"
        ),
    }
)
"""CID 6016. A kind without a code is not named: beside a mark, "benign" would reassure."""

SOURCE_OF_PROCESSING = Code("121322", "DCM", "Source image for image processing operation")
"""CID 7202: what a heat map was drawn over."""

# Words and status
PROCESSING_SUMMARY = Code("111017", "DCM", "CAD Processing and Findings Summary")
SUCCEEDED_WITHOUT_FINDINGS = Code("111241", "DCM", "All algorithms succeeded; without findings")
SUCCEEDED_WITH_FINDINGS = Code("111242", "DCM", "All algorithms succeeded; with findings")
PARTIAL_WITHOUT_FINDINGS = Code("111243", "DCM", "Not all algorithms succeeded; without findings")
PARTIAL_WITH_FINDINGS = Code("111244", "DCM", "Not all algorithms succeeded; with findings")
NONE_SUCCEEDED = Code("111245", "DCM", "No algorithms succeeded; without findings")
NARRATIVE_SUMMARY = Code("111412", "DCM", "Narrative Summary")
COMMENT = Code("121106", "DCM", "Comment")
PATIENT_TEXT = Code(
    "PATIENT-TEXT", PRIVATE_SCHEME, "Patient-friendly explanation (draft, not reviewed)"
)

# Mammography CAD SR: TID 4000 to 4020
CAD_REPORT = Code("111036", "DCM", "Mammography CAD Report")
CONTENT_DATE = Code("111018", "DCM", "Content Date")
CONTENT_TIME = Code("111019", "DCM", "Content Time")
BREASTS: Mapping[Laterality, Code] = MappingProxyType(
    {
        Laterality.RIGHT: Code("73056007", "SCT", "Right breast"),
        Laterality.LEFT: Code("80248007", "SCT", "Left breast"),
    }
)
"""CID 6022: the image library of TID 4020 takes these, unlike that of TID 1602."""

INDIVIDUAL_IMPRESSION = Code("111034", "DCM", "Individual Impression/Recommendation")
IMPRESSION_DESCRIPTION = Code("111033", "DCM", "Impression Description")
RENDERING_INTENT = Code("111056", "DCM", "Rendering Intent")
PRESENTATION_OPTIONAL = Code("111151", "DCM", "Presentation Optional: Rendering device may present")
SELECTED_REGION_DESCRIPTION = Code("111058", "DCM", "Selected Region Description")
CENTER = Code("111010", "DCM", "Center")
OUTLINE = Code("111041", "DCM", "Outline")
_DENSITY_IN_AN_IMAGE = Code("129793001", "SCT", "Mammography breast density")
CAD_REGION_KINDS: Mapping[RegionKind, Code] = MappingProxyType(
    {
        **REGION_KINDS,
        RegionKind.MASS: _DENSITY_IN_AN_IMAGE,
        RegionKind.ASYMMETRY: _DENSITY_IN_AN_IMAGE,
        RegionKind.BENIGN: SELECTED_REGION,
    }
)
"""CID 6014, which knows no mass: what is dense in a single image is a density to it."""

SUCCESSFUL_DETECTIONS = Code("111063", "DCM", "Successful Detections")
DETECTION_PERFORMED = Code("111022", "DCM", "Detection Performed")
SUMMARY_OF_DETECTIONS = Code("111064", "DCM", "Summary of Detections")
SUMMARY_OF_ANALYSES = Code("111065", "DCM", "Summary of Analyses")
SUCCESSFUL_ANALYSES = Code("111062", "DCM", "Successful Analyses")
ANALYSIS_PERFORMED = Code("111004", "DCM", "Analysis Performed")
COMPOSITION_ANALYSIS = Code("133890006", "SCT", "Breast composition analysis")
SUCCEEDED = Code("111222", "DCM", "Succeeded")
NOT_ATTEMPTED = Code("111225", "DCM", "Not Attempted")
