# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who asked what, as an audit message of DICOM (PS3.15 A.5, schema in A.5.1, codes in PS3.16).

The patient's participant is there, because A.5.3 asks for it, but withheld: the study's UID leads
whoever may look to the patient, and nobody else.
"""

from dataclasses import dataclass
from enum import StrEnum
from xml.etree import ElementTree

from mammovlm_orthanc import clock

NOT_RECORDED = "withheld"
UNKNOWN = "unknown"
"""Who nobody has checked; never a guess."""

_DCM = "DCM"
_OWN_SCHEME = "99MAMMOVLM"
_RFC_3881 = "RFC-3881"


class AuditAct(StrEnum):
    """What somebody asked; the value is the EventTypeCode in our own coding scheme."""

    ANALYSIS = "analysis"
    RERUN = "re-run"
    URGENT = "urgent"
    QUESTION = "question"
    ANSWER = "answer"
    AGREED = "agreed"
    DISAGREED = "disagreed"
    OPINION_WITHDRAWN = "opinion-withdrawn"
    TEXT_EDITED = "patient-text-edited"
    TEXT_RELEASED = "patient-text-released"
    TEXT_WITHDRAWN = "patient-text-withdrawn"
    REFUSED = "refused"


class Outcome(StrEnum):
    """EventOutcomeIndicator of PS3.15 A.5.1.1."""

    SUCCESS = "0"
    MINOR_FAILURE = "4"
    SERIOUS_FAILURE = "8"


_PROCEDURE_RECORD = ("110111", "Procedure Record")
_INSTANCES_ACCESSED = ("110103", "DICOM Instances Accessed")
_EVENTS: dict[AuditAct, tuple[tuple[str, str], str, str]] = {
    AuditAct.ANALYSIS: (_PROCEDURE_RECORD, "C", "Analysis asked for"),
    AuditAct.RERUN: (_PROCEDURE_RECORD, "C", "Analysis asked for again"),
    AuditAct.URGENT: (_PROCEDURE_RECORD, "U", "Analysis called urgent"),
    AuditAct.QUESTION: (_INSTANCES_ACCESSED, "R", "Question asked about a result"),
    AuditAct.ANSWER: (_INSTANCES_ACCESSED, "U", "Answer to a question given by a worker"),
    AuditAct.AGREED: (_INSTANCES_ACCESSED, "U", "Reader agreed with a result"),
    AuditAct.DISAGREED: (_INSTANCES_ACCESSED, "U", "Reader disagreed with a result"),
    AuditAct.OPINION_WITHDRAWN: (_INSTANCES_ACCESSED, "U", "Reader withdrew an opinion"),
    AuditAct.TEXT_EDITED: (_INSTANCES_ACCESSED, "U", "Text for the patient edited"),
    AuditAct.TEXT_RELEASED: (_INSTANCES_ACCESSED, "U", "Text for the patient released"),
    AuditAct.TEXT_WITHDRAWN: (_INSTANCES_ACCESSED, "U", "Text for the patient withdrawn"),
    AuditAct.REFUSED: (_INSTANCES_ACCESSED, "U", "Request that was not understood"),
}
"""EventID (PS3.16 CID 400), EventActionCode, and the meaning of the EventTypeCode."""


@dataclass(frozen=True)
class AuditEvent:
    """One thing that somebody asked.

    Parameters
    ----------
    at
        When, seconds since 1970.
    act, outcome, description
        What, whether it was done, and why not; never what the caller wrote.
    user
        Whose password was checked, or `UNKNOWN`.
    signed
        How they signed, which nobody has checked; "" where they did not.
    study_instance_uid
        (0020,000D), or `UNKNOWN`.
    report_uid
        SOP Instance UID of the report that it is about, "" for none.
    """

    at: float
    act: AuditAct
    outcome: Outcome
    user: str = UNKNOWN
    signed: str = ""
    description: str = ""
    study_instance_uid: str = UNKNOWN
    report_uid: str = ""


@dataclass(frozen=True)
class AuditSource:
    """Who writes the record: the name of this Orthanc and machine, and its process."""

    name: str
    process: str


def audit_message(event: AuditEvent, source: AuditSource) -> str:
    """Write an AuditMessage (PS3.15 A.5.1) in one line."""
    message = ElementTree.Element("AuditMessage")
    _identification(message, event)
    _participants(message, event, source)
    origin = ElementTree.SubElement(
        message, "AuditSourceIdentification", AuditSourceID=_token(source.name)
    )
    ElementTree.SubElement(origin, "AuditSourceTypeCode", {"csd-code": "4"})
    _study(message, event)
    _patient(message)
    return ElementTree.tostring(message, encoding="unicode")


def _identification(message: ElementTree.Element, event: AuditEvent) -> None:
    (code, meaning), action, type_meaning = _EVENTS[event.act]
    event_element = ElementTree.SubElement(
        message,
        "EventIdentification",
        EventActionCode=action,
        EventDateTime=clock.iso(event.at),
        EventOutcomeIndicator=event.outcome,
    )
    _coded(event_element, "EventID", code, _DCM, meaning)
    _coded(event_element, "EventTypeCode", event.act, _OWN_SCHEME, type_meaning)
    if event.description:
        ElementTree.SubElement(event_element, "EventOutcomeDescription").text = _token(
            event.description
        )


def _participants(message: ElementTree.Element, event: AuditEvent, source: AuditSource) -> None:
    who = {"UserID": _token(event.user), "UserIsRequestor": "true"}
    if event.signed:
        who["UserName"] = _token(event.signed)
    ElementTree.SubElement(message, "ActiveParticipant", who)
    ourselves = ElementTree.SubElement(
        message,
        "ActiveParticipant",
        UserID=_token(source.process),
        UserName="MammoVLM",
        UserIsRequestor="false",
    )
    _coded(ourselves, "RoleIDCode", "110150", _DCM, "Application")


def _study(message: ElementTree.Element, event: AuditEvent) -> None:
    study = _object(message, event.study_instance_uid, kind="2", role="3")
    _coded(study, "ParticipantObjectIDTypeCode", "110180", _DCM, "Study Instance UID")
    ElementTree.SubElement(study, "ParticipantObjectName").text = "Study"
    if event.report_uid:
        described = ElementTree.SubElement(study, "ParticipantObjectDescription")
        report = ElementTree.SubElement(described, "SOPClass", NumberOfInstances="1")
        ElementTree.SubElement(report, "Instance", UID=_token(event.report_uid))


def _patient(message: ElementTree.Element) -> None:
    patient = _object(message, NOT_RECORDED, kind="1", role="1")
    _coded(patient, "ParticipantObjectIDTypeCode", "2", _RFC_3881, "Patient Number")
    ElementTree.SubElement(patient, "ParticipantObjectName").text = NOT_RECORDED
    described = ElementTree.SubElement(patient, "ParticipantObjectDescription")
    ElementTree.SubElement(described, "Anonymized").text = "true"


def _object(
    message: ElementTree.Element, identifier: str, *, kind: str, role: str
) -> ElementTree.Element:
    return ElementTree.SubElement(
        message,
        "ParticipantObjectIdentification",
        ParticipantObjectID=_token(identifier),
        ParticipantObjectTypeCode=kind,
        ParticipantObjectTypeCodeRole=role,
    )


def _coded(parent: ElementTree.Element, name: str, code: str, scheme: str, meaning: str) -> None:
    attributes = {"csd-code": code, "codeSystemName": scheme, "originalText": meaning}
    ElementTree.SubElement(parent, name, attributes)


def _token(text: str) -> str:
    """Keep what XML 1.0 allows, on one line: a caller must not be able to begin a new record."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split()) or UNKNOWN
