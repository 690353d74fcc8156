"""Everything that is kept of a person at a shop, as one document (GDPR Art. 15 and 20).

It holds what they gave and what was noted of them, in the words in which it is kept. What would let its reader act as
the shopper is left out: the links in their mails and the codes that opened a lookup. Colleagues go by their role.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from plugin.access.models import Lookup, OrderLink, ShopperSession
from plugin.audit.models import AuditEvent
from plugin.codes.minting import show
from plugin.codes.models import Code
from plugin.db import read
from plugin.inbox.events import events_about
from plugin.insights.models import Happening
from plugin.journeys.kept import (
    KeptCode,
    KeptMail,
    KeptMessage,
    KeptNote,
    KeptOrder,
    KeptPayment,
    KeptPerson,
    KeptVisit,
    KeptWebhook,
)
from plugin.journeys.kept_cases import kept_cases
from plugin.journeys.kept_credits import kept_credits
from plugin.journeys.kept_files import kept_files
from plugin.journeys.kept_withdrawals import kept_of_contact, kept_withdrawals
from plugin.messages.contacts import contacts_of
from plugin.messages.contexts import MailContext, ManageLink
from plugin.messages.letter import ShopperLetter
from plugin.messages.outbox import FORGOTTEN, mails_of_person
from plugin.messages.render import render
from plugin.orders.people import Who, orders_of
from plugin.orders.service import get_order, payments_of
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

_LINK = re.compile(r"/(o|withdrawals)/[\w-]+")  # a link that shows who the shopper is, wherever a letter has it


class _Canonical(Struct, frozen=True):
    actor: str
    data: dict[str, Any]


async def export_person(ports: Ports, shop: Shop, who: Who) -> KeptPerson:
    """The document; without orders and webhooks where nothing is kept of the person."""
    known = [each.id for each in await orders_of(shop.id, who) if not each.is_erased]
    orders = tuple([await _order(ports, shop, order_id) for order_id in known])
    of_orders = {each.id for order in orders for each in order.webhooks}
    named = await _webhooks(shop, who.order_ids, who.email)
    others = tuple(each for each in named if each.id not in of_orders)
    withdrawals = await kept_of_contact(shop.id, who.email)
    return KeptPerson(
        shop=shop.name, made_at=ports.clock.now(), orders=orders, webhooks=others, withdrawals=withdrawals
    )


async def _order(ports: Ports, shop: Shop, order_id: str) -> KeptOrder:
    order = await get_order(shop.id, order_id)
    row, payments = order.row, await payments_of(order_id)
    about = [row.external_id, *(payment.reference for payment in payments if payment.reference)]
    return KeptOrder(
        now=order.now,
        placed=order.placement,
        received_at=row.received_at,
        changed_at=row.changed_at,
        erasure_asked_at=row.erase_asked_at,
        payments=tuple(
            KeptPayment(
                reference=each.reference, label=each.label, custodian=each.custodian, state=each.state,
                currency=each.currency, amount=each.amount, refunded_elsewhere=each.external_refunded,
            )
            for each in payments
        ),
        cases=await kept_cases(order_id),
        codes=await _codes(ports, order_id),
        credits=await kept_credits(ports, order),
        mails=await _mails(ports, shop, order_id),
        messages=tuple(KeptMessage(at, text) for at, text in await contacts_of(ports.vault, shop.id, order_id)),
        visits=await _visits(order_id),
        audit=await _audit(order_id),
        happenings=tuple(
            KeptNote(each.at, each.kind, each.data)
            for each in await Happening.filter(shop_id=shop.id, order_id=order_id).order_by("at", "id")
        ),
        webhooks=await _webhooks(shop, about, row.email),
        files=await kept_files(order_id),
        withdrawals=await kept_withdrawals(order_id),
    )  # fmt: skip


async def _webhooks(shop: Shop, subjects: Sequence[str], email: str | None) -> tuple[KeptWebhook, ...]:
    return tuple(
        KeptWebhook(each.id, each.source, each.topic, each.received_at, bytes(each.body).decode(errors="replace"))
        for each in await events_about(shop.id, subjects, email)
    )


async def _codes(ports: Ports, order_id: str) -> tuple[KeptCode, ...]:
    return tuple(
        KeptCode(
            code=show(ports.vault, each), kind=each.kind, percent=each.percent, amount=each.amount,
            currency=each.currency, state=each.state, minted_at=each.minted_at, expires_at=each.expires_at,
            redeemed_order=each.redeemed_order, redeemed_at=each.redeemed_at,
        )
        for each in await read(Code, "WHERE order_id = $1 ORDER BY minted_at, id", order_id)
    )  # fmt: skip


async def _mails(ports: Ports, shop: Shop, order_id: str) -> tuple[KeptMail, ...]:
    kept = []
    for mail in await mails_of_person(order_id):
        opened = ports.vault.open(mail.sealed_context, tenant=shop.id, field=f"mail:{mail.purpose}")
        said = None if opened == FORGOTTEN else _harmless(msgspec.json.decode(opened, type=MailContext))
        letter = render(said) if said else None
        text = _LINK.sub(r"/\1/-", letter.text) if letter else None
        kept.append(
            KeptMail(
                template=mail.template, recipient=mail.recipient, state=mail.state, created_at=mail.created_at,
                sent_at=mail.sent_at, subject=letter.subject if letter else None, text=text,
            )
        )  # fmt: skip
    return tuple(kept)


def _harmless(said: MailContext) -> MailContext | None:
    """The letter without the code that opens the order; None for one that was not to the shopper."""
    if isinstance(said, ManageLink):
        return replace(said, code="-")
    return said if isinstance(said, ShopperLetter) else None


async def _visits(order_id: str) -> tuple[KeptVisit, ...]:
    sessions = await ShopperSession.filter(order_id=order_id)
    links, lookups = await OrderLink.filter(order_id=order_id), await Lookup.filter(order_id=order_id)
    visits = [
        *(KeptVisit(f"session by {each.opened_by}", each.created_at, each.expires_at) for each in sessions),
        *(KeptVisit("link", each.created_at, each.expires_at) for each in links),
        *(KeptVisit("lookup", each.created_at, each.expires_at) for each in lookups),
    ]
    return tuple(sorted(visits, key=lambda visit: visit.created_at))


async def _audit(order_id: str) -> tuple[KeptNote, ...]:
    kept = []
    for event in await AuditEvent.filter(order_id=order_id).order_by("n"):
        body = msgspec.json.decode(event.canonical, type=_Canonical)
        kept.append(KeptNote(event.at, event.kind, body.data, by=body.actor.partition(":")[0]))
    return tuple(kept)
