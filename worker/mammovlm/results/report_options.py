"""What a site can choose about its result objects."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydicom.uid import UID, Comprehensive3DSRStorage, ComprehensiveSRStorage

from mammovlm.settings import DEFAULT_FONT, Settings


@dataclass(frozen=True)
class ReportOptions:
    """Choices that change the content of a report, and so its UIDs.

    Parameters
    ----------
    sr_class
        Comprehensive SR, which every viewer reads, or Comprehensive 3D SR, which a strict claim
        of IHE AI Results asks for.
    character_set
        (0008,0005) of the report; ISO_IR 100 replaces what Latin-1 cannot write.
    include_patient_text
        Whether the draft for the patient is put into the report.
    suspicion_threshold
        0..1; a category is suggested only where the whole interval lies on one side of it.
    is_stored
        Whether the site wants the report itself. It is made and checked in any case; where it is
        not stored, nothing names it, so the objects beside it are others than with it.
    """

    sr_class: Literal["comprehensive", "comprehensive3d"] = "comprehensive"
    character_set: Literal["ISO_IR 192", "ISO_IR 100"] = "ISO_IR 192"
    include_patient_text: bool = True
    suspicion_threshold: float = 0.5
    is_stored: bool = True

    @classmethod
    def from_settings(cls, settings: Settings) -> "ReportOptions":
        """Take the choices from the worker's settings."""
        return cls(
            sr_class=settings.sr_class,
            character_set=settings.sr_character_set,
            include_patient_text=settings.include_patient_text,
            suspicion_threshold=settings.suspicion_threshold,
            is_stored=settings.structured_report,
        )

    @property
    def sop_class_uid(self) -> UID:
        """(0008,0016) of the report."""
        if self.sr_class == "comprehensive3d":
            return Comprehensive3DSRStorage
        return ComprehensiveSRStorage


@dataclass(frozen=True)
class ObjectOptions:
    """Which objects a site wants; none of its own choices changes the content of another object.

    Parameters
    ----------
    report
        Of the structured report, which is always made: the others are checked against it.
    wants_cad_report
        Mammography CAD SR, for reading workstations.
    wants_pdf
        Encapsulated PDF of one page, for viewers that show no structured report.
    wants_presentation_state
        Presentation state that draws the regions, where there are any, for viewers that draw no
        region of a structured report.
    wants_heat_maps
        A secondary capture for each view that shows the model's evidence in colours.
    font
        TrueType file for what the page's own font lacks; see `page_fonts`.
    """

    report: ReportOptions = field(default_factory=ReportOptions)
    wants_cad_report: bool = False
    wants_pdf: bool = True
    wants_presentation_state: bool = True
    wants_heat_maps: bool = False
    font: Path = DEFAULT_FONT

    @classmethod
    def from_settings(cls, settings: Settings) -> "ObjectOptions":
        """Take the choices from the worker's settings."""
        return cls(
            report=ReportOptions.from_settings(settings),
            wants_cad_report=settings.cad_report,
            wants_pdf=settings.pdf_report,
            wants_presentation_state=settings.presentation_state,
            wants_heat_maps=settings.heat_maps,
            font=settings.pdf_font,
        )
