"""How long a text may be in one line, and how it is joined to what stands before it."""

SHOWN_TEXT_CHARACTERS_MAX = 100


def short(text: str) -> str:
    """Return a text on one line, cut where a line would be too long."""
    line = " ".join(text.split())
    if len(line) <= SHOWN_TEXT_CHARACTERS_MAX:
        return line
    return f"{line[: SHOWN_TEXT_CHARACTERS_MAX - 1]}…"


def then(before: str, text: str | None) -> str:
    """Return a text behind what leads to it, or nothing where there is none."""
    return "" if text is None else f"{before} {short(text)}"
