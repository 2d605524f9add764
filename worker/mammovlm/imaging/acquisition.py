"""What a header says of spacing and acquisition: numbers for measuring, words for a text encoder.

Which attributes become words follows Breast Cancer VLMs (four-systems 2.1). History, findings,
assessments and codes of them are never read (invariant 9).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from pydicom import Dataset

from mammovlm.imaging.attributes import number, numbers, text
from mammovlm.study import Slot

_SEXES = {"F": "female", "M": "male"}
_AGE_UNITS = {"Y": 1.0, "M": 1 / 12, "W": 1 / 52.18, "D": 1 / 365.25}
_OLDEST = 120
_ANSWERS = {"YES": "yes", "NO": "no"}


def spacing_mm(header: Dataset) -> tuple[float, float] | None:
    """Give row and column spacing in millimetres at the breast, or None where unknown.

    Imager Pixel Spacing (0018,1164) is measured at the detector and is divided by Estimated
    Radiographic Magnification Factor (0018,1114); Pixel Spacing (0028,0030) is at the patient
    (PS3.3 10.7.1.3) and is taken where the first is absent.
    """
    magnification = number(header, "EstimatedRadiographicMagnificationFactor")
    if magnification is None or not 1 <= magnification <= 5:
        magnification = 1.0
    for keyword, divisor in (("ImagerPixelSpacing", magnification), ("PixelSpacing", 1.0)):
        spacing = numbers(header, keyword)
        if len(spacing) == 2 and min(spacing) > 0:
            return spacing[0] / divisor, spacing[1] / divisor
    return None


def acquisition_words(header: Dataset, slot: Slot) -> Mapping[str, str]:
    """Give what a text encoder may read, in plain words by field name.

    Parameters
    ----------
    header
        See `clean_header`.
    slot
        View and side as they were understood, which may not be where the header has them.

    Returns
    -------
    mapping of str to str
        Only what the header has: "age" and "organ_dose_mgy" as numbers, "sex", "view",
        "laterality", "manufacturer", "model", "thickness_mm", "force_n", "kvp",
        "exposure_mas", "angle_degrees", "implant", "partial_view".
    """
    words = {
        "age": _age(header),
        "sex": _SEXES.get(text(header, "PatientSex").upper(), ""),
        "view": str(slot.position),
        "laterality": "right" if slot.laterality == "R" else "left",
        "manufacturer": text(header, "Manufacturer"),
        "model": text(header, "ManufacturerModelName"),
        "implant": _ANSWERS.get(text(header, "BreastImplantPresent").upper(), ""),
        "partial_view": _ANSWERS.get(text(header, "PartialView").upper(), ""),
    }
    measured = {name: read(header) for name, read in _MEASURED.items()}
    words |= {name: f"{value:.4g}" for name, value in measured.items() if value is not None}
    return MappingProxyType({name: word for name, word in words.items() if word})


def _age(header: Dataset) -> str:
    """Give the age in whole years; zero is what anonymisers write, no age of a mammogram."""
    years = _age_as_written(header)
    if years is None:
        years = _age_at_study(header)
    return str(int(years)) if years is not None and 1 <= years <= _OLDEST else ""


def _age_as_written(header: Dataset) -> float | None:
    written = text(header, "PatientAge").upper()
    digits, unit = written[:-1], written[-1:]
    if not digits.isdecimal() or unit not in _AGE_UNITS or int(digits) == 0:
        return None
    return int(digits) * _AGE_UNITS[unit]


def _age_at_study(header: Dataset) -> float | None:
    born, studied = (_date(header, keyword) for keyword in ("PatientBirthDate", "StudyDate"))
    if born is None or studied is None:
        return None
    had_birthday = (studied.month, studied.day) >= (born.month, born.day)
    return studied.year - born.year - (not had_birthday)


def _date(header: Dataset, keyword: str) -> datetime | None:
    written = text(header, keyword).replace(".", "").replace("-", "")
    try:
        return datetime.strptime(written, "%Y%m%d")  # noqa: DTZ007 - a date has no time zone
    except ValueError:
        return None


def _positive(keyword: str, factor: float = 1.0) -> Callable[[Dataset], float | None]:
    def read(header: Dataset) -> float | None:
        value = number(header, keyword)
        return value * factor if value is not None and value > 0 else None

    return read


_MEASURED: Mapping[str, Callable[[Dataset], float | None]] = {
    "thickness_mm": _positive("BodyPartThickness"),
    "force_n": _positive("CompressionForce"),
    "kvp": _positive("KVP"),
    "exposure_mas": _positive("Exposure"),
    "organ_dose_mgy": _positive("OrganDose", 100.0),  # (0040,0316) is in dGy
    "angle_degrees": lambda header: number(header, "PositionerPrimaryAngle"),
}
