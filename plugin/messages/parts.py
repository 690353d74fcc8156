"""What the mails' contexts are made of: the shop's looks, lines, money, the code, and the closed lists of choices.

Amounts are integers in minor units beside their currency. Words that come from outside are tidied on construction,
so that none holds a line break or a direction override.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from plugin.messages.tidy import tidy
from plugin.ports.payments import PromotionKind

Amount = Annotated[int, Meta(title="minor units")]

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def clean(struct: Struct, **limits: int) -> None:
    """Tidy the named fields of a new struct, texts and tuples of texts, each to its limit of characters."""
    for name, limit in limits.items():
        value = getattr(struct, name)
        if isinstance(value, str):
            force_setattr(struct, name, tidy(value, limit))
        elif value is not None:
            force_setattr(struct, name, tuple(tidy(each, limit) for each in value))


def check_web_address(url: str | None, *, schemes: tuple[str, ...] = ("https", "http")) -> None:
    """Raise ``ValueError`` unless a mail may link to ``url``."""
    if url is not None:
        parts = urlsplit(url)
        if parts.scheme not in schemes or not parts.hostname or tidy(url, len(url)) != url:
            raise ValueError(f"{url!r} is not a web address that a mail may link to.")


def is_address(text: str) -> bool:
    """Whether a mail can be answered there: a store may send whatever a shopper has typed."""
    try:
        return text.isascii() and bool(Address(addr_spec=text).domain)
    except (ValueError, IndexError, HeaderParseError):
        return False


class Snippets(Struct, frozen=True, kw_only=True):
    """The shop's own words in the language of this mail, each checked by ``check_snippet``; None: ours."""

    greeting: str | None = None
    personal_line: str | None = None
    sign_off: str | None = None


class Brand(Struct, frozen=True, kw_only=True):
    """How the shop looks and signs. ``accent`` paints the button, ``paper`` lies behind the letter (#rrggbb)."""

    name: str
    url: str
    reply_to: str | None = None
    logo_url: str | None = None
    accent: str = "#b4532a"
    paper: str = "#f6f0e7"
    address: str = ""
    snippets: Snippets = Snippets()

    def __post_init__(self) -> None:
        clean(self, name=60, address=200)
        check_web_address(self.url)
        check_web_address(self.logo_url, schemes=("https",))
        for colour in (self.accent, self.paper):
            if not _COLOUR.fullmatch(colour):
                raise ValueError(f"{colour!r} is not a colour like #b4532a.")


class MailLine(Struct, frozen=True, kw_only=True):
    title: str
    quantity: int
    image_url: str | None = None  # shown only where the shop's own site or its logo comes from the same host

    def __post_init__(self) -> None:
        clean(self, title=140)


class PartKind(StrEnum):
    ITEMS = "items"
    SHIPPING = "shipping"
    EXTRAS = "extras"
    FEE = "fee"
    WITHHELD = "withheld"


class AmountPart(Struct, frozen=True, kw_only=True):
    """One component of what comes back; a fee is negative, and so is what a person of the shop withholds."""

    kind: PartKind
    amount: Amount


class MoneyState(StrEnum):
    REFUNDED = "refunded"
    ARRIVING = "arriving"
    VOIDED = "voided"
    CHARGED_ONLY = "charged_only"
    BY_PERSON = "by_person"
    NOT_COLLECTED = "not_collected"


class PaymentOutcome(Struct, frozen=True, kw_only=True):
    """What became of one payment. ``REFUNDED`` only when its custodian said succeeded (I13).

    ``amount`` is what comes back, or was released; for ``CHARGED_ONLY`` what is still charged. ``by`` is the promised
    day: needed while the money is on its way, and on a refund the last day on which a bank shows it.
    """

    state: MoneyState
    amount: Amount
    method: str | None = None  # what the shopper calls it: "Visa •••• 4242"
    by: date | None = None

    def __post_init__(self) -> None:
        clean(self, method=60)
        if self.by is None and self.state in (MoneyState.ARRIVING, MoneyState.BY_PERSON):
            raise ValueError(f"A payment that is {self.state} needs the day by which the money comes.")


class RetentionCode(Struct, frozen=True, kw_only=True):
    """The light gift. ``percent`` or ``amount`` by ``kind``; ``minimum`` is the least order it works on.

    The mail names the day of ``expires_at`` in the letter's zone as the last one, so it should be that day's end.
    """

    code: str
    kind: PromotionKind
    currency: str
    expires_at: datetime
    url: str
    percent: int | None = None
    amount: Amount | None = None
    minimum: Amount | None = None

    def __post_init__(self) -> None:
        clean(self, code=40)
        check_web_address(self.url)
        if self.kind is PromotionKind.PERCENT and self.percent is None:
            raise ValueError("A percent code needs its percent.")
        if self.kind is PromotionKind.AMOUNT and self.amount is None:
            raise ValueError("An amount code needs its amount.")


class Ask(StrEnum):
    CANCEL = "cancel"
    RETURN = "return"
    EXCHANGE = "exchange"
    FAULT = "fault"
    FIX = "fix"


class OptionKind(StrEnum):
    KEEP = "keep"
    RETURN_LATER = "return_later"
    PERSON = "person"


class Option(Struct, frozen=True, kw_only=True):
    """What the shopper can still do; ``until`` is the last day of a return, where it is known."""

    kind: OptionKind
    until: date | None = None


class PaidBack(Struct, frozen=True, kw_only=True):
    """One refund that its custodian reported as succeeded; ``shows_by``: the last day on which a bank shows it."""

    amount: Amount
    method: str | None = None
    bank_reference: str | None = None
    shows_by: date | None = None

    def __post_init__(self) -> None:
        clean(self, method=60, bank_reference=60)


class NextStep(StrEnum):
    RETRYING = "retrying"
    PERSON = "person"


class AlertKind(StrEnum):
    REVIEW = "review"
    MANUAL_REFUND = "manual_refund"
    REFUND_STUCK = "refund_stuck"
    STORE_SILENT = "store_silent"
    SHIPPED_AFTER_CANCEL = "shipped_after_cancel"
    SHIPPING_OPEN = "shipping_open"
    AMOUNTS_DISAGREE = "amounts_disagree"
    DISPUTE = "dispute"
    SHOPPER_WAITS = "shopper_waits"
    OVERDUE = "overdue"
    DATA_ASKED = "data_asked"
    ERASURE_WAITS = "erasure_waits"
    STORE_LEFT = "store_left"
    BREAKER = "breaker"
    PROMISE_MISSED = "promise_missed"
    HARD_WORK = "hard_work"
    TO_INSPECT = "to_inspect"
    PAID_TOO_MUCH = "paid_too_much"
    CAME_UNASKED = "came_unasked"
    WITHDRAWAL = "withdrawal"
