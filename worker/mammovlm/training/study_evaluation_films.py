"""mini-MIAS in the evaluation's report: what `evaluate_films` measures, as rows of a table."""

from collections.abc import Callable
from pathlib import Path

from mammovlm.model.parts import LoadedParts
from mammovlm.training.evaluate_films import film_table, see_film
from mammovlm.training.real_films import load_mini_mias
from mammovlm.training.study_evaluation_measures import FilmResult


def measure_films(
    folder: Path, parts: LoadedParts, told: Callable[[int, int], None] = lambda done, total: None
) -> FilmResult:
    """Measure the heads on single films.

    Parameters
    ----------
    folder
        With ``labels.csv`` and ``images``.
    parts
        The networks.
    told
        Called with films done and films in all.

    Raises
    ------
    FileNotFoundError, ValueError
        Where the folder is not as it must be, or heads are untrained.
    """
    films = load_mini_mias(folder)
    seen = []
    for done, film in enumerate(films, start=1):
        seen.append(see_film(film, parts))
        told(done, len(films))
    table = film_table(films, seen)
    everyone, abnormal, malignant, marked = table.counts
    return FilmResult(
        films=everyone,
        measured={
            f"presence: {abnormal} abnormal against {everyone - abnormal} normal films, AUC": (
                table.abnormal,
                0.5,
            ),
            f"suspicion: {malignant} malignant against {abnormal - malignant} benign films, AUC": (
                table.malignant,
                0.5,
            ),
            f"pointing game on {marked} marked films": (table.hits, table.chance),
        },
    )
