"""docs/settings.md says what the code reads, and wrong settings are named at the start."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from mammovlm.settings import VERSION, Settings, complaints
from mammovlm.stack import StackSettings
from mammovlm_orthanc import settings as plugin

ROOT = Path(__file__).resolve().parents[2]


def test_the_document_says_what_the_code_reads() -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MAMMOVLM_", "XDG_"))
    }
    written = subprocess.run(
        [sys.executable, ROOT / "scripts" / "settings_document.py"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert (ROOT / "docs" / "settings.md").read_text() == written, "run `make docs`"


WRITTEN_BY_THE_SCRIPTS = {"MAMMOVLM_RESOLVER", "MAMMOVLM_BROKER_DEFINITIONS"}


def test_every_variable_of_the_production_files_is_in_the_document_with_its_default() -> None:
    document = (ROOT / "docs" / "settings.md").read_text()
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (?:`(.*?)`|–) \|", document, re.MULTILINE))
    _, _, production = document.partition("## Production")
    files = [p for folder in ("docker", "orthanc") for p in (ROOT / folder).rglob("*")]
    for path in (path for path in files if path.is_file()):
        text = path.read_text(errors="ignore")
        for name, default in re.findall(r"\$\{([A-Z0-9_]+)(?::-([^}$]*)\})?", text):
            ours = name.startswith(("MAMMOVLM_", "TORCH_")) and name not in WRITTEN_BY_THE_SCRIPTS
            assert not ours or f"`{name}`" in document, f"{name} of {path.name}"
            if default and path.name == "compose.yaml" and f"`{name}`" in production:
                assert rows[name] == default, name


def test_every_setting_is_explained() -> None:
    for model in (Settings, StackSettings):
        assert [name for name, field in model.model_fields.items() if not field.description] == []
    assert [setting.name for setting in plugin.SETTINGS if not setting.meaning] == []


def test_the_plugins_list_of_settings_is_that_of_its_values() -> None:
    attributes = [setting.attribute for setting in plugin.SETTINGS]
    assert sorted(attributes) == sorted(plugin.Settings.__dataclass_fields__)


def test_orthancs_configuration_has_the_plugins_settings_with_their_defaults() -> None:
    text = (ROOT / "orthanc" / "orthanc.json").read_text()
    section = text[text.index('"MammoVLM": {') :]
    found = re.findall(r'"(\w+)": "\$\{(\w+):-(.*)\}"', section)
    known = {setting.name: setting for setting in plugin.SETTINGS}
    assert len(found) >= 15
    for name, variable, default in found:
        setting = known[name]
        assert setting.variable == variable
        default_of_code = getattr(plugin.Settings(), setting.attribute)
        assert setting.read(name, default) == default_of_code, name


def test_settings_have_one_version(monkeypatch: pytest.MonkeyPatch) -> None:
    assert VERSION == plugin.VERSION
    monkeypatch.setenv("MAMMOVLM_SETTINGS_VERSION", str(VERSION))
    assert Settings().settings_version == VERSION
    with pytest.raises(
        plugin.SettingRefused, match=r"SettingsVersion must be 1.*docs/settings\.md"
    ):
        plugin.Settings.from_configuration({"MammoVLM": {"SettingsVersion": "2"}})


def test_a_wrong_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAMMOVLM_THREADS", "-17")
    monkeypatch.setenv("MAMMOVLM_LANGUAGE", "tlh")
    monkeypatch.setenv("MAMMOVLM_SETTINGS_VERSION", "2")
    with pytest.raises(ValidationError) as refused:
        Settings()
    told = complaints(refused.value)
    assert [line.partition(":")[0] for line in told] == [
        "MAMMOVLM_SETTINGS_VERSION",
        "MAMMOVLM_THREADS",
        "MAMMOVLM_LANGUAGE",
    ]
    assert "17" not in " ".join(told)


@pytest.mark.parametrize(
    "command",
    [
        ["-c", "from mammovlm.cli import main; main()", "up"],
        ["-m", "celery", "--app", "mammovlm.tasks", "report"],
    ],
    ids=["command line", "worker"],
)
def test_a_program_with_a_wrong_setting_ends_with_its_name_and_no_traceback(
    command: list[str],
) -> None:
    wrong = {"MAMMOVLM_WORKERS": "none", "MAMMOVLM_THREADS": "none"}
    done = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, **wrong},
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stdout + done.stderr
    assert done.returncode != 0
    assert "MAMMOVLM_" in told
    assert "Traceback" not in told, told


def test_the_document_tells_no_secret_and_no_path_of_this_machine() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    assert str(Path.home()) not in text
    assert str(ROOT) not in text
