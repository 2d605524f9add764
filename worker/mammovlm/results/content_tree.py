"""The content tree of a report: TID 1500 with its context, library, groups and words."""

from highdicom.sr import (
    CodedConcept,
    ContainerContentItem,
    ContentItem,
    DeviceObserverIdentifyingAttributes,
    LanguageOfContentItemAndDescendants,
    ObserverContext,
)
from pydicom.sr.coding import Code

from mammovlm.findings import Algorithm, ModelPart
from mammovlm.results import codes
from mammovlm.results.assessment_groups import assessment_groups
from mammovlm.results.character_set import clean_text
from mammovlm.results.content_items import (
    HAS_CONCEPT_MOD,
    algorithm_identification,
    code,
    container,
    rows_of,
)
from mammovlm.results.density_groups import density_groups
from mammovlm.results.image_library import image_library
from mammovlm.results.qualitative_evaluations import qualitative_evaluations
from mammovlm.results.region_groups import region_groups
from mammovlm.results.report_context import ReportContext
from mammovlm.results.view_groups import view_groups
from mammovlm.words import LANGUAGES

THRESHOLD = "suspicion threshold="
"""How the algorithm parameter begins that says what the categories were decided with."""


def content_tree(context: ReportContext) -> ContainerContentItem:
    """Make the root container (126000, DCM) of a report."""
    # (121058, DCM) names the procedure that made the images. CID 100, its baseline, knows no
    # mammography; its "Imaging procedure" is true and passes template checkers, and the exact
    # procedure stands in Performed Procedure Code Sequence (0040,A372).
    items: list[ContentItem] = [
        *language_items(context.explanation.language),
        *observer_items(context.findings.algorithm),
        code(codes.PROCEDURE_REPORTED, codes.IMAGING_PROCEDURE, HAS_CONCEPT_MOD),
        image_library(context.study),
        _imaging_measurements(context),
        qualitative_evaluations(context),
    ]
    return container(codes.REPORT_TITLE, items, template="1500", is_root=True)


def algorithm_parameters(algorithm: Algorithm, suspicion_threshold: float) -> list[str]:
    """List preset, threshold and the weights of every part as parameters (111002, DCM)."""
    return [
        f"preset={algorithm.preset}",
        f"{THRESHOLD}{suspicion_threshold!r}",
        *(weights_of(part) for part in algorithm.parts),
    ]


def weights_of(part: ModelPart) -> str:
    """Name a part, its weights by the first 16 digits of their SHA-256, and its training."""
    weights = f"sha256:{part.weights_sha256[:16]}" if part.weights_sha256 else "none"
    return f"{part.name}: {part.architecture}, weights {weights}, trained on {part.trained_on}"


def language_items(tag: str) -> list[ContentItem]:
    """Make TID 1204."""
    language = Code(tag, "RFC5646", LANGUAGES[tag].name)
    return rows_of(LanguageOfContentItemAndDescendants(CodedConcept.from_code(language)))


def observer_items(algorithm: Algorithm) -> list[ContentItem]:
    """Make TID 1002 with the device of TID 1004; IHE AIR wants the names of TID 4019 here."""
    device = DeviceObserverIdentifyingAttributes(
        uid=algorithm.device_uid,
        name=clean_text(algorithm.name),
        manufacturer_name=clean_text(algorithm.manufacturer),
        model_name=clean_text(algorithm.name),
    )
    return rows_of(ObserverContext(CodedConcept.from_code(codes.DEVICE), device))


def _imaging_measurements(context: ReportContext) -> ContainerContentItem:
    """Make the container (126010, DCM): the algorithm in full, then every group."""
    algorithm = context.findings.algorithm
    parameters = algorithm_parameters(algorithm, context.options.suspicion_threshold)
    items: list[ContentItem] = [
        *algorithm_identification(algorithm, parameters),
        *density_groups(context),
        *assessment_groups(context),
        *view_groups(context),
        *region_groups(context),
    ]
    return container(codes.IMAGING_MEASUREMENTS, items)
