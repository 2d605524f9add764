"""A likelihood with its interval, drawn on a scale of 0 to 100 per cent."""

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable

from mammovlm.results.percent import WrittenLikelihood

_LINE, _INTERVAL, _VALUE = HexColor("#9fb0bd"), HexColor("#5d8fb3"), HexColor("#14324a")


class IntervalBar(Flowable):  # type: ignore[misc]  # reportlab has no types
    """The scale, the interval as a bar, the value as a dot and the threshold as a stroke.

    Parameters
    ----------
    written
        In per cent.
    threshold
        In per cent; a category is suggested only where the bar does not touch it.
    width, height
        In points.
    """

    def __init__(
        self, written: WrittenLikelihood, threshold: float, width: float, height: float
    ) -> None:
        super().__init__()
        self._written, self._threshold = written, threshold
        self.width, self.height = width, height

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Give the size, whatever room there is."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw on the canvas that reportlab set before."""
        middle, canvas = self.height / 2, self.canv
        canvas.setStrokeColor(_LINE)
        canvas.setLineWidth(0.6)
        canvas.line(0, middle, self.width, middle)
        canvas.line(self._at(self._threshold), 0, self._at(self._threshold), self.height)
        canvas.setFillColor(_INTERVAL)
        low, high = self._at(self._written.low), self._at(self._written.high)
        canvas.rect(low, 0.3 * self.height, high - low, 0.4 * self.height, stroke=0, fill=1)
        canvas.setFillColor(_VALUE)
        canvas.circle(self._at(self._written.value), middle, 0.32 * self.height, stroke=0, fill=1)

    def _at(self, per_cent: float) -> float:
        """Place a figure on the scale, with room for the dot at both ends."""
        inset = 0.32 * self.height
        return float(inset + per_cent / 100 * (self.width - 2 * inset))
