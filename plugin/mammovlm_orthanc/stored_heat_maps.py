# SPDX-License-Identifier: AGPL-3.0-or-later
"""The heat maps that were stored beside a report, for the page to lay over its pictures.

A heat map names the image that it was drawn over (Source Image Sequence) and the report that it
goes with (Referenced Instance Sequence), as `mammovlm.results.heat_map` writes them.
"""

from collections.abc import Mapping

from mammovlm_orthanc.archive import NotInArchive
from mammovlm_orthanc.dicom_tags import Tags, identifier, items
from mammovlm_orthanc.stored_study import StoredStudies

_MODALITY = "OT"
_SOURCES, _REPORTS, _SOP_UID = "0008,2112", "0008,114a", "0008,1155"


def heat_maps(studies: StoredStudies, study_id: str, report_uid: str) -> Mapping[str, str]:
    """Give Orthanc's identifier of the heat map of each image, by SOP Instance UID of the image.

    Parameters
    ----------
    studies
        Orthanc.
    study_id
        Where to look.
    report_uid
        Only heat maps of this report: those of an earlier run show an earlier result.
    """
    found = {}
    for instance_id in studies.instances_of(study_id, _MODALITY):
        try:
            tags = studies.image_header(instance_id)
        except NotInArchive:
            continue  # deleted a moment ago
        if _named(tags, _REPORTS) == report_uid:
            found[_named(tags, _SOURCES)] = instance_id
    return found


def _named(tags: Tags, sequence: str) -> str:
    return next((identifier(item, _SOP_UID) for item in items(tags, sequence)), "")
