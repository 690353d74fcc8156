"""Good examples of the mails of a withdrawal."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from msgspec.structs import replace

from plugin.core.words import choose_language
from plugin.messages.contexts import MailContext
from plugin.messages.contexts_withdraw import (
    WithdrawalAcknowledged,
    WithdrawalAsked,
    WithdrawalInEffect,
    WithdrawalIneffective,
)
from plugin.messages.parts import MailLine

_CONFIRMED = datetime(2026, 11, 23, 20, 41, 7, tzinfo=UTC)
_LINK = "https://comeback.example/withdrawals/wl_4f9aVtS0Z2qkq1m8"
_WHY = {
    "en": "The period in which the law lets you withdraw from this contract was over by then.",
    "es": "El plazo que da la ley para desistir de este contrato ya había terminado.",
    "ru": "Срок, в течение которого закон позволяет отказаться от этого договора, к тому времени истёк.",
}


def withdraw_samples(shopper: dict[str, Any]) -> dict[str, MailContext]:
    """``shopper`` are the members that every mail to a shopper carries."""
    frame = shopper | {"manage_url": _LINK, "number": "W-7K2MQ9X", "confirmed_at": _CONFIRMED}
    items = ("2 × Enamel mug", "1 × Linen apron, moss green")
    received = WithdrawalAcknowledged(
        **frame, items=items, name="Ana Ruiz", contact="ana@example.com", received_utc="2026-11-23 20:41:07 UTC"
    )
    asked = WithdrawalAsked(**frame, name="Ana Ruiz", items=items)
    in_effect = WithdrawalInEffect(
        **frame,
        cancelled=(MailLine(title="Linen apron, moss green", quantity=1),),
        sent_back=(MailLine(title="Enamel mug", quantity=2),),
        refund_by=date(2026, 12, 7),
        send_by=date(2026, 12, 7),
        return_number="R-7K2MQ9X",
    )
    why = _WHY[choose_language(shopper["locale"])]
    return {
        "withdrawal_acknowledged": received,
        "withdrawal_acknowledged-whole": replace(received, items=(), is_known=True),
        "withdrawal_asked": asked,
        "withdrawal_asked-again": replace(asked, items=(), is_reminder=True),
        "withdrawal_in_effect": in_effect,
        "withdrawal_in_effect-part": replace(in_effect, rest_reason=why),
        "withdrawal_in_effect-cancelled": replace(in_effect, sent_back=(), send_by=None, return_number=None),
        "withdrawal_in_effect-in-no-parcel": replace(
            in_effect,
            cancelled=(),
            in_no_parcel=(MailLine(title="Trail guide (PDF)", quantity=1),),
            is_of_subscription=True,
        ),
        "withdrawal_in_effect-sent-back": replace(in_effect, cancelled=(), shop_pays=True),
        "withdrawal_ineffective": WithdrawalIneffective(**frame, items=items, reason=why),
    }
