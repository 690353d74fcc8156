"""Which lines of an order a consumer means by "2 x Linen shirt", one a line: only what is certain counts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from plugin.ports.orders import StoreLine

_COUNTED = re.compile(r"(\d{1,4})\s*(?:[x×*]\s*|\s)(\S.*)", re.IGNORECASE)
_BULLET = "-•*· \t"


def in_words(lines: Sequence[StoreLine], quantities: dict[str, int]) -> str:
    """The same the other way round: what the declaration and its acknowledgement show."""
    return "\n".join(f"{quantities[line.id]} × {line.title}" for line in lines if line.id in quantities)


def lines_meant(items: str, lines: Sequence[StoreLine]) -> dict[str, int] | None:
    """Quantities by line id; None where anything is not exactly the title, the number or the id of one line, or is
    more than was ordered: then a person reads it. A line without a number means all of its units."""
    meant: dict[str, int] = {}
    for raw in items.splitlines():
        text = raw.strip(_BULLET)
        if not text:
            continue
        line, n = _one(text, None, lines)
        if line is None and (counted := _COUNTED.fullmatch(text)):
            line, n = _one(counted[2], int(counted[1]), lines)
        if line is None or not 0 < n <= line.quantity or line.id in meant:
            return None
        meant[line.id] = n
    return meant or None


def _one(text: str, n: int | None, lines: Sequence[StoreLine]) -> tuple[StoreLine | None, int]:
    wanted = _key(text)
    found = [line for line in lines if wanted in {_key(line.title), _key(line.sku or ""), _key(line.id)}]
    return (found[0], found[0].quantity if n is None else n) if len(found) == 1 else (None, 0)


def _key(text: str) -> str:
    return " ".join(text.casefold().split())
