"""``mammovlm manifest``: what a person sees, and the exit codes that scripts rely on."""

from pathlib import Path

from click.testing import CliRunner, Result

from mammogram_files import four_views, save
from mammovlm.cli import main
from mammovlm.training.datasets import Split, read_manifest

VINDR = (
    "study_id,series_id,image_id,laterality,view_position,height,width,breast_birads,"
    "breast_density,split"
)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["manifest", *(str(each) for each in arguments)])


def vindr(root: Path, studies: int = 40) -> Path:
    lines = [VINDR]
    for number in range(studies):
        part = "test" if number % 4 == 0 else "training"
        lines.append(f"s{number},x,i,L,CC,1,1,BI-RADS 1,DENSITY B,{part}")
        file = root / "images" / f"s{number}" / "i.dicom"
        file.parent.mkdir(parents=True)
        file.touch()
    (root / "breast-level_annotations.csv").write_text("\n".join(lines))
    (root / "finding_annotations.csv").write_text("image_id,finding_categories\n")
    return root


def test_a_folder_is_imported_split_and_found_well(tmp_path: Path) -> None:
    for patient in range(6):
        for view in four_views(PatientID=f"P{patient}"):
            save(view, tmp_path / "images")
    out = tmp_path / "manifest.csv"
    imported = run("import", "dicom-folder", tmp_path / "images", "--out", out)
    assert imported.exit_code == 0, imported.output
    assert "24 views" in imported.output
    checked = run("check", out)
    assert checked.exit_code == 0, checked.output
    assert "All 24 files are there; no patient is in two splits." in checked.output
    assert None not in {row.split for row in read_manifest(out)}


def test_published_test_patients_stay_unless_an_own_split_is_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "manifest.csv"
    assert run("import", "vindr-mammo", vindr(tmp_path), "--out", out).exit_code == 0
    published = {f"VinDr-Mammo s{number}" for number in range(0, 40, 4)}
    rows = read_manifest(out)
    assert {row.patient for row in rows if row.split is Split.TEST} == published
    assert Split.DEV in {row.split for row in rows}
    assert run("import", "vindr-mammo", tmp_path, "--out", out, "--own-split").exit_code == 0
    assert {r.patient for r in read_manifest(out) if r.split is Split.TEST} != published


def test_the_seed_decides_the_split(tmp_path: Path) -> None:
    vindr(tmp_path)
    written = []
    for seed in (1, 1, 2):
        out = tmp_path / "manifest.csv"
        run("import", "vindr-mammo", tmp_path, "--out", out, "--seed", str(seed))
        written.append(out.read_bytes())
    assert written[0] == written[1]
    assert written[0] != written[2]


def test_what_was_passed_over_is_shown_with_its_reason(tmp_path: Path) -> None:
    vindr(tmp_path)
    (tmp_path / "images" / "s3" / "i.dicom").unlink()
    shown = run("import", "vindr-mammo", tmp_path, "--out", tmp_path / "manifest.csv")
    assert shown.exit_code == 0
    assert "file-missing" in shown.output
    assert "s3/i" in shown.output


def test_missing_files_and_wrong_lines_fail_the_check(tmp_path: Path) -> None:
    out = tmp_path / "manifest.csv"
    run("import", "vindr-mammo", vindr(tmp_path), "--out", out)
    (tmp_path / "images" / "s3" / "i.dicom").unlink()
    gone = run("check", out)
    assert gone.exit_code == 1
    assert "1 of 40 files are missing" in gone.output
    out.write_text(out.read_text().replace(",CC,", ",XX,", 1))
    wrong = run("check", out)
    assert wrong.exit_code == 1
    assert "line 2, column view" in wrong.output


def test_a_folder_of_something_else_is_refused_in_one_sentence(tmp_path: Path) -> None:
    out = tmp_path / "manifest.csv"
    for source in ("embed", "dicom-folder"):
        refused = run("import", source, tmp_path, "--out", out)
        assert refused.exit_code == 1
        assert refused.output.startswith("Error: ")
        assert "Traceback" not in refused.output
    assert not out.exists()
