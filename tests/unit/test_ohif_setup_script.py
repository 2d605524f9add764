"""Setting up OHIF fails softly: without npm or with wrong files, all else still works."""

import os
import subprocess
from pathlib import Path

from conftest import ROOT

SCRIPT = ROOT / "scripts" / "ohif-viewer.sh"


def run(folder: Path, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, folder],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def fake_npm(folder: Path, commands: str) -> str:
    folder.mkdir()
    npm = folder / "npm"
    npm.write_text(f"#!/bin/bash\n{commands}\n")
    npm.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_without_npm_it_says_so_and_ends_well(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run(tmp_path / "ohif", str(tmp_path / "empty"))
    assert done.returncode == 0
    assert "npm is missing (Debian: npm)" in done.stderr
    assert "everything else works" in done.stderr


def test_without_the_registry_it_says_so_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = fake_npm(tmp_path / "bin", "echo 'network is down' >&2; exit 1")
    done = run(tmp_path / "cache" / "ohif", path)
    assert done.returncode == 0
    assert "npm could not fetch @ohif/app@3.13.2 (network is down)" in done.stderr
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_package_with_another_content_is_refused(tmp_path: Path) -> None:
    path = fake_npm(tmp_path / "bin", "echo something else > ohif-app-3.13.2.tgz")
    done = run(tmp_path / "cache" / "ohif", path)
    assert done.returncode == 0
    assert "SHA-512 differs" in done.stderr
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_viewer_that_is_there_is_left_alone_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("")
    done = run(tmp_path, "")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
