"""A shopper wants a person. The message is kept for the shop's people, and mailed to them with the whole story where
they have an address; the shopper learns until when it is answered, from the shop's own hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plugin.access import rate
from plugin.audit import service as audit
from plugin.cases.store import cases_of_order
from plugin.core.errors import DomainError
from plugin.core.words import choose_language
from plugin.db import transaction
from plugin.insights.service import happened
from plugin.journeys import sentences
from plugin.journeys.alerts import desk_of, staff_words, story_of
from plugin.journeys.letter_frame import brand_of
from plugin.messages import contacts
from plugin.messages import outbox as mails
from plugin.messages.contexts import StaffAlert
from plugin.messages.parts import AlertKind
from plugin.orders.service import lock_order
from plugin.ports.runtime import Ports
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import settings_of

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
    words = staff_words(settings)
    async with transaction(ports.doorbell) as tx:
        order = await lock_order(tx, order_id)
        contact_id = await contacts.keep(
            tx, ports.vault, shop_id=shop.id, order_id=order_id, message=said, answers_by=due, at=at
        )
        await audit.record(
            tx, shop_id=shop.id, order_id=order_id, kind="person_asked_for", actor="shopper", at=at,
            data={"contact": contact_id, "answers_by": due.isoformat(), "mailed": recipient is not None},
        )  # fmt: skip
        await happened(tx, shop_id=shop.id, kind="person_asked_for", at=at, order_id=order_id)
        if recipient is not None:
            await mails.queue(
                tx,
                ports,
                shop_id=shop.id,
                purpose=f"person:{contact_id}",
                recipient=recipient,
                order_id=order_id,
                context=StaffAlert(
                    shop=brand_of(shop, settings, choose_language(settings.locale), ports.public_url),
                    locale=words.locale,
                    zone=str(words.zone),
                    order_number=order.row.number,
                    alert=AlertKind.SHOPPER_WAITS,
                    why=words.say(sentences.ALERT_WHY["shopper_waits"]),
                    message=said,
                    shopper=order.row.email,
                    story=story_of(words, order, await cases_of_order(order_id)),
                    url=desk_of(settings, ports.public_url),
                    command=f"comeback person list {shop.id}",
                    due_at=due,
                ),
            )
    return Promised(due)
