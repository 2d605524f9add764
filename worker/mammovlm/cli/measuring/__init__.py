"""Measurements of the whole path on this machine, with its real programs."""

from mammovlm.cli.measuring.measure import Measures, measure

__all__ = ["Measures", "measure"]
