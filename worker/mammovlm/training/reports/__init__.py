"""Reports from labels: one schema of findings, three wordings, the way back, and the scrubber.

Training text only: what a patient or a radiologist reads is made by `mammovlm.explanation`.
"""

from mammovlm.training.reports.corpus import CorpusStatistics, corpus_statistics
from mammovlm.training.reports.from_phantom import drawn_breasts, findings_of, suspicious_label
from mammovlm.training.reports.label_words import label_words
from mammovlm.training.reports.leak import (
    LabelledTexts,
    LeakReport,
    leak_report,
    phantom_texts,
    text_only_auc,
)
from mammovlm.training.reports.parse import TextNotUnderstood, parse
from mammovlm.training.reports.render import Renderer, carried, render
from mammovlm.training.reports.schema import (
    BreastDescription,
    Finding,
    StudyFindings,
    without_assessments,
)
from mammovlm.training.reports.scrub import scrub
from mammovlm.training.reports.statements import ContradictoryStatements

__all__ = [
    "BreastDescription",
    "ContradictoryStatements",
    "CorpusStatistics",
    "Finding",
    "LabelledTexts",
    "LeakReport",
    "Renderer",
    "StudyFindings",
    "TextNotUnderstood",
    "carried",
    "corpus_statistics",
    "drawn_breasts",
    "findings_of",
    "label_words",
    "leak_report",
    "parse",
    "phantom_texts",
    "render",
    "scrub",
    "suspicious_label",
    "text_only_auc",
    "without_assessments",
]
