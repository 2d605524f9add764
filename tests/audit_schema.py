"""The schema of DICOM's audit messages (PS3.15 A.5.1, Relax NG) as far as we use it, for lxml."""

from functools import lru_cache
from pathlib import Path

from lxml import etree

from conftest import ROOT

SCHEMA = ROOT / "tests" / "audit_message.rng"


def audit_faults(message: str) -> list[str]:
    """Say what of a message the schema does not allow."""
    schema = _schema()
    schema.validate(etree.fromstring(message.encode()))
    return [f"{error.line}: {error.message}" for error in schema.error_log]


@lru_cache
def _schema() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(SCHEMA))


def audit_messages(path: Path) -> list[str]:
    """Give the messages of an audit file, one a line."""
    return path.read_text(encoding="utf-8").splitlines()
