"""A study without result gets, where the site wants it, a report that says why: no number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydicom import Dataset

from mammogram_files import four_views, mammogram, save
from mammovlm.archive import FolderArchive
from mammovlm.errors import RejectionReason, ResultInvalid, StudyRejected
from mammovlm.job import AnalysisJob, PredecessorReport, StoredDocument, StoredInstance
from mammovlm.model import MammoVLM
from mammovlm.pipeline import analyse
from mammovlm.results import Refusal, ReportOptions, check_refusal_report, refusal_report
from mammovlm.settings import Settings
from mammovlm.words import LANGUAGES
from report_examples import ALGORITHM, MADE_AT, study_of

REASON = RejectionReason.NO_STANDARD_VIEW


def refusal(**changes: Any) -> Refusal:
    study = study_of()
    whole = Refusal(
        study_instance_uid=study.study_instance_uid,
        status="rejected",
        reason=REASON.value,
        text=REASON.text,
        algorithm=ALGORITHM,
        headers=[view.source.header for view in study.views],
    )
    return replace(whole, **changes)


def items(item: Dataset) -> Iterator[Dataset]:
    for child in item.get("ContentSequence") or ():
        yield child
        yield from items(child)


def words_of(report: Dataset) -> str:
    return " ".join(str(item.TextValue) for item in items(report) if item.ValueType == "TEXT")


@dataclass
class KeepingArchive:
    """A folder whose stored objects are kept in memory as well."""

    folder: FolderArchive
    stored: list[Dataset] = field(default_factory=list)

    def fetch(self, job: AnalysisJob) -> tuple[StoredInstance, ...]:
        return self.folder.fetch(job)

    def documents(self, study_instance_uid: str) -> tuple[StoredDocument, ...]:
        return ()

    def store(self, study_instance_uid: str, datasets: Sequence[Dataset]) -> None:
        self.stored += datasets


def analysed(images: Sequence[Dataset], folder: Path, settings: Settings) -> list[Dataset]:
    """Let the pipeline refuse these images, and give what it stored; no model is asked before."""
    for image in images:
        save(image, folder)
    archive = KeepingArchive(FolderArchive(folder, None))
    model = cast("MammoVLM", SimpleNamespace(algorithm=ALGORITHM))
    with pytest.raises(StudyRejected):
        analyse(AnalysisJob(images[0].StudyInstanceUID), archive, model, settings)
    return archive.stored


def test_it_says_the_reason_and_its_limits_and_holds_no_number() -> None:
    report = refusal_report(refusal(), ReportOptions(), at=MADE_AT)
    check_refusal_report(report, refusal())
    assert REASON.text in words_of(report)
    assert "Nothing was analyzed" in words_of(report)
    assert ALGORITHM.training_note in words_of(report)
    assert "must not be used for diagnosis alone" in words_of(report)
    assert "NUM" not in {item.ValueType for item in items(report)}
    flags = (report.CompletionFlag, report.PreliminaryFlag, report.VerificationFlag)
    assert flags == ("PARTIAL", "PRELIMINARY", "UNVERIFIED")
    assert report.PatientID == "PHANTOM1"


def test_the_same_refusal_has_the_same_uids_and_another_has_others() -> None:
    def uids(**changes: Any) -> set[str]:
        report = refusal_report(refusal(**changes), ReportOptions())
        return {report.SOPInstanceUID, report.SeriesInstanceUID}

    before = PredecessorReport("1.2.840.10008.5.1.4.1.1.88.33", "1.2.3.4", "1.2.3")
    assert uids() == uids()
    for changes in (
        {"reason": "no-mammogram"},
        {"text": "other"},
        {"headers": refusal().headers[:2]},
        {"algorithm": replace(ALGORITHM, device_uid="2.25.7")},
        {"predecessor": before},
    ):
        assert not uids() & uids(**changes)


def test_it_speaks_the_language_of_the_site(tmp_path: Path) -> None:
    unknown = mammogram(ViewPosition="XX", ViewCodeSequence=None, PatientOrientation=None)
    wanted = Settings(refusal_report=True, language="zh-CN")
    (report,) = analysed([unknown], tmp_path, wanted)
    words = LANGUAGES["zh-CN"]
    assert words.refusal.reasons[REASON] in words_of(report)
    assert words.refusal.nothing in words_of(report)
    assert words.report.disclaimer in words_of(report)
    assert REASON.text not in words_of(report)
    assert "zh-CN" in [
        item.ConceptCodeSequence[0].CodeValue for item in items(report) if item.ValueType == "CODE"
    ]


def test_every_language_but_english_has_every_reason_and_both_states() -> None:
    reasons = {*map(str, RejectionReason), "result-invalid"}
    for tag, sentences in LANGUAGES.items():
        assert set(sentences.refusal.reasons) == (set() if tag == "en-US" else reasons)
        assert set(sentences.refusal.states) == {"rejected", "failed"}
    study = refusal(language="zh-CN", detail="Rows")
    assert study.said.endswith("（说明：Rows）")
    english = refusal_report(refusal(), ReportOptions())
    assert refusal_report(study, ReportOptions()).SOPInstanceUID != english.SOPInstanceUID


def test_a_report_that_says_another_reason_is_refused() -> None:
    report = refusal_report(refusal(), ReportOptions())
    with pytest.raises(ResultInvalid, match="text"):
        check_refusal_report(report, refusal(text="All is well."))
    with pytest.raises(ResultInvalid, match="comments"):
        check_refusal_report(report, refusal(status="failed"))


def test_the_pipeline_stores_it_only_where_the_site_wants_it(tmp_path: Path) -> None:
    unknown = mammogram(ViewPosition="XX", ViewCodeSequence=None, PatientOrientation=None)
    assert analysed([unknown], tmp_path / "a", Settings()) == []
    (report,) = analysed([unknown], tmp_path / "b", Settings(refusal_report=True))
    assert report.StudyInstanceUID == unknown.StudyInstanceUID
    assert report.PatientName == unknown.PatientName
    assert REASON.text in words_of(report)


def test_a_study_of_unreadable_images_is_told_apart(tmp_path: Path) -> None:
    images = four_views()
    for image in images:
        image.PixelData = image.PixelData[:50]
    (report,) = analysed(images, tmp_path, Settings(refusal_report=True))
    assert RejectionReason.NO_READABLE_VIEW.text in words_of(report)
    (evidence,) = report.CurrentRequestedProcedureEvidenceSequence
    named = {
        sop.ReferencedSOPInstanceUID
        for series in evidence.ReferencedSeriesSequence
        for sop in series.ReferencedSOPSequence
    }
    assert named == {image.SOPInstanceUID for image in images}


def test_no_patient_is_chosen_where_the_images_name_two(tmp_path: Path) -> None:
    images = four_views()
    images[0].PatientID = "ANOTHER"
    assert analysed(images, tmp_path, Settings(refusal_report=True)) == []
