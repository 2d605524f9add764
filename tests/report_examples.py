"""Studies, findings and words from which the tests make structured reports.

Every UID, date and number is fixed, so that a report made from them is the same for ever.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from pydicom import Dataset

from mammogram_files import mammogram
from mammovlm.explanation import explain
from mammovlm.findings import (
    Algorithm,
    BreastFindings,
    Density,
    Explanation,
    ExplanationOrigin,
    Findings,
    Likelihood,
    ModelPart,
    Region,
    RegionKind,
    ViewFindings,
)
from mammovlm.study import (
    HANGING_ORDER,
    BreastBox,
    Laterality,
    LeftOut,
    LeftOutReason,
    Slot,
    SourceImage,
    Study,
    View,
)

STUDY_UID = "1.2.826.0.1.3680043.8.498.1"
MADE_AT = datetime(2026, 1, 5, 10, 30)  # noqa: DTZ001 - as a modality writes it, without zone
R, L = Laterality.RIGHT, Laterality.LEFT

DENSITY_B = Density((0.062, 0.871, 0.061, 0.006))
DENSITY_C = Density((0.01, 0.181, 0.776, 0.033))
LOW = Likelihood(0.083, 0.041, 0.157, calibrated=True)
LOWEST = Likelihood(0.031, 0.012, 0.06, calibrated=True)
UNCLEAR = Likelihood(0.412, 0.287, 0.553, calibrated=True)
HIGH = Likelihood(0.914, 0.842, 0.967, calibrated=True)

_ORIENTATION = {"RCC": ["P", "L"], "LCC": ["A", "R"], "RMLO": ["P", "FL"], "LMLO": ["A", "FR"]}

ALGORITHM = Algorithm(
    name="MammoVLM",
    manufacturer="MammoVLM project",
    version="0.1.0",
    preset="compact",
    device_uid="2.25.329800735698586629295641978511506172918",
    parts=(
        ModelPart("density selector", "tf_efficientnet_lite0", "1" * 64, "phantoms"),
        ModelPart("expert convnext", "tf_efficientnet_lite2", "2" * 64, "ImageNet"),
        ModelPart("language model", "llama", None, "nothing for this task"),
    ),
    training_note=(
        "Density and likelihoods were trained on simulated images (phantoms) only. They say "
        "nothing about real patients."
    ),
)

EXPLANATION = Explanation(
    summary="Density B in both breasts. Nothing to assess is likely in either breast.",
    patient_text=(
        "A computer program looked at your mammogram. It saw no sign that needs a closer look. "
        "Your doctor will tell you the result.\n\nYour breast tissue is not dense."
    ),
    origin=ExplanationOrigin.TEMPLATE,
    reading_grade=5.4,
    refused_because="",
    language="en-US",
)


def slots(names: str) -> tuple[Slot, ...]:
    """Give the slots of names such as "RCC LMLO", in hanging order."""
    wanted = names.split()
    return tuple(slot for slot in HANGING_ORDER if str(slot) in wanted)


def study_of(
    names: str = "RCC LCC RMLO LMLO", left_out: tuple[LeftOut, ...] = (), **attributes: Any
) -> Study:
    """Make a study of these views, from conform headers in which attributes can be overridden."""
    views = tuple(
        view_of(slot, header_of(slot, number, **attributes))
        for number, slot in enumerate(slots(names), start=1)
    )
    return Study(STUDY_UID, views, left_out)


def header_of(slot: Slot, number: int, **attributes: Any) -> Dataset:
    """Make the header of one view, with fixed UIDs and no pixels."""
    fixed: dict[str, Any] = {
        "study_uid": STUDY_UID,
        "series_uid": f"{STUDY_UID}.1",
        "SOPInstanceUID": f"{STUDY_UID}.1.{number}",
        "InstanceNumber": number,
        "rows": 400,
        "columns": 300,
        "PatientOrientation": _ORIENTATION[str(slot)],
        "StudyDate": "20260105",
        "StudyTime": "101500",
        "AcquisitionDate": "20260105",
        "AcquisitionTime": "101500",
        "PatientName": "Test^Phantom",
        "PatientID": "PHANTOM1",
        "PatientBirthDate": "19600101",
        "PatientSex": "F",
    }
    header = mammogram(slot.laterality, slot.position, **(fixed | attributes))
    del header.PixelData
    return header


def view_of(
    slot: Slot, header: Dataset, spacing_mm: tuple[float, float] | None = (0.1, 0.1)
) -> View:
    """Make a view that was read from this header."""
    source = SourceImage(
        sop_class_uid=str(header.SOPClassUID),
        sop_instance_uid=str(header.SOPInstanceUID),
        series_instance_uid=str(header.SeriesInstanceUID),
        rows=int(header.Rows),
        columns=int(header.Columns),
        for_presentation=True,
        header=header,
    )
    pixels = np.broadcast_to(np.float32(0), (source.rows, source.columns))
    return View(slot, pixels, spacing_mm, BreastBox(0, 0, source.rows, source.columns), source)


def findings_of(
    study: Study,
    density: dict[Laterality, Density] | None = None,
    presence: dict[Laterality, Likelihood] | None = None,
    suspicion: dict[Laterality, Likelihood] | None = None,
    not_available: Iterable[str] = (),
) -> Findings:
    """Make findings that fit a study; what is not given has no trained head."""
    density, presence, suspicion = density or {}, presence or {}, suspicion or {}
    sides = [side for side in Laterality if any(v.slot.laterality is side for v in study.views)]
    views = tuple(
        ViewFindings(
            view.slot,
            view.source.sop_instance_uid,
            density.get(view.slot.laterality),
            "convnext",
            suspicion[view.slot.laterality].value if view.slot.laterality in suspicion else None,
        )
        for view in study.views
    )
    densities = [density[side] for side in sides if side in density]
    return Findings(
        study_instance_uid=study.study_instance_uid,
        views=views,
        breasts=tuple(
            BreastFindings(side, density.get(side), presence.get(side), suspicion.get(side))
            for side in sides
        ),
        density=max(densities, key=lambda one: one.category, default=None),
        missing=study.missing,
        left_out=study.left_out,
        not_available=tuple(not_available),
        algorithm=ALGORITHM,
    )


Example = tuple[Study, Findings, Explanation]


def normal() -> Example:
    """Give a normal exam: four views, density B, nothing to assess."""
    study = study_of()
    both = {R: DENSITY_B, L: DENSITY_B}
    suspicion = {R: LOW, L: UNCLEAR}
    return study, findings_of(study, both, {R: LOWEST, L: LOW}, suspicion), EXPLANATION


def partial() -> Example:
    """Give an exam without one view, and with images that were left out."""
    left_out = (
        LeftOut(f"{STUDY_UID}.1.9", LeftOutReason.SPOT_COMPRESSION),
        LeftOut(f"{STUDY_UID}.1.10", LeftOutReason.SPOT_COMPRESSION),
        LeftOut(f"{STUDY_UID}.1.11", LeftOutReason.ATTRIBUTE_MISSING, "Rows"),
    )
    study = study_of("RCC LCC RMLO", left_out, PatientSex=None, StudyID=None)
    density = {R: DENSITY_B, L: DENSITY_C}
    words = replace(
        EXPLANATION,
        summary="Density C. The view LMLO is missing.",
        patient_text="One picture is missing. Your breast tissue is dense.",
    )
    presence, suspicion = {R: LOW, L: UNCLEAR}, {R: LOW, L: UNCLEAR}
    return study, findings_of(study, density, presence, suspicion), words


def suspicious() -> Example:
    """Give an exam with a clear suggestion for either breast."""
    study = study_of()
    words = replace(
        EXPLANATION,
        summary="Something to assess is likely in both breasts; in the left, category 4.",
        patient_text=(
            "A computer program saw an area that your doctor should look at. You may need more "
            "pictures.\nYour doctor will talk with you about it."
        ),
        origin=ExplanationOrigin.LANGUAGE_MODEL,
        reading_grade=4.8,
    )
    density = {R: DENSITY_C, L: DENSITY_C}
    return study, findings_of(study, density, {R: HIGH, L: HIGH}, {R: LOW, L: HIGH}), words


MASS = Region(150.5, 120.25, 30.0, 20.0, 0.873, 0.612, RegionKind.MASS)
CLUSTER = Region(310.0, 60.0, 9.5, 14.0, 0.702, 0.35, RegionKind.CALCIFICATIONS)
UNNAMED = Region(40.125, 200.0, 8.0, 8.0, 0.55, 0.104, RegionKind.BENIGN)


def with_regions() -> Example:
    """Give a suspicious exam with regions in two of its views."""
    study, found, words = suspicious()
    regions = {"LCC": (MASS, CLUSTER, UNNAMED), "LMLO": (replace(MASS, column=80.0),)}
    views = tuple(
        replace(view, regions=regions.get(str(view.slot), ()), was_searched=True)
        for view in found.views
    )
    return study, replace(found, views=views), words


def heads_not_available() -> Example:
    """Give an exam of a model that has only a trained density selector."""
    study = study_of()
    density = {R: DENSITY_B, L: DENSITY_B}
    words = replace(EXPLANATION, summary="Density B. No likelihood is available.")
    found = findings_of(study, density, not_available=("presence", "suspicion"))
    return study, found, words


def nothing_trained() -> Example:
    """Give an exam of a model without any trained head."""
    study = study_of()
    return (
        study,
        findings_of(study, not_available=("density", "presence", "suspicion")),
        EXPLANATION,
    )


def chinese() -> Example:
    """Give an exam in Chinese with everything that a report can say, in the real words."""
    left_out = (
        LeftOut(f"{STUDY_UID}.1.9", LeftOutReason.SPOT_COMPRESSION),
        LeftOut(f"{STUDY_UID}.1.11", LeftOutReason.ATTRIBUTE_MISSING, "Rows"),
    )
    study = study_of("RCC LCC RMLO", left_out, PatientName="Wang^XiaoDong=王^小东")
    density, presence = {R: DENSITY_B, L: DENSITY_C}, {R: HIGH, L: HIGH}
    found = findings_of(study, density, presence, {R: UNCLEAR, L: HIGH})
    return study, found, explain(found, None, "zh-CN")


EXAMPLES = {
    "normal exam without findings": normal,
    "partial study": partial,
    "suspicious with patient text": suspicious,
    "suspicious with regions": with_regions,
    "heads not available": heads_not_available,
    "partial study in Chinese": chinese,
}
