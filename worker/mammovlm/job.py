"""What a worker is asked to do: one analysis of one study, by identifiers only."""

from dataclasses import dataclass, field
from pathlib import Path

from mammovlm.study import LeftOut


@dataclass(frozen=True)
class InstanceReference:
    """One stored image by its identifiers."""

    series_instance_uid: str
    sop_instance_uid: str


@dataclass(frozen=True)
class PredecessorReport:
    """The report that a new one follows, for Predecessor Documents Sequence (0040,A360)."""

    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str


@dataclass(frozen=True)
class StoredDocument:
    """A structured report or encapsulated document that an archive holds, by its header.

    Parameters
    ----------
    reference
        Its identifiers.
    series_description
        (0008,103E), "" where it has none.
    number
        Instance Number (0020,0013), in ours the run; 0 where it has none.
    """

    reference: PredecessorReport
    series_description: str
    number: int


@dataclass(frozen=True)
class LateSuccession:
    """A report that names another one than its job does, which was stored later or never told of.

    Parameters
    ----------
    named
        What it names.
    of_job
        What its job names; its UIDs follow from that.
    """

    named: PredecessorReport
    of_job: PredecessorReport | None


@dataclass(frozen=True)
class AnalysisJob:
    """One analysis of one study.

    Parameters
    ----------
    study_instance_uid
        (0020,000D).
    instances
        The images to analyse; empty means every image of the study.
    left_out
        Images that the intake has already put aside, with their reasons.
    predecessor
        The report of the run before this one, if there was one that was known of.
    run
        1 for the study's first analysis.
    """

    study_instance_uid: str
    instances: tuple[InstanceReference, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    predecessor: PredecessorReport | None = None
    run: int = 1


@dataclass(frozen=True)
class StoredInstance:
    """A stored object as the archive hands it over: not yet read, perhaps not even DICOM.

    Parameters
    ----------
    name
        What to call it when it cannot be read: its SOP Instance UID, or the file's name.
    content
        The whole file in memory, or where it lies.
    """

    name: str
    content: bytes | Path = field(repr=False)
