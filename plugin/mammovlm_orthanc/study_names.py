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
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            "This is neither an Orthanc identifier nor a Study Instance UID.",
            "GET studies lists both for every study.",
        )
    found = archive.studies_with_uid(name)
    if not found:
        raise unknown_study()
    if len(found) > 1:
        raise Refused(
            HTTPStatus.CONFLICT,
            f"Several patients have a study with this UID: {', '.join(sorted(found))}.",
            "Ask with one of these Orthanc identifiers, and correct the identification.",
        )
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
    return Refused(
        HTTPStatus.NOT_FOUND,
        "Orthanc has no such study.",
        "Send the study, or look for the right identifier with GET studies.",
    )


def unreadable() -> Refused:
    """Say that the study's status is not ours to read."""
    return Refused(
        HTTPStatus.CONFLICT,
        "The status of this study was written by another version of MammoVLM.",
        "Use that version, or remove the study's metadata MammoVLM.",
    )


def without_status() -> Refused:
    """Say that the study was never looked at."""
    return Refused(
        HTTPStatus.NOT_FOUND,
        "This study has no status: it holds no mammogram, or came before MammoVLM.",
        "POST to studies/{id}/analyze to have it analysed.",
    )
