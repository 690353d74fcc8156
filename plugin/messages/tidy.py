"""Words from outside (names, titles, numbers) made fit for one line of a mail, and safe for a header."""

from __future__ import annotations

import unicodedata

# Emoji are joined by ZWJ, Persian needs ZWNJ; every other format character can only mislead a reader.
_JOINERS = "\u200c\u200d"
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"


def tidy(text: str, limit: int) -> str:
    """``text`` on one line of at most ``limit`` characters: no control, no direction override, no lone surrogate."""
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if category in ("Cc", "Zl", "Zp"):
            kept.append(" ")
        elif character in _JOINERS or category not in ("Cf", "Cs"):
            kept.append(character)
    return cut(" ".join(word for word in "".join(kept).split(" ") if word), limit)


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters of ``text``; what is cut ends at a word where one is near, and with an ellipsis."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    word_end = kept.rfind(" ")
    if word_end > limit * 2 // 3:
        kept = kept[:word_end]
    return kept.rstrip(" \u200d,.;:") + "…"


def isolated(text: str) -> str:
    """``text`` as it stands, or wrapped in an isolate where it holds right-to-left letters, so that the words around
    it keep their order."""
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in text):
        return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}"
    return text
