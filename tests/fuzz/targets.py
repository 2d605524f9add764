"""What is fuzzed: each target runs one numbered case and says in a word how it ended.

Whatever a target does not name (any other exception, a crash, a hang) is a finding.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType

TARGETS: Mapping[str, str] = MappingProxyType(
    {
        "reader": "reader_target:reader",
        "eligibility": "plugin_targets:eligibility",
        "status document": "plugin_targets:status_document",
        "plugin message": "plugin_targets:plugin_message",
        "worker message": "worker_targets:worker_message",
    }
)
"""Name to module and function: a process loads only what its target needs."""


def target(name: str) -> Callable[[int], str]:
    """Give what runs one case of a target."""
    module, function = TARGETS[name].split(":")
    found: Callable[[int], str] = getattr(import_module(f"fuzz.{module}"), function)
    return found
