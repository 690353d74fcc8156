"""What the doors to an order answer: sessions, links, and that somebody was looked for."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class SessionView(Struct, frozen=True, kw_only=True):
    """A shopper's session over one order. Send ``token`` as ``Authorization: Bearer``. ``is_gift``: it opens nothing
    but ``/v1/gift``."""

    token: str
    expires_at: datetime
    order_id: str
    is_gift: bool = False


class LinkView(Struct, frozen=True, kw_only=True):
    """A signed link to put on the store's order page or in its mails. Opening it (GET) changes nothing."""

    url: str
    expires_at: datetime


class LookupView(Struct, frozen=True, kw_only=True):
    """Always the same, whether or not there is such an order."""

    lookup_id: str
    sentence: str
