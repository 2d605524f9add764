"""Keeps what pydicom says about malformed values out of logs: it quotes the values."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pydicom import config


@contextmanager
def pydicom_kept_quiet() -> Iterator[None]:
    """Silence pydicom's warnings and log messages, and let it read what is not conform.

    Its messages quote the offending value, which may be a patient's name (invariant 7).
    The switches are the process's own, so they are set once around a whole study.
    """
    logger = logging.getLogger("pydicom")
    was_disabled, was_mode = logger.disabled, config.settings.reading_validation_mode
    logger.disabled, config.settings.reading_validation_mode = True, config.IGNORE
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled, config.settings.reading_validation_mode = was_disabled, was_mode
