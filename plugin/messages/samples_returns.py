"""Good examples of the mails about goods on their way back."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from plugin.messages.contexts_returns import ReturnApproved, ReturnWithdrawn
from plugin.messages.parts import MailLine
from plugin.messages.sample_shop import MANAGE, Shopper

_REASONS = {
    "en": ("You can send back “Linen apron”.", "You get £45.00 back.", "You pay for the way back."),
    "es": ("Puedes devolver «Linen apron».", "Te devolvemos 45,00 GBP.", "Tú pagas el envío de vuelta."),
    "ru": ("Можно вернуть «Linen apron».", "Мы вернём 45,00 GBP.", "Обратную пересылку оплачиваете вы."),
}
_STEPS = {
    "en": ("Pack what you send back well.", "Print the slip and put it into the parcel."),
    "es": ("Embala bien lo que devuelves.", "Imprime la hoja y ponla en el paquete."),
    "ru": ("Хорошо упакуйте то, что возвращаете.", "Распечатайте листок и вложите его в посылку."),
}
_APRON = (MailLine(title="Linen apron, moss green", quantity=1),)


def return_samples(shopper: Shopper, language: str) -> dict[str, ReturnApproved | ReturnWithdrawn]:
    """Each template once under its own name, its variants as ``name-variant``."""
    approved = ReturnApproved(
        **shopper,
        lines=_APRON,
        reasons=_REASONS[language],
        currency="GBP",
        steps=_STEPS[language],
        return_number="R-7K2MQ9X",
        send_by=datetime(2026, 12, 24, 23, 59, tzinfo=UTC),
        slip_url=f"{MANAGE}/cases/case_01jd7vq2k9",
    )
    return {
        "return_approved": approved,
        "return_approved-less": replace(approved, withheld=500),
        "return_approved-kept": replace(approved, steps=(), return_number="", send_by=None, slip_url=None),
        "return_withdrawn": ReturnWithdrawn(**shopper, lines=_APRON),
    }
