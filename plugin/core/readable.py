"""Codes that a person reads, says aloud and types: sixteen letters, shown in groups, forgiving when they come back."""

from __future__ import annotations

CODE_LENGTH = 16  # of five bits each: 80 bits, which nobody guesses
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_LETTERS = frozenset("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def normalised(code: str) -> str | None:
    """A code as it is hashed: without dashes and blanks, in upper case, misread letters put right (Crockford).

    None for a text that cannot be one of our codes.
    """
    letters = code.upper().translate(_MISREAD)
    return letters if len(letters) == CODE_LENGTH and _LETTERS.issuperset(letters) else None


def grouped(code: str) -> str:
    """A code as people read it: ``XXXX-XXXX-XXXX-XXXX``."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))
