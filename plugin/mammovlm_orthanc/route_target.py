# SPDX-License-Identifier: AGPL-3.0-or-later
"""The station that results go to: a modality of Orthanc's, by TLS or on this machine."""

from collections.abc import Mapping, Sequence

from mammovlm_orthanc.setting_values import SettingRefused

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def check_route(name: str, configuration: Mapping[str, object]) -> None:
    """Refuse a station that Orthanc does not know, or to which results would go in the clear.

    Parameters
    ----------
    name
        Of the setting ``RouteTo``; "" for none.
    configuration
        Orthanc's, with ``DicomModalities``.

    Raises
    ------
    SettingRefused
        With what is to be done.
    """
    if not name:
        return
    known = configuration.get("DicomModalities")
    station = known.get(name) if isinstance(known, Mapping) else None
    if not isinstance(station, Mapping | Sequence):
        raise SettingRefused(
            "MammoVLM.RouteTo must be the name of an entry of Orthanc's DicomModalities "
            "(modalities.json), or empty."
        )
    if not _is_safe(station):
        raise SettingRefused(
            'MammoVLM.RouteTo must name a station with "UseDicomTls": true, or on this machine: '
            "results hold a patient's name."
        )


def _is_safe(station: Mapping[str, object] | Sequence[object]) -> bool:
    if isinstance(station, Mapping):
        return station.get("UseDicomTls") is True or station.get("Host") in _THIS_MACHINE
    return len(station) > 1 and station[1] in _THIS_MACHINE  # [title, host, port]: never with TLS
