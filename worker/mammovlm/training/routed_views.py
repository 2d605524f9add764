"""What the trained experts see in the women that UMiCon learns from, computed once and kept."""

import copy
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from mammovlm.model.encoders import Encoder, create_encoder
from mammovlm.model.expert_view import expert_view
from mammovlm.model.folded_norms import fold_batch_norms
from mammovlm.model.lesion_finder import LesionFinder
from mammovlm.training.lesion_stage import LesionExpert
from mammovlm.training.phantom_exams import PhantomExams, phantoms_fingerprint
from mammovlm.training.pointing_game import peak


@dataclass(frozen=True)
class RoutedViews:
    """Exams as their experts see them.

    Parameters
    ----------
    pools
        (exams, views, 3, channels), as `mammovlm.model.expert_view`; four views, in hanging order.
    summaries
        Of the lesion finders, (exams, views, `SUMMARY_WIDTH`).
    peaks
        Row and column of the most evident cell's middle, in pixels of the input, (exams, views, 2).
    """

    pools: Tensor
    summaries: Tensor
    peaks: Tensor

    def rows(self, rows: Tensor) -> "RoutedViews":
        """Give some of the exams."""
        return RoutedViews(self.pools[rows], self.summaries[rows], self.peaks[rows])

    def views(self, which: slice) -> "RoutedViews":
        """Give some of the views of every exam."""
        return RoutedViews(self.pools[:, which], self.summaries[:, which], self.peaks[:, which])


def routed_views(
    exams: PhantomExams,
    names: Sequence[str],
    experts: Mapping[str, LesionExpert],
    folder: Path,
    progress: Callable[[int], None] = lambda done: None,
) -> RoutedViews:
    """Give what experts see, from the folder where it is there already.

    Parameters
    ----------
    names
        Which expert sees which exam.
    experts
        Trained, by name.
    folder
        Where it is kept, a file an exam, below a folder named after phantoms and weights.
    """
    return kept_views(exams, names, experts, folder, progress=progress, views=exams.views)


def kept_views(
    exams: PhantomExams,
    names: Sequence[str],
    experts: Mapping[str, LesionExpert],
    folder: Path,
    *,
    progress: Callable[[int], None],
    views: Callable[[int], Tensor],
    kind: str = "",
) -> RoutedViews:
    """Do as `routed_views` with any views of the exams.

    Parameters
    ----------
    views
        From an exam's row to what its expert shall see, uint8, (views, rows, columns).
    kind
        Names these views where the files are kept; nothing for the exams' own.
    """
    home = folder / f"routed-{_fingerprint(experts)}"
    home.mkdir(parents=True, exist_ok=True)
    seen, reading = [], {name: _reading(expert) for name, expert in experts.items()}
    for row, name in enumerate(names):
        told = "-".join(filter(None, (f"{exams.truths[row].seed:06d}", name, kind)))
        path = home / f"{told}.safetensors"
        if not path.is_file():
            unfinished = path.with_suffix(".part")
            save_file(_computed(views(row), reading[name], experts[name].finder), unfinished)
            unfinished.replace(path)
        seen.append(load_file(path))
        progress(row + 1)
    return RoutedViews(
        *(torch.stack([each[part] for each in seen]) for part in ("pools", "summaries", "peaks"))
    )


def _reading(expert: LesionExpert) -> Encoder:
    """Copy an expert's encoder to read with, as a worker does."""
    encoder = create_encoder(expert.encoder.spec, copy.deepcopy(expert.encoder.backbone))
    fold_batch_norms(encoder)
    return encoder


@torch.inference_mode()
def _computed(views: Tensor, encoder: Encoder, finder: LesionFinder) -> dict[str, Tensor]:
    seen: dict[str, list[Tensor]] = {"pools": [], "summaries": [], "peaks": []}
    for grey in (views[:, None].float() / 255).split(1):
        view = expert_view(encoder(grey), grey)
        seen["pools"].append(view.pools)
        hidden = finder.hidden(view.levels)
        summary, found = finder.sum_up(hidden, view.share)
        seen["summaries"].append(summary)
        seen["peaks"].append(torch.tensor([peak(found.evidence[0])]))
    return {name: torch.cat(parts) for name, parts in seen.items()}


def _fingerprint(experts: Mapping[str, LesionExpert]) -> str:
    together = hashlib.sha256(phantoms_fingerprint().encode())
    for name, expert in sorted(experts.items()):
        together.update(name.encode())
        for tensor in expert.state_dict().values():
            together.update(tensor.contiguous().numpy().tobytes())
    return together.hexdigest()[:12]
