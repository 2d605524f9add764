"""The files of an exam by study: some data sets give every image a study of its own."""

from collections.abc import Iterable
from pathlib import Path

from mammovlm.archive.found_studies import identify_file
from mammovlm.job import StoredInstance


def files_by_study(
    files: Iterable[Path],
) -> tuple[dict[str, list[StoredInstance]], list[StoredInstance]]:
    """Group files by Study Instance UID (0020,000D), in their order.

    Returns
    -------
    dict
        By UID.
    list
        What is no DICOM, or names no study.
    """
    studies: dict[str, list[StoredInstance]] = {}
    others = []
    for file in files:
        identity, stored = identify_file(file), StoredInstance(file.name, file)
        if identity is None or not identity.study_instance_uid:
            others.append(stored)
        else:
            studies.setdefault(identity.study_instance_uid, []).append(stored)
    return studies, others
