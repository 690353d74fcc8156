"""One account's books: its documents by kind, the events that they gave rise to, and what is still to come."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime

from plugin.payments.sandbox import objects
from plugin.payments.sandbox.forms import Params
from plugin.payments.sandbox.objects import Document
from plugin.payments.sandbox.refusals import invalid, missing

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PREFIXES = {
    "payment_intent": "pi", "charge": "ch", "refund": "re", "dispute": "du", "coupon": "co", "promotion_code": "promo",
    "event": "evt", "checkout.session": "cs_test", "webhook_endpoint": "we", "balance_transaction": "txn",
}  # fmt: skip


@dataclass
class SandboxClock:
    """The stand-in's time in whole seconds: the real one, or an injected one, moved by ``offset``."""

    source: Callable[[], datetime] = lambda: datetime.now(UTC)
    offset: int = 0

    def now(self) -> int:
        return int(self.source().timestamp()) + self.offset


def random_text(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


@dataclass
class Ledger:
    """``balance`` limits what can be refunded, by currency, where it is set. ``due`` is the state that a refund will
    reach later, by its id. ``publish`` hands each new event to whoever delivers it.
    ``address`` is where the caller found this server."""

    account_id: str
    clock: SandboxClock
    publish: Callable[[Ledger, Document], None]
    tables: dict[str, dict[str, Document]] = field(default_factory=dict)
    balance: dict[str, int] = field(default_factory=dict)
    due: dict[str, str] = field(default_factory=dict)
    address: str = ""
    request: Document = field(default_factory=lambda: {"id": None, "idempotency_key": None})

    def new_id(self, kind: str) -> str:
        return f"{_PREFIXES[kind]}_{random_text(24)}"

    def add(self, document: Document) -> Document:
        self.tables.setdefault(document["object"], {})[document["id"]] = document
        return document

    def find(self, kind: str, id: str) -> Document | None:
        return self.tables.get(kind, {}).get(id)

    def get(self, kind: str, id: str, param: str = "id") -> Document:
        """The document, or the refusal that Stripe answers."""
        document = self.find(kind, id)
        if document is None:
            raise missing(kind, id, param)
        return document

    def newest_first(self, kind: str) -> Iterator[Document]:
        return reversed(self.tables.get(kind, {}).values())

    def emit(self, kind: str, document: Document, previous: Document | None = None) -> None:
        """Record an event with the document as it is now, and hand it to be delivered."""
        data: Document = {"object": deepcopy(document)}
        if previous is not None:
            data["previous_attributes"] = previous
        event = objects.event(self.new_id("event"), kind, data, dict(self.request), self.clock.now())
        self.publish(self, self.add(event))

    def page(self, kind: str, url: str, params: Params, **wanted: str | bool | dict[str, str] | None) -> Document:
        """A page of documents, newest first. ``wanted`` are the fields that must have a value, None for any; of the
        bounds on ``created`` there is ``created[gte]``."""
        limit = params.integer("limit") or 10
        if not 1 <= limit <= 100:
            raise invalid("limit", "This value must be between 1 and 100.", "parameter_invalid_integer")
        since = params.inner("created").integer("gte") or 0
        rows = [
            row
            for row in self.newest_first(kind)
            if row["created"] >= since and all(row[k] == v for k, v in wanted.items() if v is not None)
        ]
        ids = [row["id"] for row in rows]
        if after := params.text("starting_after"):
            start = ids.index(after) + 1 if after in ids else len(ids)
            return objects.page(url, rows[start : start + limit], start + limit < len(rows))
        if before := params.text("ending_before"):
            end = ids.index(before) if before in ids else 0
            return objects.page(url, rows[max(0, end - limit) : end], end > limit)
        return objects.page(url, rows[:limit], limit < len(rows))


_EXPANDABLE = {
    "latest_charge": "charge", "charge": "charge", "payment_intent": "payment_intent", "coupon": "coupon",
}  # fmt: skip


def expanded(ledger: Ledger, document: Document, path: str) -> Document:
    """A copy of ``document`` in which the reference at ``path`` (``data.charge`` within lists) is the object."""
    name, _, rest = path.partition(".")
    value = document.get(name)
    if isinstance(value, list):
        return {**document, name: [expanded(ledger, row, rest) for row in value]}
    if isinstance(value, str) and name in _EXPANDABLE:
        value = ledger.find(_EXPANDABLE[name], value)
    elif value is not None and not isinstance(value, dict):
        raise invalid("expand", f"This property cannot be expanded ({path}).")
    if rest and isinstance(value, dict):
        value = expanded(ledger, value, rest)
    return {**document, name: value}
