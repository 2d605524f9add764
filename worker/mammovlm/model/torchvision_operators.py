"""Let timm import beside a CPU-only torch: declare the operators torchvision looks for.

torchvision 0.28 attaches shape rules to its compiled operators while it is imported. Where its
compiled library cannot be loaded (a CUDA build of torchvision beside a CPU build of torch) those
operators do not exist and the import fails, and timm's with it. Declaring the two schemas is
enough, because nothing here calls the operators themselves.
"""

import importlib.util
from pathlib import Path

import torch

_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
_declared: list[torch.library.Library] = []  # a library's operators live as long as the object


def declare_missing_operators() -> tuple[str, ...]:
    """Declare torchvision's operators where its compiled library did not bring them.

    Does nothing where the operators exist, and nothing on a second call.

    Returns
    -------
    tuple of str
        Names of the operators that were declared here, such as ``("nms", "qnms")``.
    """
    _load_compiled_library()
    missing = tuple(name for name in _SCHEMAS if not hasattr(torch.ops.torchvision, name))
    if missing:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in missing:
            library.define(_SCHEMAS[name])
        _declared.append(library)
    return missing


def _load_compiled_library() -> None:
    """Try torchvision's own library first, so that nothing real is ever shadowed."""
    found = importlib.util.find_spec("torchvision")
    for folder in (found.submodule_search_locations or []) if found else []:
        for library in sorted(Path(folder).glob("_C*.so")):
            try:
                torch.ops.load_library(str(library))
            except OSError:  # built for a CUDA runtime that is not here
                continue
