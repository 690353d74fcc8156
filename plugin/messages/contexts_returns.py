"""What the mails about goods on their way back say."""

from __future__ import annotations

from datetime import datetime

from plugin.messages.letter import ShopperLetter
from plugin.messages.parts import Amount, MailLine, check_web_address, clean


class ReturnApproved(ShopperLetter, frozen=True, kw_only=True, tag="return_approved"):
    """Goods may come back: ``reasons`` say what was agreed, as every other channel does, and ``steps`` how to send it.

    ``return_number`` stands on the parcel, ``send_by`` is the last day and ``slip_url`` leads to the slip; where
    nothing is sent back there is none of them, and no step. ``withheld`` is what a person will not pay back.
    """

    lines: tuple[MailLine, ...]
    reasons: tuple[str, ...]
    currency: str
    withheld: Amount = 0
    steps: tuple[str, ...] = ()
    return_number: str = ""
    send_by: datetime | None = None
    slip_url: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        clean(self, reasons=4000, steps=600, return_number=20)
        check_web_address(self.slip_url)


class ReturnWithdrawn(ShopperLetter, frozen=True, kw_only=True, tag="return_withdrawn"):
    """The shopper has taken a request about goods back."""

    lines: tuple[MailLine, ...]
