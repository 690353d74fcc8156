"""A consumer withdraws from a contract, in two steps and without a login (Directive 2011/83/EU, Art. 11a).

1. Declare: what is stated is written down. Nothing else happens, and after a day without the second step it lapses.
2. Confirm: from now on the declaration stands, by our clock. Its acknowledgement, with content, date and time, is
   queued in the same transaction, to the address given, whether or not there is such an order.
3. Behind the answer, as work: which order is meant, and who declared it. Money moves only once the declaring person
   is known to be its customer: by a session of the order, by a link that went to the order's own address, or by a
   person of the shop. Then it is carried out (``withdrawal_carried_out``); what is unclear goes to a person.

No policy, pause or limit refuses or delays any of it. What strangers are told is the same whatever they name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from plugin.access import rate
from plugin.core.errors import DomainError, NotFound
from plugin.core.ids import token_hash
from plugin.db import Transaction, transaction
from plugin.journeys.letters_withdraw import acknowledge, ask_who_declared
from plugin.journeys.look_up import PER_ADDRESS, PER_CALLER, PER_ORDER
from plugin.journeys.payment_reported import refresh_payments
from plugin.journeys.withdrawal_carried_out import NOT_VERIFIED, carry_out, to_a_person
from plugin.orders.service import StoredOrder, get_order, lock_order, number_key, payments_of
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import get_shop, settings_of
from plugin.withdrawals.items import in_words
from plugin.withdrawals.models import Withdrawal
from plugin.withdrawals.service import Statement, declare, give_token, move, note
from plugin.withdrawals.standing import is_function_on
from plugin.withdrawals.states import WithdrawalState
from plugin.withdrawals.store import (
    find_by_token,
    get_withdrawal,
    keep_order,
    keep_proof,
    lock_withdrawal,
    orders_meant,
)

WITHDRAWAL_GOES_ON = "withdrawal_goes_on"
REMIND_AFTER = timedelta(hours=24)
TRIES = 60  # confirmations and opened links, an hour and caller: ids and tokens are not to be guessed


class WithdrawalsOff(DomainError):
    status = 404
    code = "withdrawals_off"
    sentence = "This shop does not take withdrawals here. Please write to the shop."


class WhoAreYou(DomainError):
    status = 422
    code = "who_withdraws"
    sentence = "Please give your name and an e-mail address: the acknowledgement goes there."


class UnknownLine(DomainError):
    status = 422
    code = "unknown_line"
    sentence = "One of these items is not in this order. Please choose from those on the order page."


class DeclarationLapsed(DomainError):
    status = 410
    code = "declaration_lapsed"
    sentence = "This declaration was not confirmed within a day, so it has no effect. Please declare it again."


class WithdrawalLinkUnknown(DomainError):
    status = 410
    code = "withdrawal_link_unknown"
    sentence = "This link is no longer valid. If you have withdrawn, your declaration stands all the same."


async def withdrawing_shop(shop_id: str) -> Shop:
    """The shop, where it takes declarations; raises ``NotFound`` and ``WithdrawalsOff``."""
    shop = await get_shop(shop_id)
    if not is_function_on(settings_of(shop)):
        raise WithdrawalsOff()
    return shop


async def declare_as_guest(ports: Ports, shop: Shop, said: Statement, *, caller: str) -> Withdrawal:
    """The first step, by somebody whom we do not know; raises ``TooMany`` with the limits of a lookup.

    Nothing is looked up: an order that exists and one that does not are the same statements.
    """
    at = ports.clock.now()
    await rate.count(f"withdraw:caller:{shop.id}:{caller}", limit=PER_CALLER, at=at)
    await rate.count(f"withdraw:address:{shop.id}:{token_hash(said.contact.strip().lower())}", limit=PER_ADDRESS, at=at)
    await rate.count(f"withdraw:order:{shop.id}:{caller}:{number_key(said.order_number)}", limit=PER_ORDER, at=at)
    async with transaction(ports.doorbell) as tx:
        return await declare(tx, shop_id=shop.id, said=said, order_id=None, at=at)


async def declare_in_session(
    ports: Ports, shop: Shop, order_id: str, *, name: str | None, contact: str | None, locale: str,
    lines: Mapping[str, int],
) -> Withdrawal:  # fmt: skip
    """The first step, by who is inside a session of the order: what the order knows of them need not be said again, and
    no ``lines`` is the whole contract. Raises ``TooMany``, ``UnknownLine`` and ``WhoAreYou``."""
    at = ports.clock.now()
    await rate.count(f"withdraw:session:{order_id}", limit=PER_CALLER, at=at)
    order = await get_order(shop.id, order_id)
    name, contact = name or order.now.customer.name, contact or order.row.email
    if not name or not contact:
        raise WhoAreYou(param="contact" if name else "name")
    known = {line.id: line.quantity for line in order.placement.lines}
    if not lines.keys() <= known.keys():
        raise UnknownLine(param="lines")
    wanted = {line: min(n, known[line]) for line, n in lines.items()}
    said = Statement(
        name=name, order_number=order.row.number, contact=contact, locale=locale, lines=wanted or None,
        items=in_words(order.placement.lines, wanted) if wanted else None,
    )  # fmt: skip
    async with transaction(ports.doorbell) as tx:
        return await declare(tx, shop_id=shop.id, said=said, order_id=order_id, at=at)


async def confirm_as_guest(ports: Ports, shop: Shop, withdrawal_id: str, *, caller: str) -> Withdrawal:
    """The second step; a repetition changes nothing. Raises ``NotFound``, ``DeclarationLapsed`` and ``TooMany``.

    When this returns, the declaration is durable and its acknowledgement queued.
    """
    await rate.count(f"withdraw:confirm:{shop.id}:{caller}", limit=TRIES, at=ports.clock.now())
    await get_withdrawal(shop.id, withdrawal_id)
    async with transaction(ports.doorbell, step="commit") as tx:
        return await _confirm(tx, ports, shop, await lock_withdrawal(tx, withdrawal_id), None)


async def confirm_in_session(ports: Ports, shop: Shop, withdrawal_id: str, order_id: str) -> Withdrawal:
    """The second step inside the session, which shows who declares it; raises as ``confirm_as_guest`` does."""
    found = await get_withdrawal(shop.id, withdrawal_id)
    check_order(found, order_id)
    async with transaction(ports.doorbell, step="commit") as tx:
        order = await lock_order(tx, order_id)
        return await _confirm(tx, ports, shop, await lock_withdrawal(tx, withdrawal_id), order)


def check_order(withdrawal: Withdrawal, order_id: str) -> None:
    """Raises ``NotFound`` for a declaration about another order, or about none yet."""
    if withdrawal.order_id != order_id:
        raise NotFound(detail="There is no such declaration.", param="withdrawal_id")


async def _confirm(
    tx: Transaction, ports: Ports, shop: Shop, withdrawal: Withdrawal, order: StoredOrder | None
) -> Withdrawal:
    state = WithdrawalState(withdrawal.state)
    if state is WithdrawalState.LAPSED:
        raise DeclarationLapsed()
    if state is not WithdrawalState.DECLARED:
        return withdrawal
    at = ports.clock.now()
    withdrawal.confirmed_at = at
    if order is not None:
        withdrawal.verified_at = at
    await move(tx, withdrawal, WithdrawalState.CONFIRMED, at=at, due_at=at + REMIND_AFTER, actor="shopper")
    token = await give_token(tx, withdrawal, to_the_order=False)
    await acknowledge(tx, ports, shop, withdrawal, order, token)
    await outbox.add(tx, shop_id=shop.id, kind=WITHDRAWAL_GOES_ON, ref=withdrawal.id)
    return withdrawal


async def goes_on(ports: Ports, claim: Claim) -> None:
    """Work: find the order that is meant, ask at its own address who declared this, and carry it out once that is
    known."""
    shop = await get_shop(claim.shop_id)
    found = await get_withdrawal(shop.id, claim.ref)
    meant = [found.order_id] if found.order_id else await orders_meant(shop.id, found.order_number, found.contact)
    order_id = meant[0] if len(meant) == 1 else None
    if order_id is not None and found.verified_at is not None:
        await refresh_payments(ports, shop, await payments_of(order_id))
    if order_id is not None and found.verified_at is None and found.order_token_hash is None:
        await _spare_the_address(ports, shop, order_id)
    async with transaction(ports.doorbell) as tx:
        order = await lock_order(tx, order_id) if order_id else None
        withdrawal = await lock_withdrawal(tx, claim.ref)
        if _waits(withdrawal):
            if order is None:
                await to_a_person(tx, ports, shop, withdrawal, "several_orders" if meant else "no_such_order")
            elif withdrawal.verified_at is not None:
                if why := await carry_out(tx, ports, shop, order, withdrawal):
                    await to_a_person(tx, ports, shop, withdrawal, why, order)
            else:
                await _meant(tx, ports, shop, order, withdrawal)
        await outbox.complete(tx, claim)


def _waits(withdrawal: Withdrawal) -> bool:
    """Whether it is ours to go on with: a person who has it only for want of a proof gives it back with that proof."""
    state = WithdrawalState(withdrawal.state)
    is_proved_late = state is WithdrawalState.WITH_PERSON and withdrawal.person_reason == NOT_VERIFIED
    return state is WithdrawalState.CONFIRMED or (is_proved_late and withdrawal.verified_at is not None)


async def _spare_the_address(ports: Ports, shop: Shop, order_id: str) -> None:
    """Strangers who name one order again and again do not fill its customer's mailbox: the rest is asked later."""
    order = await get_order(shop.id, order_id)
    try:
        await rate.count(f"withdraw:asked:{order.id}", limit=PER_ADDRESS, at=ports.clock.now())
    except rate.TooMany as many:
        raise Later(timedelta(seconds=many.extra["retry_after"]), "this order's address was asked often") from many


async def _meant(tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, withdrawal: Withdrawal) -> None:
    await keep_order(tx, withdrawal, order.id)
    if order.row.email is None:
        await to_a_person(tx, ports, shop, withdrawal, NOT_VERIFIED)
    elif order.row.email != withdrawal.contact.strip().lower() and withdrawal.order_token_hash is None:
        # Where it is the same address, the acknowledgement has the link.
        await ask_who_declared(tx, ports, shop, order, withdrawal, again=False)


async def verify_by_link(ports: Ports, token: str, *, caller: str) -> Shop:
    """The link of a mail was opened and its button pressed. What is answered is the same, whoever's mail it was in.

    The order's own address shows who declared it; the address given does where it is the same. Raises
    ``WithdrawalLinkUnknown`` and ``TooMany``.
    """
    await rate.count(f"withdraw:link:{caller}", limit=TRIES, at=ports.clock.now())
    found = await find_by_token(token)
    if found is None:
        raise WithdrawalLinkUnknown()
    shop = await get_shop(found.shop_id)
    order_id = await _which_order(shop, found)  # who is quick opens the link before the work has found the order
    if order_id is None or found.verified_at is not None:
        return shop
    order = await get_order(shop.id, order_id)
    is_theirs = found.order_token_hash == token_hash(token)
    if is_theirs or (order.row.email is not None and order.row.email == found.contact.strip().lower()):
        await _verified(ports, shop, found, order_id, by="mail")
    return shop


async def verify_in_session(ports: Ports, shop: Shop, withdrawal_id: str, order_id: str) -> Withdrawal:
    """Who is inside a session of the order says that the declaration is theirs; raises ``NotFound``."""
    found = await get_withdrawal(shop.id, withdrawal_id)
    check_order(found, order_id)
    await _verified(ports, shop, found, order_id, by="session")
    return await get_withdrawal(shop.id, withdrawal_id)


async def _which_order(shop: Shop, found: Withdrawal) -> str | None:
    """The id of the order that a declaration means, where that is one."""
    if found.order_id is not None:
        return found.order_id
    meant = await orders_meant(shop.id, found.order_number, found.contact)
    return meant[0] if len(meant) == 1 else None


async def _verified(ports: Ports, shop: Shop, found: Withdrawal, order_id: str, *, by: str) -> None:
    """It is known who declared it: write that down, and let it go on."""
    async with transaction(ports.doorbell) as tx:
        await lock_order(tx, order_id)
        withdrawal = await lock_withdrawal(tx, found.id)
        is_another = withdrawal.order_id not in (None, order_id)
        if is_another or withdrawal.verified_at is not None or withdrawal.confirmed_at is None:
            return
        at = ports.clock.now()
        await keep_proof(tx, withdrawal, order_id, at)
        await note(tx, withdrawal, "withdrawal_verified", actor="shopper", at=at, why=by, was=withdrawal.state)
        await outbox.add(tx, shop_id=shop.id, kind=WITHDRAWAL_GOES_ON, ref=withdrawal.id)
