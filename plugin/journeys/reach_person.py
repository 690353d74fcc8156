"""A shopper wants a person. The message goes to the shop's people with the whole story; the shopper learns until when
it is answered, from the shop's own hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plugin.access import rate
from plugin.audit import service as audit
from plugin.core.errors import DomainError
from plugin.core.ids import new_id
from plugin.core.words import Words, choose_language, choose_locale
from plugin.db import transaction
from plugin.insights.service import happened
from plugin.journeys import sentences
from plugin.journeys.letters import brand_of
from plugin.messages import outbox as mails
from plugin.messages.contexts import StaffAlert
from plugin.messages.parts import AlertKind
from plugin.orders.service import lock_order
from plugin.ports.runtime import Ports
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import settings_of, zone_of

LONGEST = 2000
AN_HOUR = 6


class MessageEmpty(DomainError):
    status = 422
    code = "message_empty"
    sentence = "Please write a few words, so that we know how to help."


@dataclass(frozen=True)
class Promised:
    """When the shopper has an answer."""

    answers_by: datetime


async def reach_person(ports: Ports, shop: Shop, order_id: str, message: str) -> Promised:
    """Hand the shopper's words to the shop's people; raises ``MessageEmpty`` and ``TooMany``."""
    at = ports.clock.now()
    said = " ".join("".join(char if char.isprintable() else " " for char in message).split())[:LONGEST]
    if not said:
        raise MessageEmpty(param="message")
    await rate.count(f"person:{order_id}", limit=AN_HOUR, at=at)
    settings = settings_of(shop)
    due = person_answers_by(settings, at)
    recipient = settings.person.alerts_to or settings.person.reply_to
    words = Words(choose_locale(settings.locale), zone_of(settings))
    async with transaction(ports.doorbell) as tx:
        order = await lock_order(tx, order_id)
        await audit.record(
            tx, shop_id=shop.id, order_id=order_id, kind="person_asked_for", actor="shopper", at=at,
            data={"answers_by": due.isoformat(), "delivered": recipient is not None},
        )  # fmt: skip
        await happened(tx, shop_id=shop.id, kind="person_asked_for", at=at, order_id=order_id)
        if recipient is not None:
            await mails.queue(
                tx,
                ports,
                shop_id=shop.id,
                purpose=f"person:{new_id('ask')}",
                recipient=recipient,
                order_id=order_id,
                context=StaffAlert(
                    shop=brand_of(shop, settings, choose_language(settings.locale), ports.public_url),
                    locale=words.locale,
                    zone=settings.time_zone,
                    order_number=order.row.number,
                    alert=AlertKind.SHOPPER_WAITS,
                    why=words.say(sentences.ALERT_WHY["shopper_waits"], message=said),
                    url=settings.brand.home_url or ports.public_url,
                    due_at=due,
                ),
            )
    return Promised(due)
