"""How we find our own again: a mark at the end of a note, and names made from keys.

Shopify keeps no field of ours on a refund, so the leg's id stands in the note, where staff can read it too.
"""

from __future__ import annotations

import hashlib
import re
import uuid

_MARK = re.compile(r"\[comeback:([\w.:-]{1,200})\]\s*$")
_RESTOCK = "restock:"
LONGEST_NOTE = 200


def marked(text: str, id: str) -> str:
    """``text``, shortened where it is long, with the mark of ``id`` behind it."""
    return f"{text[:LONGEST_NOTE].rstrip()} [comeback:{id}]".lstrip()


def mark_in(note: str | None) -> str | None:
    """The id that a note of ours carries; None for somebody else's note."""
    found = _MARK.search(note or "")
    return found[1] if found else None


def restock_mark(key: str) -> str:
    """How units that came back and are for sale again sign the refund that pays nothing and puts them into stock."""
    return _RESTOCK + key


def is_restock_mark(mark: str | None) -> bool:
    return mark is not None and mark.startswith(_RESTOCK)


def handle_of(key: str) -> str:
    """A name of at most 64 characters that the same key always gets again."""
    return f"comeback-{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def idempotency_key(key: str) -> str:
    """A UUID, as Shopify recommends for ``@idempotent``, that the same key always gets again."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"comeback:{key}"))
