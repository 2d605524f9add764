"""The content tree of a Mammography CAD SR (PS3.16 TID 4000): breast density and marked regions.

The template has no place for a likelihood of BI-RADS 4 against 3, nor for words to a patient. So
this object holds density and marks alone, for reading workstations; the structured report has the
rest.
"""

from collections.abc import Iterator, Sequence

from pydicom import Dataset
from pydicom.sr.coding import Code

from mammovlm.findings import Density, Findings, ViewFindings
from mammovlm.results import cad_items as items
from mammovlm.results import codes
from mammovlm.results.cad_image_library import cad_image_library
from mammovlm.results.cad_regions import (
    LOCALISED,
    region_findings,
    summary_of_detections,
    was_searched,
)
from mammovlm.results.content_tree import weights_of
from mammovlm.results.percent import percent
from mammovlm.results.qualitative_evaluations import DISCLAIMER
from mammovlm.results.report_context import ReportContext
from mammovlm.results.view_groups import titled_views
from mammovlm.study import Laterality

_ENGLISH = Code("en-US", "RFC5646", "English (United States)")
_SIDES = {Laterality.RIGHT: "Right breast", Laterality.LEFT: "Left breast"}
NOT_LOCALISED = (
    "The algorithm does not localize: no detection of masses or calcifications was attempted, and "
    "the absence of marks says nothing."
)


def cad_tree(context: ReportContext) -> Dataset:
    """Make the root container (111036, DCM) with its rows in the order of TID 4000."""
    return items.container(
        codes.CAD_REPORT,
        "",
        [
            items.code(codes.LANGUAGE, _ENGLISH, items.HAS_CONCEPT_MOD),
            cad_image_library(context.study),
            _overall_impression(context),
            summary_of_detections(context),
            _summary_of_analyses(context),
        ],
        template="4000",
    )


def cad_summary(findings: Findings) -> Code:
    """Say how the analysis went (CID 6047); a density is a finding here."""
    if not views_with_density(findings) and not any(view.regions for view in findings.views):
        return codes.NONE_SUCCEEDED
    return codes.PARTIAL_WITH_FINDINGS if findings.is_partial else codes.SUCCEEDED_WITH_FINDINGS


def overall_description(findings: Findings) -> str:
    """Word the densities, what is missing, what the numbers rest on and the limits of use.

    The template codes a density for single images only, so those of a breast and of the study
    stand here.
    """
    densities = [(_SIDES[breast.laterality], breast.density) for breast in findings.breasts]
    densities.append(("Breast density of the study", findings.density))
    sentences = [_in_words(what, density) for what, density in densities if density is not None]
    sentences += [f"Missing view: {slot}." for slot in findings.missing]
    localised = LOCALISED if was_searched(findings) else NOT_LOCALISED
    sentences += [localised, findings.algorithm.training_note, DISCLAIMER]
    return " ".join(sentences)


def composition_parameters(findings: Findings) -> list[str]:
    """List the algorithm parameters of the density: the preset, and the selector's weights."""
    algorithm = findings.algorithm
    selectors = [part for part in algorithm.parts if "density" in part.name]
    return [
        f"preset={algorithm.preset}",
        *(weights_of(part) for part in selectors),
        algorithm.training_note,
    ]


def _in_words(what: str, density: Density) -> str:
    meaning = codes.DENSITIES[density.category].meaning
    return f"{what}: {density.category} ({meaning}), {percent(density.probability):.1f} %."


def _overall_impression(context: ReportContext) -> Dataset:
    """Make TID 4001: the status, the overall words (TID 4002), and one impression a breast."""
    findings = context.findings
    return items.code(
        codes.PROCESSING_SUMMARY,
        cad_summary(findings),
        items=[
            items.text(codes.IMPRESSION_DESCRIPTION, overall_description(findings)),
            *items.algorithm_items(findings.algorithm, composition_parameters(findings)),
            *_individual_impressions(context),
        ],
    )


def _individual_impressions(context: ReportContext) -> Iterator[Dataset]:
    """Make TID 4003 for the densities of each breast, then one for each of its regions.

    Findings of one impression are of one kind: what TID 4006 wants below a finding follows from
    that.
    """
    views = views_with_density(context.findings)
    for breast in context.findings.breasts:
        side = breast.laterality
        own = [(title, view) for title, view in views if view.slot.laterality is side]
        if own:
            yield _impression([_finding(context, title, view) for title, view in own])
        yield from (_impression([region]) for region in region_findings(context, side))


def _impression(findings: Sequence[Dataset]) -> Dataset:
    intent = items.code(codes.RENDERING_INTENT, codes.PRESENTATION_OPTIONAL, items.HAS_CONCEPT_MOD)
    return items.container(codes.INDIVIDUAL_IMPRESSION, items.INFERRED_FROM, [intent, *findings])


def _finding(context: ReportContext, title: str, view: ViewFindings) -> Dataset:
    """Make TID 4006 with TID 4007 for one image; geometry is not for a composition.

    No row ties a composition to its image. So the finding is tracked under the name and UID that
    the structured report gives the same view.
    """
    density = view.density
    if density is None:
        raise ValueError("a composition needs a density")
    tracked = context.uids.tracking(f"{title} {view.sop_instance_uid}")
    composition = codes.DENSITIES[density.category]
    return items.code(
        codes.SINGLE_IMAGE_FINDING,
        codes.BREAST_COMPOSITION,
        items=[
            items.code(codes.RENDERING_INTENT, codes.PRESENTATION_OPTIONAL, items.HAS_CONCEPT_MOD),
            items.text(codes.TRACKING_IDENTIFIER, title, items.HAS_OBS_CONTEXT),
            items.uid(codes.TRACKING_UID, tracked, items.HAS_OBS_CONTEXT),
            *items.algorithm_items(context.findings.algorithm, [f"expert={view.expert}"]),
            items.number(
                codes.CERTAINTY_OF_FINDING, f"{percent(density.probability):.1f}", codes.PERCENT
            ),
            items.code(codes.BREAST_COMPOSITION, composition, items.HAS_PROPERTIES),
        ],
    )


def _summary_of_analyses(context: ReportContext) -> Dataset:
    """Make TID 4016 with TID 4018: the composition of every image that has a density."""
    views = views_with_density(context.findings)
    if not views:
        return items.code(codes.SUMMARY_OF_ANALYSES, codes.NOT_ATTEMPTED)
    analysed = (context.view(view.sop_instance_uid).source for _, view in views)
    performed = items.code(
        codes.ANALYSIS_PERFORMED,
        codes.COMPOSITION_ANALYSIS,
        items=[
            *items.algorithm_items(
                context.findings.algorithm, composition_parameters(context.findings)
            ),
            *(items.image(source, items.HAS_PROPERTIES) for source in analysed),
        ],
    )
    successful = items.container(codes.SUCCESSFUL_ANALYSES, items.INFERRED_FROM, [performed])
    return items.code(codes.SUMMARY_OF_ANALYSES, codes.SUCCEEDED, items=[successful])


def views_with_density(findings: Findings) -> Sequence[tuple[str, ViewFindings]]:
    """List the views that have a density, each with its title in the structured report."""
    return [(title, view) for title, view in titled_views(findings.views) if view.density]
