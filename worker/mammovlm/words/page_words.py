"""The words of the one-page summary that no other text has: its banner, labels and headings."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PageWords:
    """The labels of the page; it also uses those of the report as text.

    Parameters
    ----------
    banner, partial
        Below the title: the limits of use, and that something is missing.
    patient, patient_id, born, sex, study_date, accession
        Labels of the identification.
    breast, density, presence, suspicion, suggestion, views
        Headings of the table.
    none_missing
        Where every standard view was analysed.
    percent
        A number, the field ``value``, with its unit; nothing between them may break a line.
    interval
        With the fields ``low`` and ``high``, in per cent.
    not_available, no_suggestion
        In place of a number; in place of a category.
    cut
        At the end of a text that was too long for one page.
    """

    banner: str
    partial: str
    patient: str
    patient_id: str
    born: str
    sex: str
    study_date: str
    accession: str
    breast: str
    density: str
    presence: str
    suspicion: str
    suggestion: str
    views: str
    none_missing: str
    percent: str
    interval: str
    not_available: str
    no_suggestion: str
    cut: str
