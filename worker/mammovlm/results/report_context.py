"""What every part of a report's content tree is built from."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mammovlm.findings import Explanation, Findings
from mammovlm.job import PredecessorReport
from mammovlm.results.report_options import ReportOptions
from mammovlm.results.uids import ReportUids
from mammovlm.study import Laterality, SourceImage, Study, View
from mammovlm.words import LANGUAGES, Sentences


@dataclass(frozen=True)
class ReportContext:
    """One study, what was found in it, how it is said, and what the site chose.

    Parameters
    ----------
    study, findings, explanation, options, predecessor
        As given to `structured_report`.
    """

    study: Study = field(repr=False)
    findings: Findings
    explanation: Explanation
    options: ReportOptions
    predecessor: PredecessorReport | None = None

    @property
    def uids(self) -> ReportUids:
        """Every UID of the report."""
        return ReportUids(
            self.study,
            self.findings,
            self.options,
            self.predecessor,
            language=self.explanation.language,
        )

    @property
    def sentences(self) -> Sentences:
        """The words of the report's language."""
        return LANGUAGES[self.explanation.language]

    def view(self, sop_instance_uid: str) -> View:
        """Find the view that was read from an image."""
        return next(v for v in self.study.views if v.source.sop_instance_uid == sop_instance_uid)

    def images(self, sides: Iterable[Laterality]) -> list[SourceImage]:
        """List the images of one breast or both, in hanging order."""
        wanted = set(sides)
        return [v.source for v in self.study.views if v.slot.laterality in wanted]
