"""What the mails say of goods on their way back: that they are here, what was accepted of them, or that none came."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from plugin.messages.letter import ShopperLetter
from plugin.messages.parts import Amount, AmountPart, MailLine, clean


class Condition(StrEnum):
    """How goods were found: the values of ``plugin.parcels.states.Grade``."""

    AS_NEW = "as_new"
    OPENED = "opened"
    USED = "used"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"


class RejectedLine(Struct, frozen=True, kw_only=True):
    """Units that were not accepted; ``words`` are those of the person who looked, as they wrote them."""

    title: str
    quantity: int
    found: Condition
    words: str | None = None

    def __post_init__(self) -> None:
        clean(self, title=140, words=500)


class ReturnReceived(ShopperLetter, frozen=True, kw_only=True, tag="return_received"):
    """The parcel is here; ``looked_at_by`` is when somebody has looked at it, None where somebody has already."""

    return_number: str
    looked_at_by: datetime | None = None


class Settlement(StrEnum):
    """How the money of a settled return stands."""

    NOTHING = "nothing"  # nothing is owed
    REFUND = "refund"  # it is paid back from now on, and another mail says when it has been
    OTHERWISE = "otherwise"  # credit or new goods: their own mail tells
    PAID = "paid"  # it was paid before anybody had looked
    PAID_TOO_MUCH = "paid_too_much"  # it was, and more than was accepted: a person writes, and nothing is charged
    PERSON = "person"  # a person decides


class ReturnSettled(ShopperLetter, frozen=True, kw_only=True, tag="return_settled"):
    """Everything of a return has been looked at, or given up: what was accepted, what not and why, what never came.

    ``total`` is what is given for it: the sum of ``parts``.
    """

    return_number: str
    accepted: tuple[MailLine, ...]
    rejected: tuple[RejectedLine, ...]
    missing: tuple[MailLine, ...]
    settlement: Settlement
    currency: str
    total: Amount
    parts: tuple[AmountPart, ...]


class ReturnReminder(ShopperLetter, frozen=True, kw_only=True, tag="return_reminder"):
    """The last day to send it is near."""

    return_number: str
    lines: tuple[MailLine, ...]
    send_by: datetime


class ReturnExpired(ShopperLetter, frozen=True, kw_only=True, tag="return_expired"):
    """Nothing came in time: the goods stay the shopper's."""

    return_number: str
    lines: tuple[MailLine, ...]
    send_by: datetime


class ReturnLost(ShopperLetter, frozen=True, kw_only=True, tag="return_lost"):
    """The parcel is lost on its way back, or nobody hears of it: a person decides, and writes by ``by``."""

    return_number: str
    by: datetime
