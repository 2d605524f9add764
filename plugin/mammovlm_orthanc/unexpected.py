# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logging errors that nobody expected, without what they may carry.

An exception's message can quote a header or a message's body; its type and the place where it was
raised cannot.
"""

import logging
import traceback
from pathlib import Path

LOGGER = logging.getLogger("mammovlm_orthanc")


def log_unexpected(while_doing: str, error: BaseException) -> None:
    """Log an error's type and place, never its message."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    LOGGER.error("Error while %s: %s at %s", while_doing, type(error).__name__, place)
