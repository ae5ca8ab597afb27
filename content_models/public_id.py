"""The public ID: short, ASCII, immutable; the same from intake to citation."""

from __future__ import annotations

import re
import secrets

# No vowels (no accidental words), no 0/o, 1/l/i (no misreading aloud or on paper).
ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
LENGTH = 10
PATTERN = re.compile(rf"^[{ALPHABET}]{{{LENGTH}}}$")


def new_public_id() -> str:
    """A fresh public ID of 10 characters, 48 bits of chance."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
