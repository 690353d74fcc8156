"""What the mails of a withdrawal from a contract say, frozen when they are queued."""

from __future__ import annotations

from datetime import date, datetime

from plugin.messages.letter import ShopperLetter
from plugin.messages.parts import MailLine, clean


class WithdrawalLetter(ShopperLetter, frozen=True, kw_only=True):
    """What the mails of a withdrawal from a contract share. ``order_number`` is as it was declared, ``items`` are the
    declared ones, one each in the consumer's words: none is the whole contract. Nothing is ever offered in one."""

    number: str
    confirmed_at: datetime
    items: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        clean(self, number=20, items=200)


class WithdrawalAcknowledged(WithdrawalLetter, frozen=True, kw_only=True, tag="withdrawal_acknowledged"):
    """The acknowledgement on a durable medium: the whole declaration, when it came (``received_utc`` the same in UTC),
    and, unless it ``is_known`` who declared it, the link that shows it."""

    name: str
    contact: str
    received_utc: str
    is_known: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        clean(self, name=200, contact=254, received_utc=40)


class WithdrawalAsked(WithdrawalLetter, frozen=True, kw_only=True, tag="withdrawal_asked"):
    """To the order's own address: somebody has withdrawn from its contract, and was it you?"""

    name: str
    is_reminder: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        clean(self, name=200)


class WithdrawalInEffect(WithdrawalLetter, frozen=True, kw_only=True, tag="withdrawal_in_effect"):
    """It is known who declared it: what is cancelled, what is sent back by ``send_by`` and at whose cost, what no
    parcel brings back, and by when the money is paid back at the latest. ``rest_reason`` is a whole sentence: why a
    person has found that it has no effect for the other items."""

    cancelled: tuple[MailLine, ...]
    sent_back: tuple[MailLine, ...]
    refund_by: date
    in_no_parcel: tuple[MailLine, ...] = ()
    send_by: date | None = None
    return_number: str | None = None
    shop_pays: bool = False
    is_of_subscription: bool = False
    rest_reason: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        clean(self, return_number=20, rest_reason=600)


class WithdrawalIneffective(WithdrawalLetter, frozen=True, kw_only=True, tag="withdrawal_ineffective"):
    """A person of the shop has found that the declaration has no effect: ``reason`` is a whole sentence."""

    reason: str

    def __post_init__(self) -> None:
        super().__post_init__()
        clean(self, reason=600)
