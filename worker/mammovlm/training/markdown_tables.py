"""Tables in markdown."""

from collections.abc import Sequence


def table(titles: Sequence[object], rows: Sequence[Sequence[object]]) -> list[str]:
    """Word rows as a markdown table, a line each."""
    lines = [titles, ["---"] * len(titles), *rows]
    return [f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |" for line in lines]
