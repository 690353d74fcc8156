"""What the mails about exchanges say: ``lines`` go back, ``new_lines`` are ordered for them."""

from __future__ import annotations

from datetime import datetime

from plugin.messages.letter import ShopperLetter
from plugin.messages.parts import Amount, MailLine, check_web_address, clean


class ExchangeApproved(ShopperLetter, frozen=True, kw_only=True, tag="exchange_approved"):
    """The goods may be exchanged. ``left_over`` comes back in money; ``steps`` say how to send the old ones, with the
    return number on the parcel, the last day and the slip; nothing of it where they may be kept."""

    lines: tuple[MailLine, ...]
    new_lines: tuple[MailLine, ...]
    currency: str
    left_over: Amount = 0
    steps: tuple[str, ...] = ()
    return_number: str = ""
    send_by: datetime | None = None
    slip_url: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        clean(self, steps=600, return_number=20)
        check_web_address(self.slip_url)


class ExchangePayment(ShopperLetter, frozen=True, kw_only=True, tag="exchange_payment"):
    """There is a difference to pay, at ``pay_url`` and until ``until``."""

    new_lines: tuple[MailLine, ...]
    currency: str
    amount: Amount
    pay_url: str
    until: datetime

    def __post_init__(self) -> None:
        super().__post_init__()
        check_web_address(self.pay_url)


class ExchangeOrdered(ShopperLetter, frozen=True, kw_only=True, tag="exchange_ordered"):
    """The store has the order of the new goods, under ``new_number`` where it told one; ``is_again`` where they are the
    same goods once more, for a fault."""

    new_lines: tuple[MailLine, ...]
    new_number: str | None = None
    is_again: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        clean(self, new_number=60)


class ExchangeFallback(ShopperLetter, frozen=True, kw_only=True, tag="exchange_fallback"):
    """The new goods are sold out: ``amount`` comes back instead, in money or ``as_credit``."""

    new_lines: tuple[MailLine, ...]
    currency: str
    amount: Amount
    as_credit: bool = False


class ExchangeExpired(ShopperLetter, frozen=True, kw_only=True, tag="exchange_expired"):
    """The difference was not paid in time, and everything is as it was."""

    lines: tuple[MailLine, ...]


ExchangeLetter = ExchangeApproved | ExchangePayment | ExchangeOrdered | ExchangeFallback | ExchangeExpired
