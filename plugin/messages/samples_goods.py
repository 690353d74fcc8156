"""Samples of what is said of goods that come back."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from plugin.messages.contexts_goods import (
    Condition,
    RejectedLine,
    ReturnExpired,
    ReturnLost,
    ReturnReceived,
    ReturnReminder,
    ReturnSettled,
    Settlement,
)
from plugin.messages.parts import AmountPart, MailLine, PartKind
from plugin.messages.sample_shop import ANSWER, shopper

_NUMBER = "R-7K2MQ9X"
_SEND_BY = datetime(2026, 12, 7, 23, 59, tzinfo=UTC)
_APRON = MailLine(title="Linen apron, moss green", quantity=1)
_MUGS = MailLine(title="Enamel mug", quantity=2)

GoodsLetter = ReturnReceived | ReturnSettled | ReturnReminder | ReturnExpired | ReturnLost


def samples_goods(locale: str) -> dict[str, GoodsLetter]:
    """By the name of the template, and its variants."""
    received = ReturnReceived(**shopper(locale), return_number=_NUMBER, looked_at_by=ANSWER)
    settled = ReturnSettled(
        **shopper(locale), return_number=_NUMBER, accepted=(_APRON,), rejected=(), missing=(),
        settlement=Settlement.REFUND, currency="GBP", total=3300,
        parts=(AmountPart(kind=PartKind.ITEMS, amount=3600), AmountPart(kind=PartKind.FEE, amount=-300)),
    )  # fmt: skip
    rejected = tuple(
        RejectedLine(title="Enamel mug", quantity=1, found=found, words="Fern & <Thistle> · 7K2M" if n else None)
        for n, found in enumerate(Condition)
    )
    return {
        "return_received": received,
        "return_received-looked-at": replace(received, looked_at_by=None, first_name=None),
        "return_settled": settled,
        "return_settled-in-part": replace(settled, rejected=rejected, missing=(_MUGS,)),
        "return_settled-nothing": replace(
            settled, accepted=(), rejected=rejected, settlement=Settlement.NOTHING, total=0, parts=()
        ),
        **{
            f"return_settled-{each}": replace(settled, settlement=each)
            for each in Settlement
            if each not in (Settlement.REFUND, Settlement.NOTHING)
        },
        "return_reminder": ReturnReminder(
            **shopper(locale), return_number=_NUMBER, lines=(_APRON, _MUGS), send_by=_SEND_BY
        ),
        "return_expired": ReturnExpired(
            **shopper(locale), return_number=_NUMBER, lines=(_APRON, _MUGS), send_by=_SEND_BY
        ),
        "return_lost": ReturnLost(**shopper(locale), return_number=_NUMBER, by=ANSWER),
    }
