# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finds the study that a caller means, by Orthanc's identifier or by its UID, and its status."""

import re
from http import HTTPStatus

from mammovlm_orthanc.archive import ORTHANC_ID, NotInArchive, OrthancArchive
from mammovlm_orthanc.rest_messages import Refused
from mammovlm_orthanc.status import StatusUnreadable, StudyStatus
from mammovlm_orthanc.status_store import StatusStore

UID = re.compile(r"[0-9][0-9.]{0,63}", re.ASCII)


def find_study(archive: OrthancArchive, name: str) -> str:
    """Give Orthanc's identifier of a study.

    Raises
    ------
    Refused
        If the name is none, or fits no study, or several.
    """
    if ORTHANC_ID.fullmatch(name):
        return name
    if not UID.fullmatch(name):
        raise Refused(HTTPStatus.BAD_REQUEST, "no-identifier")
    found = archive.studies_with_uid(name)
    if not found:
        raise unknown_study()
    if len(found) > 1:
        identifiers = ", ".join(sorted(found))
        raise Refused(HTTPStatus.CONFLICT, "several-studies", identifiers=identifiers)
    return found[0]


def status_of(store: StatusStore, study_id: str) -> StudyStatus:
    """Give the status of a study.

    Raises
    ------
    Refused
        If there is no such study, if it has no status, or one of another version.
    """
    try:
        status = store.read(study_id)
    except NotInArchive as error:
        raise unknown_study() from error
    except StatusUnreadable as error:
        raise unreadable() from error
    if status is None:
        raise without_status()
    return status


def unknown_study() -> Refused:
    """Say that the study is not there."""
    return Refused(HTTPStatus.NOT_FOUND, "unknown-study")


def unreadable() -> Refused:
    """Say that the study's status is not ours to read."""
    return Refused(HTTPStatus.CONFLICT, "status-of-other-version")


def without_status() -> Refused:
    """Say that the study was never looked at."""
    return Refused(HTTPStatus.NOT_FOUND, "no-status")
