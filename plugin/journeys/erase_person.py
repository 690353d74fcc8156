"""Erasing a person everywhere (GDPR Art. 17), order by order: what was paid, decided and audited stays, they do not.

While a case of an order is open, its money is on its way or a mail about it is not sent, the person is still needed:
then the erasure is put off and tried again every day, and the staff are told. The order keeps a mark, so that no later
webhook brings the person back.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from plugin.access.service import forget_order
from plugin.audit import service as audit
from plugin.cases.notes import forget_notes
from plugin.cases.people import forget_words
from plugin.cases.store import cases_of_order, open_case_number
from plugin.codes.minting import forget_customer
from plugin.credit.issuing import forget_owner
from plugin.db import Transaction, transaction
from plugin.exchanges.store import forget_exchanges
from plugin.files.service import forget_files
from plugin.inbox.events import forget_all_unused, forget_bodies
from plugin.inbox.idempotency import forget_answers
from plugin.insights.effort import forget_said
from plugin.journeys import sentences
from plugin.journeys.alerts import alert_shop
from plugin.journeys.forget_declared import (
    forget_all_declared,
    forget_declared_about,
    is_declared_mail_under_way,
)
from plugin.journeys.tell import TELL
from plugin.messages.contacts import forget_contacts
from plugin.messages.outbox import forget_mails, is_mail_under_way
from plugin.messages.parts import AlertKind
from plugin.orders.people import Who, mark_asked, next_unasked, take_person_out
from plugin.orders.service import StoredOrder, lock_order, payments_of
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later
from plugin.parcels.store import forget_parcels
from plugin.ports.runtime import Ports
from plugin.refunds.store import is_money_moving
from plugin.shops.models import Shop
from plugin.shops.service import customer_pseudonym, get_shop
from plugin.withdrawals.store import open_number

ERASE_ORDER = "erase_order"
ERASE_SHOP = "erase_shop"
AT_ONCE = 100  # orders in one turn of a piece of work, far within its lease
ANSWERED_WITHIN = timedelta(days=30)  # GDPR Art. 12(3): one month; Shopify's compliance webhooks: 30 days


class Hindrance(StrEnum):
    """Why a person cannot be erased from an order yet."""

    CASE = "a case is open"
    WITHDRAWAL = "a withdrawal is open"
    MONEY = "money is on its way"
    MAIL = "a mail is on its way"


_TRY_AGAIN = {
    Hindrance.CASE: timedelta(days=1),
    Hindrance.WITHDRAWAL: timedelta(days=1),
    Hindrance.MONEY: timedelta(days=1),
    Hindrance.MAIL: timedelta(minutes=10),
}


def who_is(
    ports: Ports, shop: Shop, *, customer_id: str | None = None, email: str | None = None,
    order_ids: tuple[str, ...] = (),
) -> Who:  # fmt: skip
    """A person as they are named from outside, with the pseudonym that their address has at this shop."""
    pseudonym = customer_pseudonym(ports.vault, shop, email, None)
    return Who(customer_id=customer_id, email=email, order_ids=order_ids, pseudonym=pseudonym)


async def erase_person_of(ports: Ports, shop: Shop, order_id: str, by: str) -> Hindrance | None:
    """Erase the person of this order now, or as soon as nothing hinders it; says what does."""
    at = ports.clock.now()
    async with transaction(ports.doorbell) as tx:
        order = await lock_order(tx, order_id)
        if await mark_asked(tx, order_id, at):
            order.row.erase_asked_at = at
            await audit.record(
                tx, shop_id=shop.id, order_id=order_id, kind="erasure_asked", actor=by, at=at, data={}
            )  # fmt: skip
        hindrance = await _erase(tx, ports, shop, order)
        if hindrance is not None and not await outbox.is_open(tx, kind=ERASE_ORDER, ref=order_id):
            await outbox.add(tx, shop_id=shop.id, kind=ERASE_ORDER, ref=order_id, delay=_TRY_AGAIN[hindrance])
    return hindrance


async def forget_unread(ports: Ports, shop: Shop, who: Who) -> None:
    """Forget webhooks that name this person and belong to no order here, as those that could not be read."""
    async with transaction(ports.doorbell) as tx:
        await forget_bodies(tx, shop.id, who.order_ids, who.email)


async def erase_order(ports: Ports, claim: Claim) -> None:
    """Work: an erasure that was put off."""
    shop = await get_shop(claim.shop_id)
    async with transaction(ports.doorbell) as tx:
        hindrance = await _erase(tx, ports, shop, await lock_order(tx, claim.ref))
        if hindrance is None:
            await outbox.complete(tx, claim)
    if hindrance is not None:
        raise Later(_TRY_AGAIN[hindrance], hindrance.value)


async def erase_shop(ports: Ports, claim: Claim) -> None:
    """Work: every person of a shop, some orders at a time. The shop itself stays, with its books and its audit."""
    shop = await get_shop(claim.shop_id)
    found = await next_unasked(shop.id, AT_ONCE)
    for order_id in found:
        await erase_person_of(ports, shop, order_id, "store")
    if found:
        raise Later(timedelta(0), "there are more orders of this shop")
    await forget_all_declared(ports, shop)
    async with transaction(ports.doorbell) as tx:
        await forget_all_unused(tx, shop.id)
        await outbox.complete(tx, claim)


async def _erase(tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder) -> Hindrance | None:
    """The order is locked, so that nothing of it begins meanwhile. What came after an earlier erasure goes as well."""
    hindrance = await _hindrance(tx, order)
    if hindrance is not None:
        await _tell_staff(tx, ports, shop, order, hindrance)
        return hindrance
    at = ports.clock.now()
    references = [payment.reference for payment in await payments_of(order.id) if payment.reference]
    await take_person_out(tx, order.id, now=order.now, placement=order.placement, at=at)
    await forget_words(tx, order.id)
    await forget_notes(tx, order.id)
    await forget_declared_about(tx, ports, order.id)
    await forget_parcels(tx, order.id)
    await forget_exchanges(tx, order.id)
    await forget_said(tx, order.id)
    await forget_owner(tx, order.id, order.row.customer_hash)
    await forget_files(tx, shop.id, order.id)
    await forget_customer(tx, shop.id, order.id, order.row.customer_hash, at)
    await forget_order(tx, order.id)
    await forget_contacts(tx, order.id)
    await forget_mails(tx, ports.vault, order.id)
    await forget_answers(tx, shop.id, order.id)
    await forget_bodies(tx, shop.id, [order.row.external_id, *references], order.row.email)
    await audit.record(
        tx, shop_id=shop.id, order_id=order.id, kind="person_erased", actor="comeback", at=at, data={}
    )  # fmt: skip
    return None


async def _hindrance(tx: Transaction, order: StoredOrder) -> Hindrance | None:
    if await open_case_number(tx, order.id):
        return Hindrance.CASE
    if await open_number(tx, order.id):
        return Hindrance.WITHDRAWAL
    if await is_money_moving(tx, order.id):
        return Hindrance.MONEY
    cases = [case.id for case in await cases_of_order(order.id)]
    if await is_mail_under_way(tx, order.id) or await outbox.is_open_about(tx, kind=TELL, ids=cases):
        return Hindrance.MAIL
    return Hindrance.MAIL if await is_declared_mail_under_way(tx, order.id) else None


async def _tell_staff(tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, hindrance: Hindrance) -> None:
    """Once a week at most, with the date by which the person must be gone."""
    if hindrance is Hindrance.MAIL:
        return
    asked_at, at = order.row.erase_asked_at or ports.clock.now(), ports.clock.now()
    number = await open_case_number(tx, order.id)
    await alert_shop(
        tx, ports, shop, purpose=f"erasure:{order.id}:{at:%G-%V}", alert=AlertKind.ERASURE_WAITS,
        why=sentences.ERASURE_WAITS, order=order, due_at=asked_at + ANSWERED_WITHIN,
        command=f"comeback case show {shop.id} {number}" if number else None,
    )  # fmt: skip
