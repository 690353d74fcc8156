"""What of a text one font can write.

No font that is free and small writes everything: DejaVu has Latin, Greek, Cyrillic, Hebrew and Arabic, and neither
Chinese, Japanese, Korean, Thai nor emoji. A box in place of a letter says nothing, and looks like a fault; so a word
with a letter that is missing becomes "…", and a sign that is none of a word's letters is left out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container

LEFT_OUT = "…"
_JOINERS = "\u200c\u200d"  # Arabic and Persian are shaped by them
_LETTERS = ("L", "M", "N")  # letters, their marks, digits


def writable(text: str, font: Container[int]) -> str:
    """``text`` as a font of these code points can write it, line by line; "" where nothing of it is left."""
    lines = (_line(line, font) for line in text.splitlines())
    return "\n".join(line for line in lines if line.replace(LEFT_OUT, "").strip())


def is_whole(text: str) -> bool:
    """Whether a text that was made ``writable`` has all its words."""
    return LEFT_OUT not in text


def _line(line: str, font: Container[int]) -> str:
    words: list[str] = []
    for word in line.split():
        written = _word(word, font)
        if written and (written != LEFT_OUT or words[-1:] != [LEFT_OUT]):
            words.append(written)
    return " ".join(words)


def _word(word: str, font: Container[int]) -> str:
    kept = []
    for sign in word:
        kind = unicodedata.category(sign)
        if unicodedata.name(sign, "").startswith("VARIATION SELECTOR"):
            continue
        if kind.startswith("C") and sign not in _JOINERS:
            continue
        if ord(sign) in font:
            kept.append(sign)
        elif kind.startswith(_LETTERS):
            return LEFT_OUT
    return "".join(kept).strip(_JOINERS)
