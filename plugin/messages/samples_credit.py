"""Good examples of the mail about store credit."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from plugin.messages.contexts_credit import CreditIssued
from plugin.messages.sample_shop import MANAGE, Shopper


def credit_samples(shopper: Shopper) -> dict[str, CreditIssued]:
    """The template under its own name, its variants as ``name-variant``."""
    issued = CreditIssued(
        **shopper,
        currency="GBP",
        amount=4950,
        bonus=450,
        shop_url="https://fern-thistle.example/",
        code="7K3F-9QWX-2M4T-H6VB",
        expires_at=datetime(2031, 11, 23, 23, 59, 59, tzinfo=UTC),
        statement_url=f"{MANAGE}/credits",
    )
    return {
        "credit_issued": issued,
        "credit_issued-for-good": replace(issued, bonus=0, expires_at=None),
        "credit_issued-at-store": replace(issued, code=None, statement_url=None),
        "credit_issued-gift": replace(issued, is_gift=True, bonus=0, first_name=None, statement_url=None),
    }
