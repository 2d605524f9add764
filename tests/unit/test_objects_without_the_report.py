"""A site may switch the structured report off: the others hold together, and never nothing."""

from dataclasses import replace

import jsonschema
import pytest
from pydantic import ValidationError
from pydicom import Dataset
from pydicom.uid import (
    ComprehensiveSRStorage,
    EncapsulatedPDFStorage,
    MammographyCADSRStorage,
)

from evidence_examples import evidence_of
from mammovlm.job import PredecessorReport
from mammovlm.results import (
    ObjectOptions,
    ReportOptions,
    check_objects,
    readable_object,
    result_document,
    result_objects,
    result_schema,
    stored_objects,
)
from mammovlm.settings import Settings
from pdf_pages import text_of
from report_examples import MADE_AT, normal, with_regions

BEFORE = PredecessorReport(MammographyCADSRStorage, "1.2.3.4", "1.2.3")
EVERYTHING_ELSE = Settings(structured_report=False, cad_report=True, heat_maps=True)

WITHOUT = ObjectOptions(report=ReportOptions(is_stored=False))
CAD_ALONE = Settings(structured_report=False, cad_report=True, pdf_report=False)


def made(settings: Settings) -> tuple[Dataset, ...]:
    """Give the structured report and the objects beside it, checked as before storing."""
    study, found, words = with_regions()
    wanted = ObjectOptions.from_settings(settings)
    evidence = evidence_of(study, found)
    objects = result_objects(study, found, words, BEFORE, wanted, evidence=evidence, at=MADE_AT)
    check_objects(objects, study, found, words, wanted, evidence=evidence)
    return objects


def test_all_other_objects_are_stored_and_none_points_at_the_report_that_is_not() -> None:
    report, *others = made(EVERYTHING_ELSE)
    stored = stored_objects((report, *others), ObjectOptions.from_settings(EVERYTHING_ELSE))
    assert [one.Modality for one in stored] == ["DOC", "SR", "PR", "OT", "OT", "OT", "OT"]
    assert stored[1].SOPClassUID == MammographyCADSRStorage
    said = text_of(stored[0]) + "".join(one.to_json() for one in stored)
    assert report.SOPInstanceUID not in said
    for image in stored[3:]:
        (named,) = image.ReferencedInstanceSequence
        assert named.ReferencedSOPInstanceUID == stored[0].SOPInstanceUID


def test_the_first_object_that_is_stored_is_the_one_that_a_rerun_and_the_json_document_name() -> (
    None
):
    study, found, words = with_regions()
    for settings, kind in (
        (Settings(), ComprehensiveSRStorage),
        (EVERYTHING_ELSE, EncapsulatedPDFStorage),
        (CAD_ALONE, MammographyCADSRStorage),
    ):
        objects = made(settings)
        stored = stored_objects(objects, ObjectOptions.from_settings(settings))
        assert stored[0].SOPClassUID == kind
        assert stored[0].PredecessorDocumentsSequence
        document = result_document(study, found, words, objects[0], objects=stored, timings_s={})
        jsonschema.validate(document, result_schema())
        assert document["report"]["sop_instance_uid"] == stored[0].SOPInstanceUID
        assert len(document["objects"]) == len(stored)
        assert document["report"]["processing_summary"] == "111242"


def test_each_of_them_can_be_shown_as_text() -> None:
    page = readable_object(stored_objects(made(EVERYTHING_ELSE), WITHOUT)[0])
    assert "RESEARCH" in page.upper()
    assert "91.4" in page
    cad = readable_object(stored_objects(made(CAD_ALONE), WITHOUT)[0])
    assert "Breast density of the study: C" in cad
    assert max(map(len, cad.splitlines())) <= 88
    foreign = Dataset()
    foreign.SOPClassUID = EncapsulatedPDFStorage
    with pytest.raises(ValueError, match="not a structured report of MammoVLM"):
        readable_object(foreign)


def test_an_object_that_can_name_no_report_is_another_object() -> None:
    """Same UID, same content: nothing that is stored is ever written over with other words."""
    alone = ObjectOptions(report=ReportOptions(is_stored=False))
    beside, without = (
        {one.SOPInstanceUID for one in result_objects(*normal(), None, options)}
        for options in (replace(alone, report=ReportOptions()), alone)
    )
    assert not beside & without


@pytest.mark.parametrize("other", ["presentation_state", "heat_maps", "refusal_report"])
def test_settings_with_which_a_study_could_get_nothing_are_refused_at_start(other: str) -> None:
    nothing = {"structured_report": False, "pdf_report": False, other: True}
    with pytest.raises(ValidationError, match="nothing would be stored: set MAMMOVLM_STRUCTURED"):
        Settings.model_validate(nothing)
