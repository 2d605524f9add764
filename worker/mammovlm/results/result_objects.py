"""Every DICOM object of one analysis: made from the same findings, each checked before storing."""

from collections.abc import Sequence
from datetime import datetime

from pydicom import Dataset
from pydicom.uid import (
    EncapsulatedPDFStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    MammographyCADSRStorage,
    SecondaryCaptureImageStorage,
)

from mammovlm.evidence import EvidenceMap
from mammovlm.findings import Explanation, Findings
from mammovlm.job import LateSuccession, PredecessorReport
from mammovlm.results.cad_check import check_cad_report
from mammovlm.results.cad_report import cad_report
from mammovlm.results.encapsulated_pdf import encapsulated_pdf
from mammovlm.results.heat_map import heat_maps
from mammovlm.results.heat_map_check import check_heat_maps
from mammovlm.results.page_fonts import page_fonts
from mammovlm.results.pdf_check import check_pdf
from mammovlm.results.presentation_check import check_presentation_state
from mammovlm.results.presentation_state import presentation_state
from mammovlm.results.report_check import check_report
from mammovlm.results.report_context import ReportContext
from mammovlm.results.report_options import ObjectOptions
from mammovlm.results.structured_report import structured_report
from mammovlm.study import Study


def result_objects(
    study: Study,
    findings: Findings,
    explanation: Explanation,
    predecessor: PredecessorReport | None,
    options: ObjectOptions,
    *,
    evidence: Sequence[EvidenceMap] = (),
    at: datetime | None = None,
) -> tuple[Dataset, ...]:
    """Make the structured report and, after it, the objects that a site wants beside it.

    The report is made even where it is not wanted, since the others are checked against it;
    `stored_objects` leaves it out.

    Parameters
    ----------
    study, findings, explanation, predecessor
        As `structured_report` takes them.
    options
        Which objects there are, and what they hold.
    evidence
        Of the views; without it there are no heat maps.
    at
        When the content was made; now, where it is not given.

    Raises
    ------
    FontMissing
        If the page is wanted in a language that no installed font can write.
    """
    moment = at or datetime.now().astimezone()
    context = ReportContext(study, findings, explanation, options.report, predecessor)
    report = structured_report(study, findings, explanation, predecessor, options.report, at=moment)
    objects = [report]
    if options.wants_cad_report:
        objects.append(cad_report(context, moment))
    if options.wants_pdf:
        fonts = page_fonts(explanation.language, options.font)
        objects.append(encapsulated_pdf(context, report, fonts, moment))
    if options.wants_presentation_state:
        state = presentation_state(context, moment)
        objects += [] if state is None else [state]
    if options.wants_heat_maps:
        first = stored_objects(objects, options)[0]
        objects += heat_maps(context, first, evidence, moment)
    return tuple(objects)


def stored_objects(objects: Sequence[Dataset], options: ObjectOptions) -> tuple[Dataset, ...]:
    """Give those of all objects that go to the archive.

    The first is the one that status, page and re-runs name: the structured report or, where a site
    wants none, the PDF, which says as much, or else the Mammography CAD SR. Settings see to it that
    there is one.
    """
    if options.report.is_stored:
        return tuple(objects)
    return tuple(sorted(objects[1:], key=lambda one: one.SOPClassUID != EncapsulatedPDFStorage))


def check_objects(
    objects: Sequence[Dataset],
    study: Study,
    findings: Findings,
    explanation: Explanation,
    options: ObjectOptions,
    *,
    evidence: Sequence[EvidenceMap] = (),
    late: LateSuccession | None = None,
) -> None:
    """Check each object as its kind is checked; none is stored where one of them fails.

    Parameters
    ----------
    objects, study, findings, explanation, options, evidence
        As `result_objects` gave and took them.
    late
        What `succession.put_in_line` said of them.

    Raises
    ------
    ResultInvalid
        If an object does not say what the findings say; the message names what differs.
    """
    report, *others = objects
    check_report(report, study, findings, explanation, late)
    for other in others:
        if other.SOPClassUID == MammographyCADSRStorage:
            check_cad_report(other, report, study, findings)
        elif other.SOPClassUID == EncapsulatedPDFStorage:
            fonts = page_fonts(explanation.language, options.font)
            check_pdf(other, report, study, findings, explanation, fonts=fonts)
        elif other.SOPClassUID == GrayscaleSoftcopyPresentationStateStorage:
            check_presentation_state(other, report, study, findings)
    if options.wants_heat_maps:
        maps = [one for one in others if one.SOPClassUID == SecondaryCaptureImageStorage]
        first = stored_objects(objects, options)[0]
        check_heat_maps(maps, report, study, findings, evidence, named=first)
