"""Good examples of the mail that answers the report of a fault."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from plugin.messages.contexts_faults import FaultApproved
from plugin.messages.parts import MailLine
from plugin.messages.sample_shop import MANAGE, Shopper

_REASONS = {
    "en": ("We are sorry that something went wrong with “Linen apron”.", "You get £45.00 back."),
    "es": ("Sentimos que algo haya salido mal con «Linen apron».", "Te devolvemos 45,00 GBP."),
    "ru": ("Нам жаль, что с «Linen apron» что-то не так.", "Мы вернём 45,00 GBP."),
}
_STEPS = {
    "en": ("Pack what you send back well.", "Stick our label on the parcel."),
    "es": ("Embala bien lo que devuelves.", "Pega nuestra etiqueta en el paquete."),
    "ru": ("Хорошо упакуйте то, что возвращаете.", "Наклейте нашу этикетку на посылку."),
}


def fault_samples(shopper: Shopper, language: str) -> dict[str, FaultApproved]:
    """The template once under its own name, its variants as ``name-variant``."""
    kept = FaultApproved(
        **shopper,
        lines=(MailLine(title="Linen apron, moss green", quantity=1),),
        reasons=_REASONS[language],
        currency="GBP",
    )
    back = replace(
        kept,
        steps=_STEPS[language],
        return_number="F-7K2MQ9X",
        send_by=datetime(2026, 12, 24, 23, 59, tzinfo=UTC),
        slip_url=f"{MANAGE}/cases/case_01jd7vq2k9",
    )
    return {"fault_approved": kept, "fault_approved-back": back, "fault_approved-less": replace(kept, withheld=500)}
