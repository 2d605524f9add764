"""UIDs that follow from what a report is about, so that a job done twice stores one report."""

import json
from dataclasses import asdict, dataclass
from uuid import UUID, uuid5

from mammovlm.findings import Findings
from mammovlm.job import PredecessorReport
from mammovlm.results.report_options import ReportOptions
from mammovlm.study import Study

_NAMESPACE = UUID("5334d000-8465-40fe-93af-2b6afbecee7e")


def derived_uid(*parts: str) -> str:
    """Make the UID that belongs to these words: the same words give the same UID.

    The form is that of PS3.5 B.2, a UUID (here of version 5, RFC 9562) under 2.25.
    """
    return f"2.25.{uuid5(_NAMESPACE, json.dumps(parts)).int}"


@dataclass(frozen=True)
class ObjectUids:
    """SOP Instance UID (0008,0018) and Series Instance UID (0020,000E) of one object."""

    sop_instance: str
    series_instance: str


class ReportUids:
    """Every UID of one report and of the objects beside it.

    They follow from the study, the images that were analysed and left out, the algorithm's
    Device UID, the options and the language, and not from the time: a job that is delivered twice
    makes one report. Report and series follow from the predecessor as well, so that a re-run that
    somebody asked for is a new series; what is tracked stays the same thing in both.
    """

    def __init__(
        self,
        study: Study,
        findings: Findings,
        options: ReportOptions,
        predecessor: PredecessorReport | None = None,
        *,
        language: str = "en-US",
    ) -> None:
        analysed = sorted(view.source.sop_instance_uid for view in study.views)
        left_out = sorted((i.sop_instance_uid, i.reason, i.detail) for i in findings.left_out)
        choices = asdict(options)
        is_stored = choices.pop("is_stored")
        self._base = (
            study.study_instance_uid,
            json.dumps(analysed),
            json.dumps(left_out),
            findings.algorithm.device_uid,
            json.dumps(choices, sort_keys=True),
            # the first language adds nothing: reports made when it was the only one keep their UIDs
            *(() if language == "en-US" else (language,)),
        )
        self._after = (
            *((predecessor.sop_instance_uid,) if predecessor else ()),
            *(() if is_stored else ("not stored",)),
        )

    @property
    def report(self) -> ObjectUids:
        """UIDs of the structured report."""
        return ObjectUids(
            derived_uid("structured report", *self._base, *self._after),
            derived_uid("structured report series", *self._base, *self._after),
        )

    def companion(self, kind: str) -> ObjectUids:
        """UIDs of another object that was made with the report; they follow from the report's.

        So an object is the same whichever others a site wants beside it.
        """
        report = self.report.sop_instance
        return ObjectUids(derived_uid(kind, report), derived_uid(f"{kind} series", report))

    def tracking(self, name: str) -> str:
        """Make the Tracking Unique Identifier (112040, DCM) of the named measurement group."""
        return derived_uid("tracking", name, *self._base)
