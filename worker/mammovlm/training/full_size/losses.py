"""The losses of stages S0 to S2 of a whole batch, over any number of processes and parts."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mammovlm.training.contrast import Negatives, Reduction, contrast_of_pairs, mean_spread
from mammovlm.training.density_stage import DensityConfig, density_loss
from mammovlm.training.full_size.exams import ExamBatch
from mammovlm.training.full_size.networks import JointNetwork, SelectorNetwork
from mammovlm.training.full_size.parts import in_parts, of_all_processes
from mammovlm.training.full_size.plan import FullStage, StagePlan
from mammovlm.training.joint_stage import JointConfig, joint_loss
from mammovlm.training.umicon_pretraining import view_labels, view_patients


class DensityLoss(nn.Module):
    """Stage S0: where the label allows several compositions, −log of their probability.

    Parameters
    ----------
    network
        Trained as a whole.
    at_once
        Exams in one part.
    """

    def __init__(self, network: SelectorNetwork, at_once: int) -> None:
        super().__init__()
        self.network = network
        self._at_once, self._evenness = at_once, DensityConfig().evenness

    def forward(self, batch: ExamBatch) -> Tensor:
        """Give the loss, a scalar, the same in every process."""
        (logits,) = in_parts(lambda part: (self.network(part.views),), batch, self._at_once)
        allowed = of_all_processes(batch.allowed)
        whole = of_all_processes(logits.float())
        return density_loss(whole.flatten(0, 1), allowed.flatten(0, 1), self._evenness)


class PretrainingLoss(nn.Module):
    """Stage S1: contrast of masked pairs, plus contrast of images with their reports, if told.

    Parameters
    ----------
    network
        Experts, UMiCon, text encoder and text projection are trained (paper 3.2.3).
    at_once
        Exams in one part.
    mode
        Whom to push apart.
    reduction
        Of both contrasts over the batch.
    """

    def __init__(
        self,
        network: JointNetwork,
        at_once: int,
        mode: Negatives = "negatives",
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__()
        self.network = network
        self._at_once, self._mode, self._reduction = at_once, mode, reduction
        self._spread = torch.tensor(float("nan"))
        for unused in (network.joint.fusion, network.joint.heads):
            unused.requires_grad_(requires_grad=False)

    def forward(self, batch: ExamBatch) -> Tensor:
        """Give the loss, a scalar, the same in every process."""
        own = in_parts(self._looks, batch, self._at_once)
        first, second, image, text = (of_all_processes(each.float()) for each in own)
        labels = view_labels(of_all_processes(batch.suspicious))
        patients = view_patients(of_all_processes(batch.patients))
        self._spread = mean_spread(image, patients)
        told = view_patients(of_all_processes(batch.told))
        unimodal = self._contrast(first, second, labels, patients)
        if not bool(told.any()):
            return unimodal + (image.sum() + text.sum()) * 0
        reported = (image[told], text[told], labels[told], patients[told])
        return unimodal + self._contrast(*reported)

    def _contrast(self, ones: Tensor, others: Tensor, labels: Tensor, patients: Tensor) -> Tensor:
        return contrast_of_pairs(
            ones, others, labels, patients, mode=self._mode, reduction=self._reduction
        )

    @property
    def spread(self) -> float:
        """Mean distance of the plain images of different patients in the last batch, 0..2."""
        return float(self._spread)

    def _looks(self, part: ExamBatch) -> tuple[Tensor, ...]:
        network = self.network
        copies = [network.embeddings(copy, part.experts) for copy in part.copies.unbind(1)]
        image = network.embeddings(part.views, part.experts)
        metadata, reports = network.texts(part.metadata), _by_view(network.texts(part.reports))
        text = network.joint.text_branch(metadata.flatten(0, 1), reports.flatten(0, 1))
        return (*copies, image, text)


class SupervisedLoss(nn.Module):
    """Stage S2: both heads, and contrast between all patients of the batch.

    Parameters
    ----------
    network
        Trained but for the adapters' scales (paper 3.2.4).
    at_once
        Exams in one part.
    reduction
        Of the contrast over its pairs.
    """

    def __init__(self, network: JointNetwork, at_once: int, reduction: Reduction = "mean") -> None:
        super().__init__()
        self.network = network
        self._at_once, self._reduction = at_once, reduction
        self._contrast = JointConfig().contrast
        network.joint.requires_grad_(requires_grad=True)
        network.joint.umicon.adapters.requires_grad_(requires_grad=False)

    def forward(self, batch: ExamBatch) -> Tensor:
        """Give the loss, a scalar, the same in every process."""
        own = in_parts(self._scored, batch, self._at_once)
        fused, *logits = (of_all_processes(each.float()) for each in own)
        by_head = dict(zip(self.network.joint.heads, logits, strict=True))
        truths = _Truths(of_all_processes(batch.presence), of_all_processes(batch.suspicious))
        patients = of_all_processes(batch.patients)
        return joint_loss(
            by_head, fused, truths, patients, self._contrast, reduction=self._reduction
        )

    def _scored(self, part: ExamBatch) -> tuple[Tensor, ...]:
        network = self.network
        reports = _by_view(network.texts(part.reports)).float()
        told = reports.where(part.told[:, None, None], float("nan"))
        vectors = network.vectors(part.views, part.experts)
        fused = network.joint(vectors, network.texts(part.metadata).float(), told)
        return (fused, *network.joint.breast_logits(fused).values())


def joint_stage_loss(
    stage: FullStage, network: JointNetwork, plan: StagePlan
) -> PretrainingLoss | SupervisedLoss:
    """Give the loss of S1 or S2 as a plan has it."""
    if stage == "S1":
        return PretrainingLoss(network, plan.at_once, plan.mode, plan.reduction)
    return SupervisedLoss(network, plan.at_once, plan.reduction)


@dataclass(frozen=True)
class _Truths:
    presence: Tensor
    suspicious: Tensor


def _by_view(breasts: Tensor) -> Tensor:
    """Give what is said of the breasts, (exams, 2, …), to their views in hanging order."""
    return breasts.repeat(1, 2, 1)
