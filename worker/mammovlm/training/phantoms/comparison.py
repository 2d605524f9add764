"""Compares phantoms with real mammograms: a picture side by side and a table of statistics.

``python -m mammovlm.training.phantoms.comparison --victre DIR --films DIR --out phantoms.png``.
The picture shows phantoms and M-SYNTH (VICTRE) images, which are CC0; mini-MIAS films go into the
table only.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import imagecodecs
import numpy as np

from mammovlm.findings import DensityCategory
from mammovlm.model.image_processor import ImageProcessor
from mammovlm.study import HANGING_ORDER, ViewPosition
from mammovlm.training.phantoms import phantom_exam
from mammovlm.training.phantoms.noise import Field
from mammovlm.training.phantoms.statistics import image_statistics
from mammovlm.training.real_films import Film, load_mini_mias, load_victre

HEADINGS = ("n", "variation", "skewness", "middle", "spectral slope", "filled")
PICTURE = ImageProcessor(252, 200)
MEASURED = ImageProcessor(504, 400)


@click.command()
@click.option("--victre", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--films", type=click.Path(path_type=Path, exists=True), default=None)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.option("--exams", default=60, show_default=True, help="Phantoms in the table.")
def main(victre: Path, films: Path | None, out: Path, exams: int) -> None:
    """Write the picture to OUT and print the table as markdown."""
    in_silico = load_victre(victre)
    picture = comparison_picture(in_silico)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(imagecodecs.png_encode(picture, level=9))
    click.echo(f"| pictures | {' | '.join(HEADINGS)} |\n|---|{'---:|' * len(HEADINGS)}")
    for density in DensityCategory:
        views = _phantom_views(density, exams // 4)
        click.echo(table_row(f"phantoms {density}", views))
    for density in DensityCategory:
        chosen = [film.pixels for film in in_silico if density in film.densities]
        click.echo(table_row(f"M-SYNTH {density}", chosen))
    real = load_mini_mias(films) if films else ()
    for tissue in sorted({film.tissue for film in real}):
        chosen = [film.pixels for film in real if film.tissue == tissue]
        click.echo(table_row(f"mini-MIAS {tissue}", chosen))


def _phantom_views(density: DensityCategory, count: int) -> Iterable[Field]:
    """Give the MLO views of some exams of one density, to compare with MLO films."""
    for seed in range(count):
        exam = phantom_exam(7000 + seed, density=density, assessment=1)
        for slot in HANGING_ORDER:
            if slot.position is ViewPosition.MLO:
                yield exam.views[slot].pixels


def table_row(name: str, pictures: Iterable[Field]) -> str:
    """Measure pictures as the model sees them; mean and standard deviation as markdown."""
    rows = []
    for pixels in pictures:
        prepared = MEASURED.prepare(pixels)[0].numpy()
        rows.append(image_statistics(prepared, prepared > 0).values())
    values = np.asarray(rows)
    cells = [
        f"{mean:.2f} ± {spread:.2f}"
        for mean, spread in zip(values.mean(axis=0), values.std(axis=0), strict=True)
    ]
    return f"| {name} | {len(rows)} | {' | '.join(cells)} |"


def comparison_picture(
    in_silico: Sequence[Film],
) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Lay out six phantoms (CC and MLO) beside two VICTRE images, one row a density.

    Returns
    -------
    ndarray
        uint8, (rows, columns).
    """
    lines = []
    for row, density in enumerate(DensityCategory):
        tiles: list[Field] = []
        for column, vendor in enumerate(("GE", "Hologic", "film")):
            seed = 300 + 2 * (3 * row + column)
            exam = phantom_exam(seed, density=density, assessment=4, vendor=vendor)
            tiles += [_tile(exam.views[slot].pixels) for slot in HANGING_ORDER[1::2]]
        examples = [film.pixels for film in in_silico if density in film.densities]
        tiles += [np.full((PICTURE.height, 6), 1.0, np.float32)]
        tiles += [_tile(pixels) for pixels in examples[:2]]
        lines.append(np.concatenate(tiles, axis=1))
    return np.asarray(np.round(np.concatenate(lines) * 255), dtype=np.uint8)


def _tile(pixels: Field) -> Field:
    return np.asarray(PICTURE.prepare(pixels)[0].numpy(), dtype=np.float32)


if __name__ == "__main__":
    main()
