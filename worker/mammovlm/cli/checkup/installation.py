"""Programs, settings, weights and fonts of this machine."""

import difflib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from mammovlm.cli.checkup.finding import Finding, fine, look, mend
from mammovlm.errors import FontMissing, WeightsUnusable
from mammovlm.model import MammoVLM
from mammovlm.results import page_fonts
from mammovlm.settings import Settings
from mammovlm.stack import StackSettings

_PROGRAMS = {
    "Orthanc": ("orthanc", ("--version",)),
    "/usr/lib/rabbitmq/bin/rabbitmq-server": ("rabbitmq-server", ()),
    "epmd": ("erlang-base", ()),
    "/usr/share/orthanc/plugins/libOrthancPython.so": ("orthanc-python", ()),
    "/usr/share/orthanc/plugins/libOrthancDicomWeb.so": ("orthanc-dicomweb", ()),
}
_WHERE = "/usr/sbin:/sbin"
_PREFIX = "MAMMOVLM_"
_OTHER_NAMES = {
    "MAMMOVLM_ORTHANC_URL",
    "MAMMOVLM_PYTHON",
    "MAMMOVLM_SECRETS_DIR",
    "MAMMOVLM_SHARED",
    "MAMMOVLM_STACK",
    "MAMMOVLM_TEST_PICTURES",
    "MAMMOVLM_TLS_DIR",
}


def programs() -> Iterator[Finding]:
    """Look for the programs of a local stack."""
    path = f"{os.environ.get('PATH', os.defpath)}:{_WHERE}"
    for program, (package, version) in _PROGRAMS.items():
        found = program if program.startswith("/") else shutil.which(program, path=path)
        if found is None or not Path(found).exists():
            yield mend(package, f"{program} is missing", f"Install it: apt-get install {package}")
        else:
            yield fine(package, _first_line(found, version) if version else found)


def _first_line(program: str, arguments: tuple[str, ...]) -> str:
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, timeout=30
    )
    return (done.stdout or done.stderr).splitlines()[0] if done.stdout or done.stderr else program


def environment() -> Iterator[Finding]:
    """Look for variables that nobody reads: a typing error leaves the default in force."""
    known = known_variables()
    unread = sorted(n for n in os.environ if n.startswith(_PREFIX) and n not in known)
    for name in unread:
        near = difflib.get_close_matches(name, known, 1)
        guess = f" Is {near[0]} meant?" if near else ""
        yield look("settings", f"nothing reads {name}", f"See docs/settings.md.{guess}")
    if not unread:
        yield fine("settings", "all are known and make sense")


def known_variables() -> set[str]:
    """Name every variable that some part of MammoVLM reads."""
    ours = {*Settings.model_fields, *StackSettings.model_fields}
    names = {f"{_PREFIX}{name.upper()}" for name in ours} | _OTHER_NAMES
    configuration = StackSettings().home / "orthanc" / "orthanc.json"
    if configuration.is_file():
        names |= set(re.findall(r"\$\{(MAMMOVLM_\w+)", configuration.read_text()))
        names.add("MAMMOVLM_PYTHONPATH")
    return names


def weights(settings: Settings) -> Finding:
    """Load the whole model, which checks the hash of every file."""
    try:
        model = MammoVLM.load(settings)
    except WeightsUnusable as error:
        return mend("weights", str(error), "Run `make setup`, or copy the weights again.")
    hashed = [part for part in model.algorithm.parts if part.weights_sha256]
    return fine("weights", f"{settings.preset}: {len(hashed)} parts, every hash as expected")


def fonts(settings: Settings) -> Finding:
    """Look for the letters that the PDF page needs."""
    if not settings.pdf_report:
        return fine("fonts", "not needed: pdf_report is off")
    try:
        page_fonts(settings.language, settings.pdf_font)
    except FontMissing as error:
        return mend("fonts", str(error), "Install the package, or set MAMMOVLM_PDF_FONT.")
    return fine("fonts", f"letters for {settings.language} are there")
