"""What our structured reports share beyond the header: flags, evidence, predecessor, codes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from pydicom import Dataset

from mammovlm.job import PredecessorReport
from mammovlm.results import codes
from mammovlm.results.object_header import ReferableObject, add_content_date, study_reference

_SCHEMES: Mapping[str, str] = MappingProxyType(
    {
        "CodingSchemeDesignator": codes.PRIVATE_SCHEME,
        "CodingSchemeUID": codes.PRIVATE_SCHEME_UID,
        "CodingSchemeName": "MammoVLM private codes",
        "CodingSchemeVersion": "1",
        "CodingSchemeResponsibleOrganization": "MammoVLM",
    }
)


def add_document(report: Dataset, *, is_partial: bool, moment: datetime) -> None:
    """Fill the SR Document General module (PS3.3 C.17.2): never verified, never final."""
    scheme = Dataset()
    for keyword, value in _SCHEMES.items():
        setattr(scheme, keyword, value)
    report.CodingSchemeIdentificationSequence = [scheme]
    report.ReferencedPerformedProcedureStepSequence = []
    report.CompletionFlag = "PARTIAL" if is_partial else "COMPLETE"
    report.VerificationFlag = "UNVERIFIED"
    report.PreliminaryFlag = "PRELIMINARY"
    report.PerformedProcedureCodeSequence = []
    add_content_date(report, moment)


def add_references(
    report: Dataset,
    study_instance_uid: str,
    images: Sequence[ReferableObject],
    predecessor: PredecessorReport | None,
) -> None:
    """List every image that the report rests on, and the report of the run before."""
    if images:
        report.CurrentRequestedProcedureEvidenceSequence = [
            study_reference(study_instance_uid, images)
        ]
    if predecessor is not None:
        report.PredecessorDocumentsSequence = [study_reference(study_instance_uid, [predecessor])]
