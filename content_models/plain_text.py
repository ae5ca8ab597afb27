"""Text that is shown as it is, on one line: no markup is in it, and nothing that cannot be seen."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Words with single blanks between them; control and direction marks left out."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
