"""``mammovlm evaluate``: labelled exams go the worker's way, refusals are counted, runs go on."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import mammovlm.cli.evaluate  # before a test hides packages
from mammovlm.archive.found_studies import identify_file
from mammovlm.imaging import ReadingLimits, read_study
from mammovlm.job import StoredInstance
from mammovlm.model import MammoVLM
from mammovlm.settings import Settings
from mammovlm.study import Laterality, ViewPosition
from mammovlm.training.datasets import Assessment, FindingType, ManifestRow, Split, write_manifest
from mammovlm.training.evaluation_request import Evaluation
from mammovlm.training.evaluation_scores import ExamOutcome
from mammovlm.training.phantoms import phantom_exam, write_exam
from mammovlm.training.study_evaluation import INTERNAL_ERROR, Journal
from mammovlm.training.study_evaluation_run import run_evaluation
from mammovlm.training.study_evaluation_sources import (
    NothingLabelled,
    PhantomSource,
    manifest_exams,
)


def _evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(mammovlm.cli.evaluate.evaluate, [*map(str, arguments)])


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as table:
        return list(csv.DictReader(table))


def test_seeds_that_the_weights_have_seen_are_refused_with_the_reason(tmp_path: Path) -> None:
    done = _evaluate("--phantoms", 4, "--first-seed", 30_000, "--out", tmp_path)
    assert done.exit_code == 1
    assert "used in training" in done.output


@pytest.mark.parametrize("arguments", [[], ["--phantoms", "2", "--manifest", __file__]])
def test_there_is_one_source_of_exams(tmp_path: Path, arguments: list[str]) -> None:
    done = _evaluate(*arguments, "--out", tmp_path)
    assert done.exit_code == 2
    assert "--mini-mias alone" in done.output


def test_a_missing_extra_is_named_with_the_command_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mammovlm.cli.evaluate, "find_spec", lambda name: None)
    done = _evaluate("--phantoms", 4, "--out", tmp_path)
    assert done.exit_code == 1
    assert "Missing: scikit-learn, matplotlib." in done.output
    assert "mammovlm[training]" in done.output


def _row(exam: str, file: Path, split: Split | None = None) -> ManifestRow:
    laterality, view = Laterality.RIGHT, ViewPosition.CC
    return ManifestRow(exam, exam, laterality, view, file, birads=Assessment("2"), split=split)


def test_the_test_split_is_taken_where_there_is_one() -> None:
    rows = [_row("a", Path("a"), Split.TRAIN), _row("b", Path("b"), Split.TEST)]
    source = manifest_exams(rows, "auto", "m.csv")
    assert [exam.number for exam in source.exams] == [2]
    assert "its split test" in source.description
    everyone = manifest_exams([_row("a", Path("a"))], "auto", "m.csv")
    assert "all its exams" in everyone.description
    with pytest.raises(NothingLabelled, match="there is test, train"):
        manifest_exams(rows, "dev", "m.csv")


def test_the_journal_knows_other_weights_and_broken_lines(tmp_path: Path) -> None:
    path = tmp_path / "assessed.jsonl"
    first = Journal(path, "2.25.1")
    first.add(ExamOutcome("a", "2.25.1", refusals=("no-mammogram",)))
    first.add(ExamOutcome("b", "2.25.1", refusals=(INTERNAL_ERROR,)))
    with path.open("ab") as file:
        file.write(b'{"key": "c", "device_')
    Journal(path, "2.25.1").add(ExamOutcome("d", "2.25.1"))
    again = Journal(path, "2.25.1")
    assert again.find("a") == ExamOutcome("a", "2.25.1", refusals=("no-mammogram",))
    assert again.find("b") is None  # tried again
    assert again.find("c") is None
    assert again.find("d") is not None
    assert Journal(path, "2.25.2").find("a") is None


@pytest.fixture(scope="module")
def model() -> MammoVLM:
    """Load the shipped weights once."""
    return MammoVLM.load(Settings())


@pytest.mark.slow
def test_a_manifest_is_measured_by_the_workers_code_and_a_second_call_goes_on(
    tmp_path: Path, model: MammoVLM
) -> None:
    rows = []
    for seed in range(40_000, 40_004):
        exam = phantom_exam(seed, rows=126)
        for file, slot in zip(write_exam(exam, tmp_path / str(seed)), exam.slots, strict=True):
            truth = exam.breast(slot.laterality)
            rows.append(
                ManifestRow(
                    patient=f"DOE^JANE {seed}",
                    exam=f"exam of DOE {seed}",
                    laterality=slot.laterality,
                    view=slot.position,
                    file=file,
                    densities=frozenset({truth.density}),
                    birads=Assessment(str(truth.assessment)),
                )
            )
    (tmp_path / "notes.dcm").write_text("no image")
    rows += [_row("not DICOM", tmp_path / "notes.dcm"), _row("gone", tmp_path / "gone.dcm")]
    write_manifest(tmp_path / "m.csv", rows)
    out, run = tmp_path / "out", tmp_path / "run"
    run.mkdir()
    (run / "tables.md").write_text("### Ablation of UMiCon\n\n| trained | AUC |\n")
    (run / "metrics.json").write_text('{"ablation": [1]}')

    asked = ("--manifest", tmp_path / "m.csv", "--draws", 100, "--training-run", run)
    done = _evaluate(*asked, "--out", out)
    assert done.exit_code == 0, done.output
    results = _rows(out / "results.csv")
    assert [row["exam"] for row in results] == ["1", "1", "2", "2", "3", "3", "4", "4"]
    metrics = json.loads((out / "metrics.json").read_text())["exams"]
    assert metrics["refusals"] == {"not-dicom": 1, "file-missing": 1}
    assert metrics["studies"] == 4
    report = (out / "evaluation.md").read_text()
    assert "real exams" in report
    assert "Research use only" in report
    assert "### Ablation of UMiCon\n\n| trained | AUC |" in report
    assert json.loads((out / "metrics.json").read_text())["training_run"] == {"ablation": [1]}
    texts = [file.read_text() for file in out.iterdir() if file.suffix != ".png"]
    assert len(texts) == 4
    assert not any(name in text for text in texts for name in ("DOE", "PHANTOM^"))

    files = [row.file for row in rows if row.exam == "exam of DOE 40000"]
    expected = _suspicions(files, model)
    assert [float(row["suspicion"]) for row in results[:2]] == pytest.approx(expected, abs=1e-5)
    assert "Where the evidence lies" not in report  # a manifest does not say where lesions are

    journal = (out / "assessed.jsonl").read_bytes()
    lines = journal.splitlines(keepends=True)
    (out / "assessed.jsonl").write_bytes(b"".join(lines[:3] + lines[4:]))  # the fourth was lost
    again = _evaluate("--manifest", tmp_path / "m.csv", "--draws", 100, "--out", out)
    assert again.exit_code == 0, again.output
    after = (out / "assessed.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["key"] for line in after[:5]] == [
        json.loads(line)["key"] for line in lines[:3] + lines[4:]
    ]
    assert len(after) == 6
    assert json.loads(after[5])["key"] == json.loads(lines[3])["key"]
    assert [row["suspicion"] for row in _rows(out / "results.csv")] == [
        row["suspicion"] for row in results
    ]


@pytest.mark.slow
def test_phantoms_also_tell_how_well_the_evidence_points(tmp_path: Path, model: MammoVLM) -> None:
    source, out = PhantomSource(1, rows=126), tmp_path / "out"
    asked = Evaluation(Settings(), source, are_phantoms=True, mini_mias=None, out=out, draws=100)
    run_evaluation(asked, model, lambda what, done, total: None)
    (truth,) = source.exams
    (line,) = (out / "assessed.jsonl").read_text().splitlines()
    views = json.loads(line)["studies"][0]["pointing"]
    assert len(views) == 4
    for view in views:
        known = truth.breasts[Laterality(view["slot"]["laterality"])]
        seen = {FindingType(lesion["kind"]) for lesion in view["lesions"]}
        assert seen <= known.finding_types
        assert bool(known.present) or not seen
    assert any(view["lesions"] for view in views)
    told = json.loads((out / "metrics.json").read_text())["evidence"]
    shown = sum(bool(view["lesions"]) for view in views)
    assert (told["parts"][0]["views"], told["quiet_views"]) == (shown, 4 - shown)
    assert "## Where the evidence lies" in (out / "evaluation.md").read_text()


def _suspicions(files: list[Path], model: MammoVLM) -> list[float]:
    """Read and assess as the pipeline does."""
    identity = identify_file(files[0])
    assert identity is not None
    stored = [StoredInstance(file.name, file) for file in files]
    limits = ReadingLimits.from_settings(Settings())
    study = read_study(identity.study_instance_uid, stored, (), limits)
    found = model.assess(study).findings
    return [breast.suspicion.value for breast in found.breasts if breast.suspicion is not None]
