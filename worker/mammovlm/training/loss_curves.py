"""What stages tell of their losses while they run: ``loss.csv``, and a plot of it for each."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot

Curve = Callable[[str, int, float], None]
"""Told the name of a curve, the step or epoch, and the number."""


def untold(_name: str, _step: int, _value: float, /) -> None:
    """Keep no curve."""


@dataclass(frozen=True)
class LossCurves:
    """The curves of one run, which may be stopped and taken up again.

    Parameters
    ----------
    folder
        The run folder; gets ``loss.csv``: name, step and number a line, in the order of time.
    """

    folder: Path

    @property
    def table(self) -> Path:
        """The file of all curves."""
        return self.folder / "loss.csv"

    def note(self, name: str, step: int, value: float) -> None:
        """Add a point; it is in the file when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.table.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow([name, step, f"{value:.4f}"])

    def read(self) -> dict[str, list[tuple[int, float]]]:
        """Give the points of every curve; where a run went back, those of its last way."""
        curves: dict[str, list[tuple[int, float]]] = {}
        if not self.table.is_file():
            return curves
        with self.table.open(newline="", encoding="utf-8") as file:
            for name, step, value in csv.reader(file):
                points = curves.setdefault(name, [])
                while points and points[-1][0] >= int(step):
                    points.pop()
                points.append((int(step), float(value)))
        return curves

    def plot(self, picture: Path, names: Sequence[str], *, across: str, up: str) -> None:
        """Draw some curves into one picture; nothing where none of them has a point.

        Parameters
        ----------
        picture
            A PNG file.
        names
            Whole names of curves, or their beginnings up to a comma.
        across, up
            Names of the axes.
        """
        curves = self.read()
        shown = [name for name in curves if name in names or name.split(",")[0] in names]
        if not shown:
            return
        mpl.use("Agg")
        figure, axes = pyplot.subplots(figsize=(6, 3.5))
        for name in shown:
            steps, values = zip(*curves[name], strict=True)
            # a single point would be no line
            axes.plot(steps, values, label=name, marker="." if len(steps) == 1 else None)
        axes.set_xlabel(across)
        axes.set_ylabel(up)
        axes.legend(fontsize="small")
        figure.tight_layout()
        figure.savefig(picture, dpi=120)
        pyplot.close(figure)
