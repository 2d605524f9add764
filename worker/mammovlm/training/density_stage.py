"""Stage S0: the density head, from phantoms with exact labels and real films with coarse ones.

A film's label allows several BI-RADS compositions (mini-MIAS F is A or B), so its loss is −log of
the probability that falls on them. Because every film of a letter could be satisfied by one
composition alone, the mean prediction over each letter is drawn towards an even share.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
import torch
from sklearn.metrics import balanced_accuracy_score
from torch import Tensor

from mammovlm.findings import DensityCategory
from mammovlm.model.density_selector import DensityHead
from mammovlm.training.evaluation import Measured, auc_by_patient
from mammovlm.training.real_films import Film, patient_folds

_SMALLEST = 1e-9


@dataclass(frozen=True)
class DensityConfig:
    """Sizes of the fit.

    Parameters
    ----------
    decay
        Weight of the squared length of the score's direction.
    evenness
        Weight of the even share within a coarse label.
    iterations
        Of L-BFGS.
    """

    decay: float = 0.003
    evenness: float = 0.3
    iterations: int = 200


@dataclass(frozen=True)
class DensityImages:
    """Labelled images of one source.

    Parameters
    ----------
    features
        (images, features), see `mammovlm.model.density_selector.density_features`.
    allowed
        (images, 4), 1 where the label allows that composition.
    weight
        Of the whole source in the loss.
    """

    features: Tensor
    allowed: Tensor
    weight: float = 1.0

    def rows(self, rows: Sequence[int]) -> "DensityImages":
        """Give some of the images."""
        chosen = torch.as_tensor(rows, dtype=torch.long)
        return DensityImages(self.features[chosen], self.allowed[chosen], self.weight)


def film_images(films: Sequence[Film], features: Tensor, weight: float = 1.0) -> DensityImages:
    """Put films and their features together."""
    order = list(DensityCategory)
    allowed = torch.zeros(len(films), 4)
    for row, film in enumerate(films):
        for density in film.densities:
            allowed[row, order.index(density)] = 1
    return DensityImages(features, allowed, weight)


def exact_images(features: Tensor, densities: Tensor, weight: float = 1.0) -> DensityImages:
    """Put images of known composition (0..3) and their features together."""
    return DensityImages(features, torch.nn.functional.one_hot(densities, 4).float(), weight)


def fit_density_head(
    sources: Sequence[DensityImages],
    config: DensityConfig,
    curve: Callable[[int, float], None] = lambda step, loss: None,
) -> DensityHead:
    """Fit the head; every source counts by its weight, whatever its number of images.

    Parameters
    ----------
    curve
        Told every evaluation of the loss (from 1) and what it gave; a line search takes several.
    """
    head = DensityHead(sources[0].features.shape[1])
    _set_scale(head, sources)
    torch.nn.init.zeros_(head.score.weight)  # every fit then starts, and ends, at the same place
    parameters = list(head.parameters())
    optimiser = torch.optim.LBFGS(
        parameters, max_iter=config.iterations, line_search_fn="strong_wolfe"
    )

    steps = count(1)

    def loss() -> float:
        optimiser.zero_grad()
        value = config.decay * head.score.weight.square().sum()
        for source in sources:
            logits = head(source.features)
            value = value + source.weight * density_loss(logits, source.allowed, config.evenness)
        value.backward()
        curve(next(steps), float(value.detach()))
        return float(value.detach())

    optimiser.step(loss)
    return head.eval()


def density_loss(logits: Tensor, allowed: Tensor, evenness: float) -> Tensor:
    """Give the stage's loss on images of one source.

    Parameters
    ----------
    logits, allowed
        (images, 4); see `DensityImages`.
    evenness
        Weight of the even share within a coarse label.
    """
    probabilities = torch.softmax(logits, dim=1)
    loss = _loss_on_label(logits, allowed)
    labels = torch.unique(allowed, dim=0)
    coarse = [label for label in labels if label.sum() > 1]
    for label in coarse:
        mean = probabilities[(allowed == label).all(1)].mean(0).clamp_min(_SMALLEST)
        loss = loss - evenness * (label / label.sum() * mean.log()).sum() / len(coarse)
    return loss


def density_logits(head: DensityHead, features: Tensor) -> Tensor:
    """Give the head's logits, (images, 4), without a gradient."""
    with torch.no_grad():
        logits: Tensor = head(features)
        return logits


def expected_category(logits: Tensor) -> np.ndarray:
    """Give the mean of A–D as 0..3 for every image."""
    return (torch.softmax(logits, dim=1) @ torch.arange(4.0)).double().numpy()


def temperature(held_out: Sequence[tuple[Tensor, Tensor]]) -> float:
    """Find by how much logits are too sure, from images that the heads did not see.

    Parameters
    ----------
    held_out
        Logits and allowed compositions, (images, 4) each, one pair per source; sources count alike.

    Returns
    -------
    float
        1 or more; logits divided by it have the lowest loss on those images.
    """
    candidates = torch.logspace(0, 1, 41)
    losses = torch.stack(
        [
            torch.stack(
                [_loss_on_label(logits / each, allowed) for logits, allowed in held_out]
            ).mean()
            for each in candidates
        ]
    )
    return float(candidates[losses.argmin()])


def cooled(head: DensityHead, by: float) -> DensityHead:
    """Divide the head's logits by a temperature, in its weights."""
    with torch.no_grad():
        head.score.weight.div_(by)
        head.bias.div_(by)
    return head


def _loss_on_label(logits: Tensor, allowed: Tensor) -> Tensor:
    on_label = (torch.softmax(logits, dim=1) * allowed).sum(1).clamp_min(_SMALLEST)
    return -on_label.log().mean()


@dataclass(frozen=True)
class FilmResult:
    """How well density does on mini-MIAS films, in which only letters are known.

    Parameters
    ----------
    fatty_against_dense
        AUC of F against D.
    balanced_accuracy
        Of three letters, from the mean category at the fixed cuts 1 and 2; chance is 1/3.
    """

    fatty_against_dense: Measured
    balanced_accuracy: float


def film_result(films: Sequence[Film], expected: np.ndarray) -> FilmResult:
    """Measure predictions on mini-MIAS films."""
    letters = np.array([film.tissue for film in films])
    patients = np.unique([film.patient for film in films], return_inverse=True)[1]
    extreme = letters != "G"
    auc = auc_by_patient(
        (letters[extreme] == "D").astype(np.int64), expected[extreme], patients[extreme]
    )
    told = np.array(["F", "G", "D"])[np.digitize(expected, [1.0, 2.0])]
    return FilmResult(auc, float(balanced_accuracy_score(letters, told)))


def cross_validated(
    films: Sequence[Film],
    images: DensityImages,
    others: Sequence[DensityImages],
    config: DensityConfig,
    folds: int = 5,
) -> Tensor:
    """Predict every film by a head that saw none of that woman's films.

    Parameters
    ----------
    films, images
        mini-MIAS.
    others
        Further sources, which every head sees.

    Returns
    -------
    Tensor
        Logits of every film, (films, 4).
    """
    logits = torch.zeros(len(films), 4)
    for held_out in patient_folds(films, folds, seed=0):
        kept = sorted(set(range(len(films))) - set(held_out))
        head = fit_density_head([images.rows(kept), *others], config)
        logits[list(held_out)] = density_logits(head, images.features[list(held_out)])
    return logits


def _set_scale(head: DensityHead, sources: Sequence[DensityImages]) -> None:
    """Scale features by the spread within a source, so that no source's size or look decides."""
    means = torch.stack([source.features.mean(0) for source in sources])
    spreads = torch.stack([source.features.var(0) for source in sources])
    head.feature_mean.copy_(means.mean(0))
    head.feature_spread.copy_((spreads.mean(0) + means.var(0, correction=0)).sqrt() + 1e-3)
