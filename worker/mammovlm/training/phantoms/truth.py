"""What is true of a phantom exam: patient, density, lesions, assessment, biopsy, and its views."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from mammovlm.findings import DensityCategory
from mammovlm.study import HANGING_ORDER, Laterality, Slot


class LesionKind(StrEnum):
    """Kinds of finding, in the words of BI-RADS (5th edition, mammography lexicon)."""

    MASS = "mass"
    CALCIFICATIONS = "calcifications"
    ASYMMETRY = "asymmetry"
    FOCAL_ASYMMETRY = "focal asymmetry"
    GLOBAL_ASYMMETRY = "global asymmetry"
    ARCHITECTURAL_DISTORTION = "architectural distortion"


class Biopsy(StrEnum):
    """What the biopsy said, where there was one."""

    NONE = "none"
    BENIGN = "benign"
    MALIGNANT = "malignant"


@dataclass(frozen=True)
class BreastPoint:
    """A place in the uncompressed breast, in shares of the breast's size.

    Parameters
    ----------
    depth
        0 at the chest wall, 1 at the nipple.
    lateral
        -1 medial, 1 lateral.
    cranial
        -1 caudal, 1 cranial.
    """

    depth: float
    lateral: float
    cranial: float

    @property
    def quadrant(self) -> str:
        """Quadrant in the words of BI-RADS; "central" close to the nipple's axis."""
        if max(abs(self.lateral), abs(self.cranial)) < 0.15:
            return "central"
        upper = "upper" if self.cranial >= 0 else "lower"
        return f"{upper} {'outer' if self.lateral >= 0 else 'inner'}"

    @property
    def third(self) -> str:
        """Depth in the words of BI-RADS: "anterior", "middle" or "posterior"."""
        if self.depth > 0.62:
            return "anterior"
        return "middle" if self.depth > 0.38 else "posterior"


@dataclass(frozen=True)
class Lesion:
    """One finding in one breast.

    Parameters
    ----------
    kind
        What it is.
    shape, margin
        Of a mass ("round", "oval", "irregular"; "circumscribed", "obscured", "microlobulated",
        "indistinct", "spiculated"); empty for other kinds.
    morphology, distribution
        Of calcifications ("round", "coarse", "rim", "vascular", "amorphous",
        "fine pleomorphic", "fine linear"; "grouped", "linear", "segmental", "regional",
        "diffuse", "single"); empty for other kinds.
    size_mm
        Longest diameter in millimetres.
    place
        Where in the breast.
    assessment
        BI-RADS category of this finding, 2..5.
    malignant
        What it truly is, biopsied or not.
    """

    kind: LesionKind
    shape: str
    margin: str
    morphology: str
    distribution: str
    size_mm: float
    place: BreastPoint
    assessment: int
    malignant: bool


@dataclass(frozen=True)
class BreastTruth:
    """All that is true of one breast.

    Parameters
    ----------
    laterality
        Side.
    density
        BI-RADS breast composition.
    assessment
        BI-RADS category, 1..5: the highest of the lesions, 1 where there are none.
    biopsy
        Result, or none taken.
    lesions
        Most suspicious first.
    """

    laterality: Laterality
    density: DensityCategory
    assessment: int
    biopsy: Biopsy
    lesions: tuple[Lesion, ...]


@dataclass(frozen=True)
class Patient:
    """The imagined woman and how she was examined.

    Parameters
    ----------
    age
        Years.
    thickness_mm
        Compressed thickness, millimetres (0018,11A0).
    force_n
        Compression force, newton (0018,11A2).
    kvp
        Tube voltage, kilovolt (0018,0060).
    vendor
        Whose look the pictures have: "GE", "Hologic", "Siemens" or "film".
    depth_mm
        Chest wall to nipple, millimetres.
    """

    age: int
    thickness_mm: float
    force_n: float
    kvp: float
    vendor: str
    depth_mm: float


@dataclass(frozen=True)
class LesionMark:
    """Where a lesion of the breast lies in one view.

    Parameters
    ----------
    row, column
        Centre, in pixels.
    radius
        In pixels.
    lesion
        Index into the breast's `BreastTruth.lesions`.
    """

    row: float
    column: float
    radius: float
    lesion: int


@dataclass(frozen=True)
class PhantomView:
    """One simulated mammogram.

    Parameters
    ----------
    slot
        Side and view.
    pixels
        float32, shape (rows, columns), 0..1, 0 = air. Chest wall left for the left breast,
        right for the right one.
    spacing_mm
        Pixel spacing at the detector, millimetres, rows and columns alike.
    marks
        Lesions of the breast in this view.
    percent_density
        Share of the breast area (pectoral muscle left out) that is fibroglandular, 0..1.
    """

    slot: Slot
    pixels: npt.NDArray[np.float32] = field(repr=False, compare=False)
    spacing_mm: float
    marks: tuple[LesionMark, ...]
    percent_density: float


@dataclass(frozen=True)
class PhantomExam:
    """Four simulated views of one imagined woman, and everything that is true of her.

    Parameters
    ----------
    seed
        The same seed and settings give the same exam, bit for bit.
    patient
        The woman and the technique.
    breasts
        Right breast before left.
    views
        By slot, in hanging order.
    """

    seed: int
    patient: Patient
    breasts: tuple[BreastTruth, BreastTruth]
    views: Mapping[Slot, PhantomView]

    def breast(self, laterality: Laterality) -> BreastTruth:
        """Give what is true of one side."""
        return self.breasts[0 if laterality is Laterality.RIGHT else 1]

    @property
    def density(self) -> DensityCategory:
        """Composition of the denser breast, as a report states it."""
        return max(breast.density for breast in self.breasts)

    @property
    def assessment(self) -> int:
        """The higher BI-RADS category of the two breasts."""
        return max(breast.assessment for breast in self.breasts)

    @property
    def metadata(self) -> dict[str, str]:
        """What a header would say, in plain words by field name."""
        return {
            "age": str(self.patient.age),
            "manufacturer": self.patient.vendor,
            "thickness_mm": f"{self.patient.thickness_mm:.0f}",
            "force_n": f"{self.patient.force_n:.0f}",
            "kvp": f"{self.patient.kvp:.0f}",
        }

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The four slots in hanging order."""
        return HANGING_ORDER
