"""``python -m mammovlm.training.phantoms``: write phantom exams to a folder, with their truth."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import click
import imagecodecs
import numpy as np

from mammovlm.findings import DensityCategory
from mammovlm.training.phantoms import (
    CaseMix,
    PhantomExam,
    WritingOptions,
    phantom_exam,
    write_exam,
)


@click.command()
@click.option("--count", default=4, show_default=True, help="How many exams.")
@click.option("--seed", default=0, show_default=True, help="Seed of the first exam.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder."
)
@click.option("--dicom/--png", default=True, show_default=True, help="Kind of files.")
@click.option("--rows", default=504, show_default=True, help="Height of the pictures.")
@click.option("--density", type=click.Choice([str(c) for c in DensityCategory]), default=None)
@click.option("--assessment", type=click.IntRange(1, 5), default=None, help="BI-RADS category.")
@click.option(
    "--case-mix",
    type=click.Choice([str(mix) for mix in CaseMix]),
    default=str(CaseMix.SCREENING),
    show_default=True,
)
@click.option("--processing-twins", is_flag=True, help="For Processing images too.")
@click.option("--monochrome1", is_flag=True, help="Store inverted grey levels.")
@click.option("--implants", is_flag=True, help="Implants: views with and without them.")
@click.option("--additional-views", is_flag=True, help="Spot and magnification views.")
@click.option("--tomosynthesis", is_flag=True, help="A small tomosynthesis object.")
def main(
    count: int,
    seed: int,
    out: Path,
    *,
    dicom: bool,
    rows: int,
    density: str | None,
    assessment: int | None,
    case_mix: str,
    **variants: bool,
) -> None:
    """Write COUNT simulated exams, each in a folder of its own with a truth.json."""
    for number in range(seed, seed + count):
        exam = phantom_exam(
            number, rows=rows, density=density, assessment=assessment, case_mix=case_mix
        )
        folder = out / f"phantom-{number:06d}"
        if dicom:
            write_exam(exam, folder, _options(variants))
        else:
            _write_pictures(exam, folder)
        (folder / "truth.json").write_text(json.dumps(_truth(exam), indent=1), encoding="utf-8")
        click.echo(f"{folder}: density {exam.density}, BI-RADS {exam.assessment}")


def _options(variants: Mapping[str, bool]) -> WritingOptions:
    known = {field.name for field in fields(WritingOptions)}
    chosen: dict[str, Any] = {name: on for name, on in variants.items() if name in known}
    return WritingOptions(**chosen)


def _write_pictures(exam: PhantomExam, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for slot, view in exam.views.items():
        grey = np.round(view.pixels * 255).astype(np.uint8)
        (folder / f"{slot}.png").write_bytes(imagecodecs.png_encode(grey))


def _truth(exam: PhantomExam) -> dict[str, object]:
    """Give all that is true of an exam, as JSON can hold it."""
    return {
        "seed": exam.seed,
        "patient": asdict(exam.patient),
        "density": exam.density,
        "assessment": exam.assessment,
        "breasts": [asdict(breast) for breast in exam.breasts],
        "views": {
            str(slot): {
                "percent_density": round(view.percent_density, 3),
                "spacing_mm": view.spacing_mm,
                "marks": [asdict(mark) for mark in view.marks],
            }
            for slot, view in exam.views.items()
        },
    }


if __name__ == "__main__":
    main()
