"""Reports from labels: one schema of findings, three wordings, the way back, and the scrubber.

Training text only: what a patient or a radiologist reads is made by `mammovlm.explanation`.
"""

from mammovlm.training.reports.from_phantom import drawn_breasts, findings_of, suspicious_label
from mammovlm.training.reports.parse import TextNotUnderstood, parse
from mammovlm.training.reports.render import Renderer, carried, render
from mammovlm.training.reports.schema import BreastDescription, Finding, StudyFindings

__all__ = [
    "BreastDescription",
    "Finding",
    "Renderer",
    "StudyFindings",
    "TextNotUnderstood",
    "carried",
    "drawn_breasts",
    "findings_of",
    "parse",
    "render",
    "suspicious_label",
]
