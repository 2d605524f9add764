"""How a likelihood is written: in per cent with one decimal.

Everything that reads or decides on a report's numbers uses them as written, so that a category
never contradicts the interval printed beside it.
"""

from dataclasses import dataclass

from mammovlm.findings import Likelihood


def percent(fraction: float) -> float:
    """Round a fraction 0..1 to per cent with one decimal."""
    return round(100 * fraction, 1)


@dataclass(frozen=True)
class WrittenLikelihood:
    """A likelihood as the report writes it, in per cent: ``low <= value <= high``."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, likelihood: Likelihood) -> "WrittenLikelihood":
        """Round the value and its bounds."""
        return cls(percent(likelihood.value), percent(likelihood.low), percent(likelihood.high))

    @property
    def above(self) -> float:
        """How far the upper bound lies above the value."""
        return round(self.high - self.value, 1)

    @property
    def below(self) -> float:
        """How far the lower bound lies below the value."""
        return round(self.value - self.low, 1)
