"""The states of a credit, of what a cart holds of it, and the kinds of its entries."""

from __future__ import annotations

from enum import StrEnum


class CreditState(StrEnum):
    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"


class HoldState(StrEnum):
    HELD = "held"
    SPENT = "spent"
    RELEASED = "released"


class EntryKind(StrEnum):
    GRANT = "grant"
    BONUS = "bonus"
    SPEND = "spend"
    GIVE_BACK = "give_back"
    EXPIRY = "expiry"
    TAKE_BACK = "take_back"
