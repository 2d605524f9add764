"""Result objects: the structured report, its check, its readable form and the JSON document."""

from mammovlm.results.readable_report import readable_report
from mammovlm.results.report_check import check_report
from mammovlm.results.report_options import ReportOptions
from mammovlm.results.result_document import result_document, result_schema
from mammovlm.results.structured_report import structured_report

__all__ = [
    "ReportOptions",
    "check_report",
    "readable_report",
    "result_document",
    "result_schema",
    "structured_report",
]
