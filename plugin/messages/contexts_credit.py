"""What the mail about store credit says."""

from __future__ import annotations

from datetime import datetime

from plugin.messages.letter import ShopperLetter
from plugin.messages.parts import Amount, check_web_address, clean


class CreditIssued(ShopperLetter, frozen=True, kw_only=True, tag="credit_issued"):
    """Store credit is there: ``amount`` with the ``bonus`` in it. Without ``code`` the store keeps it, in the shopper's
    account. ``statement_url`` leads to what is left of it; the receiver of a gift has none: their code tells at
    checkout."""

    currency: str
    amount: Amount
    bonus: Amount
    shop_url: str
    code: str | None = None
    expires_at: datetime | None = None
    is_gift: bool = False
    statement_url: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        clean(self, code=40)
        check_web_address(self.shop_url)
        check_web_address(self.statement_url)
