"""The words of a report without result: why there is none, and what that does not mean."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class RefusalWords:
    """What `mammovlm.results.refusal_report` writes.

    Parameters
    ----------
    reasons
        What happened and what to do, by the reason's code, for a technologist. Empty in English,
        in which the errors themselves speak.
    detail
        With the fields ``reason`` and ``detail``, where there is more to say than the reason.
    states
        Of the study: "rejected", "failed".
    status
        With the fields ``state`` and ``reason``, the code.
    nothing
        That nothing was analysed, and that this says nothing about the breasts.
    """

    reasons: Mapping[str, str]
    detail: str
    states: Mapping[str, str]
    status: str
    nothing: str
