"""Result objects: structured report, CAD SR, PDF, their checks, the readable form and the JSON."""

from mammovlm.results.page_fonts import page_fonts
from mammovlm.results.readable_object import readable_object
from mammovlm.results.readable_report import readable_report
from mammovlm.results.refusal_report import Refusal, check_refusal_report, refusal_report
from mammovlm.results.report_check import check_report
from mammovlm.results.report_options import ObjectOptions, ReportOptions
from mammovlm.results.result_document import result_document, result_schema
from mammovlm.results.result_objects import check_objects, result_objects, stored_objects
from mammovlm.results.structured_report import structured_report
from mammovlm.results.succession import put_in_line

__all__ = [
    "ObjectOptions",
    "Refusal",
    "ReportOptions",
    "check_objects",
    "check_refusal_report",
    "check_report",
    "page_fonts",
    "put_in_line",
    "readable_object",
    "readable_report",
    "refusal_report",
    "result_document",
    "result_objects",
    "result_schema",
    "stored_objects",
    "structured_report",
]
