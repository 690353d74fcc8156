"""What is said about putting an order right."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from plugin.messages.letter import ShopperLetter
from plugin.messages.parts import Amount, check_web_address


class Fixed(StrEnum):
    """What was put right."""

    ADDRESS = "address"
    ITEM = "item"
    CODE = "code"  # one that was forgotten at the checkout


class FixDone(ShopperLetter, frozen=True, kw_only=True, tag="fix_done"):
    """The order is put right. ``given_back`` is what it costs less, on its way back; zero for nothing."""

    fixed: Fixed
    currency: str
    given_back: Amount = 0


class FixPayment(ShopperLetter, frozen=True, kw_only=True, tag="fix_payment"):
    """What is to be put right costs ``amount`` more, with ``tax`` and ``shipping`` in it: to be paid at ``pay_url``
    until ``until``."""

    fixed: Fixed
    currency: str
    amount: Amount
    tax: Amount = 0
    shipping: Amount = 0
    pay_url: str
    until: datetime

    def __post_init__(self) -> None:
        super().__post_init__()
        check_web_address(self.pay_url)


class FixExpired(ShopperLetter, frozen=True, kw_only=True, tag="fix_expired"):
    """It was not paid in time, and the order stays as it was."""


class FixProblem(ShopperLetter, frozen=True, kw_only=True, tag="fix_problem"):
    """The order could not be put right by itself; a person has it, and the shopper hears by ``by``. ``given_back`` is
    what they paid for it, on its way back."""

    by: datetime
    currency: str
    given_back: Amount = 0


FixLetter = FixDone | FixPayment | FixExpired | FixProblem
