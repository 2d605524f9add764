"""Text broken into lines of a terminal, in scripts with and without spaces between words."""

from wcwidth import width

from mammovlm.results.line_breaks import pieces


def wrapped(text: str, columns: int, lead: str) -> list[str]:
    """Break a text into lines; the first begins with the lead, the others below it.

    Parameters
    ----------
    text
        One paragraph.
    columns
        Most that a line may take; a Chinese character takes two.
    lead
        What the first line begins with.

    Returns
    -------
    list of str
        One empty line for an empty text.
    """
    room = columns - width(lead)
    lines = [""]
    for piece in (part for word in pieces(text) for part in _cut(word, room)):
        if width(lines[-1] + piece.rstrip()) > room:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        if lines[-1] or not piece.isspace():
            lines[-1] += " " if piece.isspace() else piece
    if not "".join(lines).strip():
        return [""]
    filled = [line.rstrip() for line in lines if line.strip()]
    return [lead + filled[0], *(" " * width(lead) + line for line in filled[1:])]


def _cut(word: str, room: int) -> list[str]:
    """Cut a word that no line can hold."""
    step = max(1, room // 2) if width(word) > room else len(word)
    return [word[start : start + step] for start in range(0, len(word), step)]
