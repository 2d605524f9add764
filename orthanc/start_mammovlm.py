# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Orthanc's Python plugin runs at start: finds the package and pika, registers MammoVLM."""

import os
import site
import sys
from pathlib import Path
from typing import Any, cast

import orthanc

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "plugin"))
if os.environ.get("MAMMOVLM_PYTHONPATH"):  # where pika is, unless Debian's python3-pika is there
    site.addsitedir(os.environ["MAMMOVLM_PYTHONPATH"])

from mammovlm_orthanc import register

register(cast("Any", orthanc))
