# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the plugin uses of Orthanc's module ``orthanc``, as a type."""

from collections.abc import Callable
from typing import Any, Protocol


class OrthancApi(Protocol):
    """The module ``orthanc`` of Orthanc's Python plugin, 4.0 or later.

    Its calls hold Python's lock while they run, so only small ones are allowed here: never whole
    files, archives or previews.
    """

    OrthancException: type[Exception]
    ChangeType: Any

    def RestApiGet(self, uri: str) -> bytes: ...  # noqa: N802, D102  Orthanc's names
    def RestApiPut(self, uri: str, body: bytes) -> bytes: ...  # noqa: N802, D102
    def RestApiPost(self, uri: str, body: bytes) -> bytes: ...  # noqa: N802, D102
    def GetGlobalProperty(self, number: int, default: str) -> str: ...  # noqa: N802, D102
    def SetGlobalProperty(self, number: int, value: str) -> None: ...  # noqa: N802, D102
    def GetConfiguration(self) -> str: ...  # noqa: N802, D102
    def LogInfo(self, message: str) -> None: ...  # noqa: N802, D102
    def LogWarning(self, message: str) -> None: ...  # noqa: N802, D102
    def LogError(self, message: str) -> None: ...  # noqa: N802, D102
    def RegisterOnChangeCallback(self, callback: Callable[..., None]) -> None: ...  # noqa: N802, D102
    def RegisterRestCallback(  # noqa: N802, D102
        self, pattern: str, callback: Callable[..., None]
    ) -> None: ...
