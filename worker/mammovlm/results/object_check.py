"""What is checked of every result object beside the report: header, UIDs, references."""

import struct
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError

from mammovlm.errors import ResultInvalid
from mammovlm.findings import Findings
from mammovlm.results.object_header import SeriesLabel
from mammovlm.results.uids import derived_uid
from mammovlm.study import Study


def check_object(name: str, made: Dataset, differences: Callable[[Dataset], Iterable[str]]) -> None:
    """Write an object, read it again, and refuse it where anything differs.

    Parameters
    ----------
    name
        What the object is called in the message.
    made
        The object.
    differences
        Names what differs in the object that was read again.

    Raises
    ------
    ResultInvalid
        If the object cannot be written, read, or differs; the message names what differs.
    """
    stored = written_and_read(name, made)
    try:
        differing = list(differences(stored))
    except (ValueError, AttributeError, KeyError, IndexError, TypeError) as error:
        # a missing item or attribute; from None, because the cause may quote patient data
        raise ResultInvalid(f"the {name} lacks a part ({type(error).__name__})") from None
    if differing:
        names = ", ".join(dict.fromkeys(differing))
        raise ResultInvalid(f"the {name} differs from the findings in: {names}")


def written_and_read(name: str, made: Dataset) -> Dataset:
    """Give the object as an archive will read it.

    Raises
    ------
    ResultInvalid
        If it cannot be written or read.
    """
    buffer = BytesIO()
    try:
        made.save_as(buffer, enforce_file_format=True)
        buffer.seek(0)
        return dcmread(buffer)
    except (
        ValueError,
        AttributeError,
        KeyError,
        TypeError,
        OverflowError,
        OSError,
        struct.error,
        InvalidDicomError,
    ) as error:
        kind = type(error).__name__  # from None, because the cause may quote patient data
        raise ResultInvalid(f"the {name} cannot be written ({kind})") from None


def differences_beside_report(
    stored: Dataset,
    report: Dataset,
    kind: str,
    label: SeriesLabel,
    *,
    is_document: bool = True,
) -> Iterator[str]:
    """Compare the header of an object with that of the report it was made with.

    Parameters
    ----------
    stored, report
        The object, and the structured report, which was checked before.
    kind
        From which the UIDs of the object are derived.
    label
        Its series.
    is_document
        Whether the object has the flags and the predecessor of a document.
    """
    expected: dict[str, object] = {
        "SOPInstanceUID": derived_uid(kind, report.SOPInstanceUID),
        "SeriesInstanceUID": derived_uid(f"{kind} series", report.SOPInstanceUID),
        "Modality": label.modality,
        "SeriesDescription": label.description,
        "VerificationFlag": "UNVERIFIED" if is_document else None,
        "VerifyingObserverSequence": None,
    }
    copied = ("StudyInstanceUID", "PatientID", "PatientName", "PatientBirthDate", "PatientSex")
    expected |= {keyword: report.get(keyword) for keyword in (*copied, "AccessionNumber")}
    yield from (name for name, value in expected.items() if stored.get(name) != value)
    equipment = stored.ContributingEquipmentSequence[0].DeviceUID
    if equipment != report.ContributingEquipmentSequence[0].DeviceUID:
        yield "contributing equipment"
    if is_document and _predecessors(stored) != _predecessors(report):
        yield "predecessor"


def differences_in_document(
    stored: Dataset, study: Study, findings: Findings, references: Iterable[tuple[str, str]]
) -> Iterator[str]:
    """Compare flags and evidence of a structured report.

    Parameters
    ----------
    references
        SOP class and instance of every object that its content tree refers to.
    """
    if stored.CompletionFlag != ("PARTIAL" if findings.is_partial else "COMPLETE"):
        yield "CompletionFlag"
    if stored.PreliminaryFlag != "PRELIMINARY":
        yield "PreliminaryFlag"
    expected = {(v.source.sop_class_uid, v.source.sop_instance_uid) for v in study.views}
    evidence = set(_references(stored.CurrentRequestedProcedureEvidenceSequence))
    if evidence != expected:
        yield "evidence"
    if not set(references) <= evidence:
        yield "references outside the evidence"


def _predecessors(dataset: Dataset) -> list[tuple[str, str]]:
    return list(_references(dataset.get("PredecessorDocumentsSequence") or ()))


def _references(studies: Iterable[Dataset]) -> Iterator[tuple[str, str]]:
    for study in studies:
        for series in study.ReferencedSeriesSequence:
            for sop in series.ReferencedSOPSequence:
                yield str(sop.ReferencedSOPClassUID), str(sop.ReferencedSOPInstanceUID)
