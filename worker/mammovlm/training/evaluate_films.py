"""``python -m mammovlm.training.evaluate_films``: what the shipped heads make of real films.

The heads learned lesions from phantoms alone, so films are never seen in training; mini-MIAS tells
which are abnormal, which of these malignant, and where (four-systems 5.3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import torch
from rich.progress import track

from mammovlm.findings import DensityCategory
from mammovlm.model.class_activation import decisive_cells
from mammovlm.model.density_selector import density_features
from mammovlm.model.expert_view import expert_view
from mammovlm.model.heads import PRESENCE, SUSPICION
from mammovlm.model.image_processor import ImageProcessor
from mammovlm.model.metadata_text import metadata_text
from mammovlm.model.networks import device_of
from mammovlm.model.parts import JointParts, LoadedParts, SelectorParts, load_parts
from mammovlm.settings import Settings
from mammovlm.training.evaluation import Measured, auc_by_patient, over_patients
from mammovlm.training.hybrids import women_of_hybrids
from mammovlm.training.lesion_patches import CELL
from mammovlm.training.pointing_game import chance, peak, touches
from mammovlm.training.real_films import Film, load_mini_mias


@dataclass(frozen=True)
class InputMark:
    """The circle of a film's mark, in pixels of the input."""

    row: float
    column: float
    radius: float


@dataclass(frozen=True)
class SeenFilm:
    """What the model makes of one film.

    Parameters
    ----------
    presence, suspicion
        Logits of the heads.
    hit
        Whether the most evident cell touches a marked abnormality; None without a mark.
    chance
        The same for a cell drawn anywhere in the breast, 0..1.
    """

    presence: float
    suspicion: float
    hit: bool | None
    chance: float


@dataclass(frozen=True)
class FilmTable:
    """Measures with 95 % intervals by bootstrap over women.

    Parameters
    ----------
    abnormal, malignant
        AUC of presence, abnormal against normal films; of suspicion, malignant against benign.
    hits, chance
        Of the pointing game over films with a mark.
    counts
        Films, abnormal films, malignant films, films with a mark.
    """

    abnormal: Measured
    malignant: Measured
    hits: Measured
    chance: float
    counts: tuple[int, int, int, int]


@torch.no_grad()
def see_film(film: Film, parts: LoadedParts) -> SeenFilm:
    """Let the model look at one film as at a study of one view without metadata.

    Raises
    ------
    ValueError
        Where selector, experts or heads are untrained.
    """
    selector, joint = _trained(parts)
    processor = ImageProcessor(parts.preset.height, parts.preset.width)
    prepared, placement = processor.placed(film.pixels)
    grey = prepared[None].to(device_of(parts))
    logits = selector.head(density_features(selector.encoder(grey), grey))
    category = list(DensityCategory)[int(logits[0].argmax())]
    route = parts.moe.route(category)
    if route is None:
        raise ValueError("no expert is trained")
    view = expert_view(parts.moe.expert(route.expert)(grey), grey)
    seen = joint.umicon.adapter(route.expert).look(view)
    if seen is None:
        raise ValueError("UMiCon's pooling has no lesion finder")
    text = joint.text_branch(joint.text_encoder([metadata_text(film.slot, {}, category)]))
    (cells,) = decisive_cells(joint, route.expert, [seen], text)
    fused = joint.fusion(joint.umicon(joint.umicon.adapter(route.expert)(view)), text)
    marks = [
        InputMark(*placement.to_input(m.row, m.column), m.radius * placement.scale)
        for m in film.marks
    ]
    place = peak(cells.weight[0])
    hit = any(touches(place, mark) for mark in marks) if marks else None
    breast = float(view.share[0].sum()) * CELL**2
    scores = {name: float(joint.heads[name](fused)[0, 0]) for name in (PRESENCE, SUSPICION)}
    return SeenFilm(scores[PRESENCE], scores[SUSPICION], hit, chance(marks, breast))


def film_table(films: Sequence[Film], seen: Sequence[SeenFilm]) -> FilmTable:
    """Measure over films, each with what the model makes of it."""
    women = np.unique([film.patient for film in films], return_inverse=True)[1]
    abnormal = np.array([film.abnormality != "NORM" for film in films])
    severe = np.array([film.severity == "M" for film in films])
    marked = np.array([each.hit is not None for each in seen])
    hits = np.array([float(each.hit or 0) for each in seen])[marked]
    presence = np.array([each.presence for each in seen])
    suspicion = np.array([each.suspicion for each in seen])[abnormal]
    counts = (len(films), int(abnormal.sum()), int(severe.sum()), int(marked.sum()))
    return FilmTable(
        abnormal=auc_by_patient(abnormal.astype(np.int64), presence, women),
        malignant=auc_by_patient(severe[abnormal].astype(np.int64), suspicion, women[abnormal]),
        hits=over_patients(lambda rows: float(hits[rows].mean()), women[marked]),
        chance=float(np.mean([each.chance for each in seen if each.hit is not None])),
        counts=counts,
    )


def _trained(parts: LoadedParts) -> tuple[SelectorParts, JointParts]:
    if parts.selector is None or parts.joint is None:
        raise ValueError("selector or heads are untrained, so there is nothing to measure")
    return parts.selector, parts.joint


@click.command()
@click.option("--mini-mias", type=click.Path(path_type=Path, exists=True), required=True)
def main(*, mini_mias: Path) -> None:
    """Measure the shipped heads on mini-MIAS films.

    Once on all of them, and once on those of the women in whose films no lesion is ever set.
    """
    parts = load_parts(Settings())
    films = load_mini_mias(mini_mias)
    seen = [see_film(film, parts) for film in track(films, "films")]
    taught = women_of_hybrids(films)
    apart = [row for row, film in enumerate(films) if film.patient not in taught]
    click.echo("All films:")
    _tell(film_table(films, seen))
    click.echo(f"Films of the {len({films[row].patient for row in apart})} women without hybrids:")
    _tell(film_table([films[row] for row in apart], [seen[row] for row in apart]))


def _tell(table: FilmTable) -> None:
    everyone, abnormal, malignant, marked = table.counts
    for told, measured in (
        (f"abnormal ({abnormal}) against normal films ({everyone - abnormal}), AUC of presence",
         table.abnormal),
        (f"malignant ({malignant}) against benign films ({abnormal - malignant}), AUC of suspicion",
         table.malignant),
        (f"pointing game on {marked} marked films (chance {table.chance:.3f})", table.hits),
    ):  # fmt: skip
        click.echo(f"{told}: {measured.value:.3f} [{measured.low:.3f}, {measured.high:.3f}]")


if __name__ == "__main__":
    main()
