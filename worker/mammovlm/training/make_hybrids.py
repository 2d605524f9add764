"""``python -m mammovlm.training.make_hybrids``: set phantom lesions into real normal breasts.

Writes pictures and their truth to a folder outside the project: mini-MIAS is for research only and
none of its films, changed or not, enters the project. The picture for the documentation is made of
M-SYNTH (CC0) alone.
"""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
import imagecodecs
import numpy as np
import numpy.typing as npt
from rich.progress import track

from mammovlm.model.image_processor import ImageProcessor
from mammovlm.training.hybrids import Hybrid, background_of, hybrid, normal_films
from mammovlm.training.phantoms import LesionKind, draw_lesion
from mammovlm.training.real_films import Film, Pixels, load_mini_mias, load_victre

_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_TILE = ImageProcessor(504, 400)
_SHOWN = (
    (LesionKind.MASS, 3),
    (LesionKind.MASS, 5),
    (LesionKind.CALCIFICATIONS, 4),
    (LesionKind.ARCHITECTURAL_DISTORTION, 4),
)
_COLUMNS = ("file", "background", "source", "row", "column", "radius", "kind", "shape", "margin",
            "morphology", "distribution", "size_mm", "birads", "malignant")  # fmt: skip


@click.command()
@click.option("--mini-mias", type=_FOLDER, help="Local copy of mini-MIAS: normal films.")
@click.option("--victre", type=_FOLDER, help="Local copy of M-SYNTH; may hold masses of its own.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write to.")
@click.option("--count", default=20, show_default=True, help="Hybrids.")
@click.option("--seed", default=0, show_default=True, help="Of the first one.")
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the documentation's picture, of --victre alone.",
)
def main(
    *,
    mini_mias: Path | None,
    victre: Path | None,
    out: Path | None,
    count: int,
    seed: int,
    picture: Path | None,
) -> None:
    """Set phantom lesions into real backgrounds, or draw the documentation's picture."""
    in_silico = load_victre(victre) if victre else ()
    if picture:
        if not in_silico:
            raise click.UsageError("--picture needs --victre: only M-SYNTH may be shown")
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_bytes(imagecodecs.jpeg8_encode(hybrid_picture(in_silico), level=75))
    if out:
        films = [*normal_films(load_mini_mias(mini_mias) if mini_mias else ()), *in_silico]
        if not films:
            raise click.UsageError("--out needs --mini-mias or --victre")
        write_hybrids(films, range(seed, seed + count), out)
    if not (out or picture):
        raise click.UsageError("give --out or --picture")


def write_hybrids(films: Sequence[Film], seeds: Sequence[int], out: Path) -> None:
    """Write one PNG a hybrid, its truth as JSON, and a table of all.

    Parameters
    ----------
    films
        Backgrounds, used in turn.
    seeds
        One hybrid each.
    out
        Made where it is not there.
    """
    out.mkdir(parents=True, exist_ok=True)
    with (out / "hybrids.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, _COLUMNS)
        table.writeheader()
        for seed in track(seeds, "hybrids"):
            made = drawn(films[seed % len(films)], seed)
            name = f"hybrid-{seed:06d}"
            (out / f"{name}.png").write_bytes(imagecodecs.png_encode(_bytes(made.pixels)))
            truth = {"lesion": asdict(made.lesion), "mark": asdict(made.mark)}
            (out / f"{name}.json").write_text(json.dumps(truth, indent=1), encoding="utf-8")
            table.writerow(_row(f"{name}.png", made))


def drawn(
    film: Film, seed: int, kind: LesionKind | None = None, assessment: int | None = None
) -> Hybrid:
    """Draw a lesion by the tables of the phantoms, and set it into a film."""
    rng = np.random.default_rng([seed, 14])
    category = assessment or int(rng.integers(2, 6))
    return hybrid(background_of(film), draw_lesion(rng, category, kind=kind), seed)


def hybrid_picture(in_silico: Sequence[Film]) -> npt.NDArray[np.uint8]:
    """Lay out a background, and beside it the same breast with a lesion, one row a kind."""
    rows = []
    for place, (kind, assessment) in enumerate(_SHOWN):
        film = in_silico[7 * place]
        made = drawn(film, 40 + place, kind, assessment)
        rows.append(np.concatenate([*_tiles(film.pixels, made), *_close(film.pixels, made)], 1))
    return np.concatenate(rows)


def _tiles(before: Pixels, made: Hybrid) -> list[npt.NDArray[np.uint8]]:
    return [_bytes(_TILE.prepare(pixels)[0].numpy()) for pixels in (before, made.pixels)]


def _close(before: Pixels, made: Hybrid) -> list[npt.NDArray[np.uint8]]:
    """Cut out the lesion's surroundings before and after, as high as a tile."""
    half = _TILE.height // 2
    top = int(np.clip(made.mark.row - half, 0, before.shape[0] - 2 * half))
    left = int(np.clip(made.mark.column - half, 0, before.shape[1] - 2 * half))
    window = np.s_[top : top + 2 * half, left : left + 2 * half]
    low, high = np.quantile(before[window], [0.01, 0.999])
    reach = max(high - low, 0.1)
    return [
        _bytes(np.clip((pixels[window] - low) / reach, 0, 1)) for pixels in (before, made.pixels)
    ]


def _row(file: str, made: Hybrid) -> dict[str, object]:
    lesion, mark = made.lesion, made.mark
    return {
        "file": file,
        "background": made.film.name,
        "source": made.film.source,
        "row": round(mark.row, 1),
        "column": round(mark.column, 1),
        "radius": round(mark.radius, 1),
        "kind": lesion.kind,
        "shape": lesion.shape,
        "margin": lesion.margin,
        "morphology": lesion.morphology,
        "distribution": lesion.distribution,
        "size_mm": round(lesion.size_mm, 1),
        "birads": lesion.assessment,
        "malignant": int(lesion.malignant),
    }


def _bytes(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(np.round(pixels * 255).astype(np.uint8))


if __name__ == "__main__":
    main()
