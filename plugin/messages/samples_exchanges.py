"""Good examples of the mails about exchanges."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from plugin.messages.contexts_exchanges import (
    ExchangeApproved,
    ExchangeExpired,
    ExchangeFallback,
    ExchangeLetter,
    ExchangeOrdered,
    ExchangePayment,
)
from plugin.messages.parts import MailLine
from plugin.messages.sample_shop import ANSWER, MANAGE, Shopper

_APRON = (MailLine(title="Linen apron, moss green", quantity=1),)
_BLUE = (MailLine(title="Linen apron, sea blue", quantity=1),)
_STEPS = {
    "en": ("Pack what you send back well.", "Print the slip and put it into the parcel."),
    "es": ("Embala bien lo que devuelves.", "Imprime la hoja y ponla en el paquete."),
    "ru": ("Хорошо упакуйте то, что возвращаете.", "Распечатайте листок и вложите его в посылку."),
}


def exchange_samples(shopper: Shopper, language: str) -> dict[str, ExchangeLetter]:
    """Each template once under its own name, its variants as ``name-variant``."""
    approved = ExchangeApproved(
        **shopper,
        lines=_APRON,
        new_lines=_BLUE,
        currency="GBP",
        steps=_STEPS[language],
        return_number="E-7K2MQ9X",
        send_by=datetime(2026, 12, 24, 23, 59, tzinfo=UTC),
        slip_url=f"{MANAGE}/cases/case_01jd7vq2k9",
    )
    payment = ExchangePayment(
        **shopper, new_lines=_BLUE, currency="GBP", amount=1500, pay_url="https://pay.example/cs_1", until=ANSWER
    )
    ordered = ExchangeOrdered(**shopper, new_lines=_BLUE, new_number="#1057")
    fallback = ExchangeFallback(**shopper, new_lines=_BLUE, currency="GBP", amount=4500)
    return {
        "exchange_approved": approved,
        "exchange_approved-cheaper": replace(approved, left_over=500),
        "exchange_approved-kept": replace(approved, steps=(), return_number="", send_by=None, slip_url=None),
        "exchange_payment": payment,
        "exchange_ordered": ordered,
        "exchange_ordered-no-number": replace(ordered, new_number=None),
        "exchange_ordered-again": replace(ordered, is_again=True),
        "exchange_ordered-again-no-number": replace(ordered, is_again=True, new_number=None),
        "exchange_fallback": fallback,
        "exchange_fallback-credit": replace(fallback, as_credit=True),
        "exchange_expired": ExchangeExpired(**shopper, lines=_APRON),
    }
