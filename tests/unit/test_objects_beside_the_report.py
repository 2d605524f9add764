"""Which objects there are, what their headers say, and that any change in one is refused."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from pydicom import Dataset

from mammovlm.errors import ResultInvalid
from mammovlm.job import PredecessorReport
from mammovlm.results import ObjectOptions, ReportOptions, check_objects, result_objects
from mammovlm.results.cad_regions import LOCALISED
from mammovlm.results.cad_tree import NOT_LOCALISED
from mammovlm.settings import Settings
from report_examples import (
    MADE_AT,
    Example,
    normal,
    nothing_trained,
    partial,
    suspicious,
    with_regions,
)

ALL = ObjectOptions(wants_cad_report=True, wants_pdf=True)
BEFORE = PredecessorReport("1.2.840.10008.5.1.4.1.1.88.33", "1.2.3.4", "1.2.3")
Tampering = Callable[[Dataset], object]


def made(
    example: Example, options: ObjectOptions = ALL, before: PredecessorReport | None = None
) -> list[Dataset]:
    return list(result_objects(*example, before, options, at=MADE_AT))


def items(item: Dataset) -> Iterator[Dataset]:
    for child in item.get("ContentSequence") or ():
        yield child
        yield from items(child)


def named(report: Dataset, code: str) -> list[Dataset]:
    return [
        item
        for item in items(report)
        if (item.get("ConceptNameCodeSequence") or [Dataset()])[0].get("CodeValue") == code
    ]


def kinds(objects: list[Dataset]) -> list[tuple[str, int]]:
    return [(one.SOPClassUID.name, one.SeriesNumber) for one in objects]


def test_the_settings_say_which_objects_there_are_and_the_report_comes_first() -> None:
    report = ("Comprehensive SR Storage", 9001)
    cad = ("Mammography CAD SR Storage", 9002)
    pdf = ("Encapsulated PDF Storage", 9003)
    for settings, expected in (
        (Settings(), [report, pdf]),
        (Settings(pdf_report=False), [report]),
        (Settings(cad_report=True), [report, cad, pdf]),
        (Settings(cad_report=True, pdf_report=False), [report, cad]),
    ):
        assert kinds(made(normal(), ObjectOptions.from_settings(settings))) == expected


def test_an_object_is_the_same_whichever_others_are_beside_it() -> None:
    everything = {one.SOPClassUID: one.SOPInstanceUID for one in made(normal())}
    for options in (ObjectOptions(), replace(ALL, wants_pdf=False), replace(ALL, wants_pdf=True)):
        for one in made(normal(), options):
            assert one.SOPInstanceUID == everything[one.SOPClassUID]


def test_the_same_work_gives_the_same_uids_and_other_work_gives_others() -> None:
    def uids(objects: tuple[Dataset, ...] | list[Dataset]) -> list[str]:
        return [uid for one in objects for uid in (one.SOPInstanceUID, one.SeriesInstanceUID)]

    first = uids(made(normal()))
    later = result_objects(*normal(), None, ALL, at=datetime(2031, 1, 1))  # noqa: DTZ001
    assert uids(later) == first
    other = replace(ALL, report=ReportOptions(suspicion_threshold=0.6))
    for changed in (made(suspicious(), other), made(partial()), made(normal(), ALL, BEFORE)):
        assert not set(uids(changed)) & set(first)


def test_every_object_of_a_rerun_names_the_report_before() -> None:
    for one in made(normal(), ALL, BEFORE):
        (study,) = one.PredecessorDocumentsSequence
        (series,) = study.ReferencedSeriesSequence
        assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == BEFORE.sop_instance_uid
    assert all("PredecessorDocumentsSequence" not in one for one in made(normal()))


@pytest.mark.parametrize("example", [normal, partial, nothing_trained])
def test_every_object_is_unverified_and_says_what_it_is_and_rests_on(
    example: Callable[[], Example],
) -> None:
    study, found, words = example()
    report, cad, pdf = made((study, found, words))
    for one in (report, cad, pdf):
        assert one.VerificationFlag == "UNVERIFIED"
        assert "NOT FOR DIAGNOSTIC USE ALONE" in one.SeriesDescription
        assert one.ContributingEquipmentSequence[0].DeviceUID == found.algorithm.device_uid
        assert one.PatientID == "PHANTOM1"
    state = "PARTIAL" if found.is_partial else "COMPLETE"
    assert (report.CompletionFlag, cad.CompletionFlag) == (state, state)
    assert ("(PARTIAL)" in pdf.DocumentTitle) == found.is_partial
    (description,) = named(cad, "111033")
    assert found.algorithm.training_note in description.TextValue
    assert "must not be used for diagnosis alone" in description.TextValue
    assert NOT_LOCALISED in description.TextValue


def test_the_cad_report_holds_densities_and_neither_likelihood_nor_patient_text() -> None:
    _, cad, _ = made(suspicious())
    text = cad.to_json()
    assert "BIRADS4" not in text
    assert "PRESENCE" not in text
    assert suspicious()[2].patient_text[:30] not in text
    found = [item.ConceptCodeSequence[0].CodeValue for item in named(cad, "129715009")]
    assert found == ["129718006"] * 4
    assert named(cad, "111064")[0].ConceptCodeSequence[0].CodeValue == "111225"  # not attempted
    assert named(cad, "111065")[0].ConceptCodeSequence[0].CodeValue == "111222"  # succeeded


def test_a_cad_report_without_density_says_that_nothing_was_attempted() -> None:
    _, cad, _ = made(nothing_trained())
    assert named(cad, "111017")[0].ConceptCodeSequence[0].CodeValue == "111245"
    assert named(cad, "111065")[0].ConceptCodeSequence[0].CodeValue == "111225"
    assert named(cad, "111059") == []


def test_the_cad_report_marks_the_regions_and_says_that_they_were_sought() -> None:
    cad = made(with_regions())[1]
    assert named(cad, "111064")[0].ConceptCodeSequence[0].CodeValue == "111222"  # succeeded
    marks = [i for i in named(cad, "111059") if any(c.ValueType == "SCOORD" for c in items(i))]
    assert len(marks) == 4
    library = named(cad, "111028")[0].ContentSequence
    for outline in named(cad, "111041"):
        _, _, entry = outline.ContentSequence[0].ReferencedContentItemIdentifier
        uid = library[entry - 1].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        assert uid.endswith((".2", ".4"))  # LCC and LMLO
    assert len(named(cad, "111022")[0].ContentSequence) >= 4  # with the images
    (description,) = named(cad, "111033")
    assert LOCALISED in description.TextValue
    assert NOT_LOCALISED not in description.TextValue


def test_a_search_without_marks_is_a_search() -> None:
    study, found, words = normal()
    views = tuple(replace(view, was_searched=True) for view in found.views)
    objects = made((study, replace(found, views=views), words))
    assert named(objects[1], "111064")[0].ConceptCodeSequence[0].CodeValue == "111222"
    assert [one.Modality for one in objects] == ["SR", "SR", "DOC"]


def sets(keyword: str, value: object) -> Tampering:
    return lambda one: setattr(one, keyword, value)


def writes_code(name: str, value: str) -> Tampering:
    return lambda cad: setattr(named(cad, name)[0].ConceptCodeSequence[0], "CodeValue", value)


def writes_text(name: str) -> Tampering:
    return lambda cad: setattr(named(cad, name)[0], "TextValue", "x")


def removes(name: str) -> Tampering:
    def tamper(cad: Dataset) -> None:
        for one in [cad, *items(cad)]:
            if "ContentSequence" in one:
                gone = named(cad, name)
                one.ContentSequence = [c for c in one.ContentSequence if c not in gone]

    return tamper


COMMON: dict[str, Tampering] = {
    "SOPInstanceUID": sets("SOPInstanceUID", "1.2.3"),
    "SeriesInstanceUID": sets("SeriesInstanceUID", "1.2.3"),
    "StudyInstanceUID": sets("StudyInstanceUID", "1.2.3"),
    "PatientID": sets("PatientID", "ANOTHER"),
    "VerificationFlag": sets("VerificationFlag", "VERIFIED"),
    "SeriesDescription": sets("SeriesDescription", "Result"),
    "contributing equipment": lambda one: setattr(
        one.ContributingEquipmentSequence[0], "DeviceUID", "1.2.3"
    ),
    "predecessor": sets("PredecessorDocumentsSequence", []),
}
IN_CAD: dict[str, Tampering] = COMMON | {
    "CompletionFlag": sets("CompletionFlag", "COMPLETE"),
    "PreliminaryFlag": sets("PreliminaryFlag", "FINAL"),
    "evidence": lambda cad: (
        cad.CurrentRequestedProcedureEvidenceSequence[0]
        .ReferencedSeriesSequence[0]
        .ReferencedSOPSequence.pop()
    ),
    "image library": writes_code("111027", "63762007"),
    "breast composition": writes_code("129715009", "129719003"),
    "CAD Processing and Findings Summary": writes_code("111017", "111242"),
    "Summary of Detections": writes_code("111064", "111222"),
    "Summary of Analyses": writes_code("111065", "111224"),
    "tracking of View RCC": lambda cad: setattr(named(cad, "112040")[0], "UID", "1.2.3"),
    "words": writes_text("111033"),
    "algorithm": writes_text("111001"),
    "lacks a part": removes("111012"),
}
IN_MARKS: dict[str, Tampering] = {
    "marks": lambda cad: setattr(
        next(
            i for i in named(cad, "111059") if i.ContentSequence[1].TextValue == "Region LCC 1"
        ).ConceptCodeSequence[0],
        "CodeValue",
        "129792006",
    ),
    "outline of Region LCC 1": lambda cad: setattr(
        named(cad, "111041")[0], "GraphicData", [1, 2, 1, 8, 0, 5, 2, 5]
    ),
    "detections": lambda cad: named(cad, "111022")[0].ContentSequence.pop(),
    "tracking of Region LCC 1": lambda cad: setattr(
        next(
            c
            for i in named(cad, "111059")
            for c in i.ContentSequence
            if c.ValueType == "UIDREF" and i.ContentSequence[1].TextValue == "Region LCC 1"
        ),
        "UID",
        "1.2.3",
    ),
}
IN_PDF: dict[str, Tampering] = COMMON | {
    "MIMETypeOfEncapsulatedDocument": sets("MIMETypeOfEncapsulatedDocument", "text/xml"),
    "SourceInstanceSequence": lambda pdf: pdf.SourceInstanceSequence.pop(),
    "lacks a part": sets("EncapsulatedDocument", b"no PDF at all, only words"),
    "density": lambda pdf: setattr(
        pdf, "EncapsulatedDocument", made(nothing_trained())[2].EncapsulatedDocument
    ),
}


@pytest.mark.parametrize(
    ("position", "name", "tamper"),
    [(1, name, tamper) for name, tamper in IN_CAD.items()]
    + [(2, name, tamper) for name, tamper in IN_PDF.items()],
)
def test_a_changed_object_is_refused_and_the_change_named(
    position: int, name: str, tamper: Tampering
) -> None:
    objects = made(partial(), ALL, BEFORE)
    check_objects(objects, *partial(), ALL)
    tamper(objects[position])
    objects[position].file_meta.MediaStorageSOPInstanceUID = objects[position].SOPInstanceUID
    with pytest.raises(ResultInvalid, match=name) as refused:
        check_objects(objects, *partial(), ALL)
    assert "PHANTOM1" not in str(refused.value)


@pytest.mark.parametrize(("name", "tamper"), IN_MARKS.items())
def test_a_changed_mark_is_refused_and_the_change_named(name: str, tamper: Tampering) -> None:
    objects = made(with_regions())
    check_objects(objects, *with_regions(), ALL)
    tamper(objects[1])
    with pytest.raises(ResultInvalid, match=name):
        check_objects(objects, *with_regions(), ALL)
