"""Text that looks like something else than it is: control characters, and marks that turn the direction of writing.

Angle brackets and braces are text like any other: nothing that a policy says is ever read as HTML or as a template.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from plugin.policies.document import Policy
from plugin.policies.linting.remarks import Remark, Severity

_TEXTS = ("channels", "reasons", "products", "tags", "categories")
_STRANGE = {"Cc", "Cs", "Zl", "Zp"}  # control characters, lone surrogates, line and paragraph separators
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # Unicode TR 9: embeddings and isolates


def strange_text(policy: Policy) -> Iterator[Remark]:
    """Every text of the document in which such a character hides."""
    yield from _remarks("", "name", "The policy's name", [policy.name])
    for kind, selector in policy.goods.items():
        for name in ("products", "tags", "categories"):
            yield from _remarks("", f"goods.{kind}.{name}", f"What is {kind}", getattr(selector, name) or ())
    for row in policy.rows:
        for name in _TEXTS:
            yield from _remarks(row.id, f"when.{name}", f"Row {row.id}", getattr(row.when, name) or ())
        yield from _remarks(row.id, "then.offer", f"Row {row.id}", [row.then.offer or ""])
    for action, then in policy.otherwise.by_action.items():
        yield from _remarks("otherwise", f"{action}.offer", "The answer when no row matches", [then.offer or ""])


def _remarks(row: str, field: str, where: str, texts: Iterable[str]) -> Iterator[Remark]:
    found = sorted({f"U+{ord(each):04X}" for text in texts for each in text if _is_strange(each)})
    if found:
        yield Remark(
            severity=Severity.ERROR, row=row, field=field, code="strange_text",
            sentence=f"{where} holds characters that cannot be seen ({', '.join(found[:5])}) in {field}. "
            "Type the text again.",
        )  # fmt: skip


def _is_strange(character: str) -> bool:
    return unicodedata.category(character) in _STRANGE or unicodedata.bidirectional(character) in _TURNING
