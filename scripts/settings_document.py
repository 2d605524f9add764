"""Writes docs/settings.md from the code: every setting of worker, local stack and plugin."""

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "worker"), str(ROOT / "plugin")]

from pydantic import SecretStr  # noqa: E402  after the path
from pydantic.fields import FieldInfo  # noqa: E402

from mammovlm.settings import Settings  # noqa: E402
from mammovlm.stack import StackSettings  # noqa: E402
from mammovlm_orthanc import settings as plugin  # noqa: E402

_HOME = str(Path.home())

BEGIN = """# Settings

Written by `make docs` from the code; a test keeps both equal. A setting that makes no sense stops
the program at its start, with the setting's name and what is allowed. `mammovlm doctor` names
variables that nobody reads. Settings have a version, now {version}: those of another one are
refused.

Secrets are never logged. Variables are those of the program's environment; a worker also reads each
of its settings from a file of that name in small letters (`mammovlm_broker_password`) in the folder
that `MAMMOVLM_SECRETS_DIR` names.
"""
PLUGIN = """
## Plugin

The section `MammoVLM` of Orthanc's configuration. `orthanc/orthanc.json` takes each from the
variable named here; with a configuration of your own, write the setting itself.

| setting | variable | default | meaning |
|---|---|---|---|
"""
WORKER = """
## Worker and command line

| variable | default | meaning |
|---|---|---|
"""
STACK = """
## Local stack (`make up`)

| variable | default | meaning |
|---|---|---|
"""


def document() -> str:
    """Give the whole document."""
    defaults = plugin.Settings()
    rows = [
        _row(
            f"`{setting.name}`",
            f"`{setting.variable}`",
            _shown(getattr(defaults, setting.attribute)),
            setting.meaning,
        )
        for setting in plugin.SETTINGS
    ]
    parts = [BEGIN.format(version=plugin.VERSION), PLUGIN, *rows]
    for heading, model in ((WORKER, Settings), (STACK, StackSettings)):
        parts += [heading, *(_field(name, field) for name, field in model.model_fields.items())]
    return "".join(parts)


def _field(name: str, field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    return _row(f"`MAMMOVLM_{name.upper()}`", _shown(default), field.description or "")


def _shown(value: Any) -> str:  # noqa: ANN401  a default of any type
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    if plain is None or plain == "":
        return "–"
    if isinstance(plain, bool):
        return f"`{str(plain).lower()}`"
    text = str(plain).replace(str(ROOT), "CHECKOUT").replace(_HOME, "~")
    return f"`{text}`"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    sys.stdout.write(document())
