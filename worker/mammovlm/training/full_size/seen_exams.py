"""What trained networks make of exams, as the worker would: with its density, without a report."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from mammovlm.training.full_size.exams import CompleteExams, ExamBatch
from mammovlm.training.full_size.networks import JointNetwork, SelectorNetwork
from mammovlm.training.full_size.steps import FullSizePlace
from mammovlm.training.joint_data import breast_means, study_categories


@dataclass(frozen=True)
class Look:
    """How exams are put through networks.

    Parameters
    ----------
    place
        Device, precision, and who reads ahead.
    at_once
        Exams that the device works on at once.
    told
        Told what is looked at, and how many exams more are done.
    """

    place: FullSizePlace
    at_once: int
    told: Callable[[str, int], None] = lambda what, done: None


@dataclass(frozen=True)
class SeenExams:
    """Exams behind the networks, float32, on the processor.

    Parameters
    ----------
    embeddings
        UMiCon's, (exams, 4, C).
    density
        The selector's category of the study, 0..3, (exams,).
    fused
        The mean of each breast's views, right first, (exams, 2, 2C).
    presence, suspicious, patients
        As of `ExamBatch`.
    """

    embeddings: Tensor
    density: Tensor
    fused: Tensor
    presence: Tensor
    suspicious: Tensor
    patients: Tensor


@torch.no_grad()
def density_logits(
    selector: SelectorNetwork, exams: CompleteExams, look: Look
) -> tuple[Tensor, Tensor]:
    """Give the selector's logits and the compositions that labels allow, (exams × 4, 4) each."""
    logits, allowed = [torch.zeros(0, 4)], [torch.zeros(0, 4)]
    for rows, batch in _batches(exams, look):
        logits.append(_logits(selector, batch, look.place).flatten(0, 1))
        allowed.append(batch.allowed.flatten(0, 1))
        look.told("density", len(rows))
    return torch.cat(logits), torch.cat(allowed)


@torch.no_grad()
def seen_exams(
    selector: SelectorNetwork, network: JointNetwork, exams: CompleteExams, look: Look
) -> SeenExams:
    """Put exams, of which there may be none, through trained networks on the look's device."""
    device, size = look.place.accelerator.device, network.joint.umicon.spec.size
    none = torch.zeros(0, 2, dtype=torch.long)
    parts = [
        SeenExams(
            torch.zeros(0, 4, size), none[:, 0], torch.zeros(0, 2, 2 * size), none, none, none[:, 0]
        )
    ]
    for rows, batch in _batches(exams, look):
        logits = _logits(selector, batch, look.place)
        categories = study_categories(torch.softmax(logits, dim=-1))
        experts = exams.routed(categories).to(device)
        with look.place.accelerator.autocast():
            text = network.texts(exams.metadata(rows, categories).to(device)).float()
            vectors = network.vectors(batch.views.to(device), experts).float()
            embeddings = network.joint.umicon(vectors.flatten(0, 1)).float().cpu()
            fused = network.joint(vectors, text).float().cpu()
        parts.append(
            SeenExams(
                embeddings.view(len(rows), 4, size),
                torch.tensor(categories),
                breast_means(fused),
                batch.presence,
                batch.suspicious,
                batch.patients,
            )
        )
        look.told("heads", len(rows))
    return joined(parts)


def joined(parts: Sequence[SeenExams]) -> SeenExams:
    """Put exams one behind the other."""
    names = [field.name for field in fields(SeenExams)]
    return SeenExams(*(torch.cat([getattr(part, name) for part in parts]) for name in names))


def _logits(selector: SelectorNetwork, batch: ExamBatch, place: FullSizePlace) -> Tensor:
    """Give (exams, 4, 4) on the processor."""
    with place.accelerator.autocast():
        logits: Tensor = selector(batch.views.to(place.accelerator.device))
    return logits.float().cpu()


class _Parts(Dataset[tuple[Sequence[int], ExamBatch]]):
    """All exams, some at a time."""

    def __init__(self, exams: CompleteExams, at_once: int) -> None:
        self._exams = exams
        self._starts = range(0, len(exams), at_once)

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, part: int) -> tuple[Sequence[int], ExamBatch]:
        start = self._starts[part]
        rows = range(start, min(start + self._starts.step, len(self._exams)))
        return rows, self._exams.batch(rows, step=0)


def _batches(exams: CompleteExams, look: Look) -> Iterator[tuple[Sequence[int], ExamBatch]]:
    parts = _Parts(exams, look.at_once)
    return iter(DataLoader(parts, batch_size=None, num_workers=look.place.readers))
