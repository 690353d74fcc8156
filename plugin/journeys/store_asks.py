"""What a store asks for beside its orders: a person's data, a person's erasure, and that we leave.

Each is answered from a webhook that is stored already, and its body is forgotten with the answer: it names the person.
"""

from __future__ import annotations

import shlex
from datetime import timedelta
from urllib.parse import urlsplit

from plugin.db import Transaction, transaction
from plugin.inbox.events import ERASED, EventState, close_event, events_about, forget_bodies
from plugin.inbox.models import InboxEvent
from plugin.journeys import sentences
from plugin.journeys.alerts import alert_shop
from plugin.journeys.erase_person import ANSWERED_WITHIN, AT_ONCE, ERASE_SHOP, erase_person_of, who_is
from plugin.journeys.forget_declared import forget_declared_by
from plugin.messages.parts import AlertKind
from plugin.orders.people import Who, orders_of
from plugin.orders.service import lock_order
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import PersonAsked, ShopLeft
from plugin.shops.leaving import ERASED_AFTER_LEAVING, forget_store, was_connected_since
from plugin.shops.models import Shop
from plugin.withdrawals.store import withdrawals_of_contact

CAME_BACK = (
    "The store asks for the erasure of all its shoppers, and was connected again since it had left. If it means it, "
    "disconnect it and replay this webhook."
)

ANOTHER_STORE = (
    "This is about the store {store}, and this shop's is {own}. Nothing was done: see to it in that store's shop, and "
    "give each store an app of its own."
)


def about_another_store(shop: Shop, asked: PersonAsked | ShopLeft) -> str | None:
    """Why this is not for this shop to do, in words for staff; None where it is, or where nothing tells.

    A signature proves the app alone. One that several stores have installed sends what all of them ask to one address,
    and the word of one store must not empty another.
    """
    own = urlsplit(shop.store_address or "").hostname
    if asked.store is None or own is None or asked.store.lower() == own:
        return None
    return ANOTHER_STORE.format(store=asked.store, own=own)


async def person_asked(ports: Ports, claim: Claim, shop: Shop, event: InboxEvent, asked: PersonAsked) -> None:
    """Erase the person, or tell the staff that they ask for their data and until when."""
    who = who_is(ports, shop, customer_id=asked.customer_id, email=asked.email, order_ids=asked.order_ids)
    if asked.erase:
        await _erase(ports, claim, shop, event, who)
    else:
        await _hand_to_staff(ports, claim, shop, event, who)


async def _erase(ports: Ports, claim: Claim, shop: Shop, event: InboxEvent, who: Who) -> None:
    new = [each.id for each in await orders_of(shop.id, who) if not each.is_asked]
    for order_id in new[:AT_ONCE]:
        await erase_person_of(ports, shop, order_id, "store")
    if len(new) > AT_ONCE:
        raise Later(timedelta(0), "there are more orders of this person")
    if who.email:
        await forget_declared_by(ports, shop, who.email)
    put_off = [each for each in await orders_of(shop.id, who) if not each.is_erased]
    async with transaction(ports.doorbell) as tx:
        if not put_off:  # else an open case may hang on them, and they go with its order
            await forget_bodies(tx, shop.id, who.order_ids, who.email)
        await _close(tx, ports, claim, event, EventState.HANDLED, ERASED)


async def _hand_to_staff(ports: Ports, claim: Claim, shop: Shop, event: InboxEvent, who: Who) -> None:
    """A file with everything about a person leaves the house by a colleague's hand, who knows whom they write to."""
    due_at = event.received_at + ANSWERED_WITHIN
    known = [each.id for each in await orders_of(shop.id, who) if not each.is_erased]
    declared = await withdrawals_of_contact(shop.id, who.email) if who.email else ()
    is_kept = bool(known or declared or await events_about(shop.id, who.order_ids, who.email))
    async with transaction(ports.doorbell) as tx:
        order = await lock_order(tx, known[0]) if known else None
        command = _export(shop, who) if is_kept else None
        is_told = await alert_shop(
            tx, ports, shop, purpose=f"data:{event.id}", alert=AlertKind.DATA_ASKED, order=order, command=command,
            why=sentences.DATA_ASKED if is_kept else sentences.DATA_NOT_KEPT, due_at=due_at,
        )  # fmt: skip
        if is_told:
            await _close(tx, ports, claim, event, EventState.HANDLED, "A colleague was asked to answer.")
        else:
            asks = f"A shopper asks for everything that is kept of them, by {due_at:%Y-%m-%d}"
            # This stays when the body goes, so it names no person.
            how = f"--order {shlex.quote(order.row.external_id)}" if order else "--email, with the address that asked"
            what = f"Send them: comeback person export {shop.id} {how}" if is_kept else "Nothing is kept: tell them so."
            reason = f"{asks}. {what}"
            await _close(tx, ports, claim, event, EventState.SET_ASIDE, reason)


def _export(shop: Shop, who: Who) -> str:
    """The command that writes it all into one file. What is in it came from outside, and is pasted into a shell."""
    named = [("--customer", who.customer_id), ("--email", who.email), *(("--order", each) for each in who.order_ids)]
    chosen = [f"{option} {shlex.quote(value)}" for option, value in named if value]
    return " ".join((f"comeback person export {shop.id}", *(chosen[:2] if who.customer_id or who.email else chosen)))


async def store_left(ports: Ports, claim: Claim, shop: Shop, event: InboxEvent, left: ShopLeft) -> None:
    """Forget the store's credentials and call it no more; where it asks for it, erase all its shoppers as well.

    A store that has come back is not emptied on the word of the one that had left.
    """
    gone_since = event.received_at - ERASED_AFTER_LEAVING if left.erase else event.received_at
    async with transaction(ports.doorbell) as tx:
        if await was_connected_since(shop.id, gone_since):
            state, reason = (EventState.SET_ASIDE, CAME_BACK) if left.erase else (EventState.IGNORED, "It came back.")
            await _close(tx, ports, claim, event, state, reason)
            return
        if await forget_store(tx, shop.id):
            await alert_shop(
                tx, ports, shop, purpose=f"left:{event.id}", alert=AlertKind.STORE_LEFT, why=sentences.STORE_LEFT
            )
        if left.erase and not await outbox.is_open(tx, kind=ERASE_SHOP, ref=shop.id):
            await outbox.add(tx, shop_id=shop.id, kind=ERASE_SHOP, ref=shop.id)
        await _close(tx, ports, claim, event, EventState.HANDLED, None)


async def _close(
    tx: Transaction, ports: Ports, claim: Claim, event: InboxEvent, state: EventState, reason: str | None
) -> None:
    """A webhook that waits for a colleague keeps its body."""
    is_done = state is not EventState.SET_ASIDE
    await close_event(tx, event.id, state, ports.clock.now(), reason, forget_body=is_done)
    await outbox.complete(tx, claim)
