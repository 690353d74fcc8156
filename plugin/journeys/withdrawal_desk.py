"""What a person of the shop does with a declaration of withdrawal. Every step is audited under that person's name.

Nobody refuses one. That it has no effect has one of the reasons of ``Ineffective``; until somebody says so it stands.
"""

from __future__ import annotations

from collections.abc import Mapping

from plugin.core.errors import DomainError
from plugin.db import Transaction, transaction
from plugin.journeys.letters_withdraw import tell_ineffective
from plugin.journeys.payment_reported import refresh_payments
from plugin.journeys.staff import Answered, unasked
from plugin.journeys.withdrawal_carried_out import carry_out
from plugin.journeys.withdrawal_sentences import WHY_WITH_PERSON, Ineffective
from plugin.orders.service import StoredOrder, get_order, lock_order, payments_of
from plugin.ports.runtime import Ports
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import settings_of
from plugin.withdrawals.items import lines_meant
from plugin.withdrawals.models import Withdrawal
from plugin.withdrawals.service import move, note
from plugin.withdrawals.states import WithdrawalState
from plugin.withdrawals.store import get_withdrawal, keep_order, keep_proof, lock_withdrawal

_S = WithdrawalState


class NotWithAPerson(DomainError):
    status = 409
    code = "withdrawal_not_with_a_person"
    sentence = "This declaration does not wait for a person (any more)."


class NoOrderYet(DomainError):
    status = 409
    code = "withdrawal_without_order"
    sentence = "It is not known yet which order this declaration is about. Say so first."


class CannotTakeEffect(DomainError):
    """``reason`` is the stable word of what is in the way."""

    status = 409
    code = "withdrawal_cannot_take_effect"
    sentence = "Something has to be looked after before this declaration can take effect."


class SayWhyNotAll(DomainError):
    status = 422
    code = "withdrawal_reason_missing"
    sentence = "It would have no effect for some of what was declared. Say why: whoever declared it is told."


class HasCases(DomainError):
    status = 409
    code = "withdrawal_in_effect"
    sentence = "This declaration has taken effect, so it can no longer be called ineffective."


async def assign(
    ports: Ports, shop: Shop, withdrawal_id: str, order_id: str, by: str, *, answered: Answered = unasked
) -> None:
    """Say which order a declaration means; raises ``NotFound`` for an order that is not the shop's."""
    await get_order(shop.id, order_id)
    async with transaction(ports.doorbell) as tx:
        order = await lock_order(tx, order_id)
        withdrawal = await _take(tx, shop, withdrawal_id, _S.CONFIRMED, _S.WITH_PERSON)
        await keep_order(tx, withdrawal, order.id)
        await note(
            tx, withdrawal, "withdrawal_assigned", actor=by, at=ports.clock.now(), why=order.id, was=withdrawal.state
        )
        await answered(tx)


async def let_take_effect(
    ports: Ports, shop: Shop, withdrawal_id: str, by: str, lines: Mapping[str, int] | None = None, *,
    rest: Ineffective | None = None, answered: Answered = unasked,
) -> None:  # fmt: skip
    """The person answers for it that the customer has declared it and has the right, for all or for these ``lines``;
    ``rest`` is why it has no effect for what else was declared.

    Raises ``NoOrderYet``, ``SayWhyNotAll``, ``CannotTakeEffect``, and ``NotWithAPerson`` where it has ended or taken
    effect.
    """
    found = await get_withdrawal(shop.id, withdrawal_id)
    if found.order_id is None:
        raise NoOrderYet()
    await refresh_payments(ports, shop, await payments_of(found.order_id))
    async with transaction(ports.doorbell) as tx:
        order = await lock_order(tx, found.order_id)
        withdrawal = await _take(tx, shop, withdrawal_id, _S.CONFIRMED, _S.WITH_PERSON, order=order)
        if withdrawal.cases:
            raise HasCases()
        if lines is not None and _leaves_out(order, withdrawal, lines):
            if rest is None:
                raise SayWhyNotAll(param="rest")
            withdrawal.ineffective_reason, withdrawal.ineffective_by = str(rest), by
        await keep_proof(tx, withdrawal, order.id, withdrawal.verified_at or ports.clock.now())
        if why := await carry_out(tx, ports, shop, order, withdrawal, by=by, lines=lines):
            raise CannotTakeEffect(detail=WHY_WITH_PERSON[why], reason=why)
        await answered(tx)


def _leaves_out(order: StoredOrder, withdrawal: Withdrawal, lines: Mapping[str, int]) -> bool:
    """Whether something that was declared is not among them; a person's reading of words that we cannot read is all."""
    declared = withdrawal.lines
    if declared is None and withdrawal.items:
        declared = lines_meant(withdrawal.items, order.placement.lines) or {}
    elif declared is None:
        declared = {line.id: line.quantity for line in order.placement.lines}
    return any(lines.get(line, 0) < n for line, n in declared.items())


async def call_ineffective(
    ports: Ports, shop: Shop, withdrawal_id: str, reason: Ineffective, by: str, *, answered: Answered = unasked
) -> None:
    """Say that the declaration has no effect, and why; whoever declared it is told. Raises ``HasCases``."""
    found = await get_withdrawal(shop.id, withdrawal_id)
    async with transaction(ports.doorbell) as tx:
        order = await lock_order(tx, found.order_id) if found.order_id else None
        withdrawal = await _take(tx, shop, withdrawal_id, _S.WITH_PERSON, order=order)
        if withdrawal.cases:
            raise HasCases()
        withdrawal.ineffective_reason, withdrawal.ineffective_by = str(reason), by
        await move(tx, withdrawal, _S.INEFFECTIVE, at=ports.clock.now(), actor=by, why=str(reason))
        await tell_ineffective(tx, ports, shop, withdrawal, reason)
        await answered(tx)


async def look_again(ports: Ports, shop: Shop, withdrawal_id: str, by: str, *, answered: Answered = unasked) -> None:
    """It was called ineffective, and somebody has to look at it once more."""
    found = await get_withdrawal(shop.id, withdrawal_id)
    async with transaction(ports.doorbell) as tx:
        order = await lock_order(tx, found.order_id) if found.order_id else None
        withdrawal = await _take(tx, shop, withdrawal_id, _S.INEFFECTIVE, order=order)
        if not withdrawal.contact:
            raise NotWithAPerson(detail="Its person was erased, so that nobody could be told anything any more.")
        at = ports.clock.now()
        due = person_answers_by(settings_of(shop), at)
        await move(tx, withdrawal, _S.WITH_PERSON, at=at, due_at=due, actor=by, why="looked_at_again")
        await answered(tx)


async def close(ports: Ports, shop: Shop, withdrawal_id: str, by: str, *, answered: Answered = unasked) -> None:
    """Everything about it is in order: it was carried out by hand, or its cases have paid."""
    found = await get_withdrawal(shop.id, withdrawal_id)
    async with transaction(ports.doorbell) as tx:
        order = await lock_order(tx, found.order_id) if found.order_id else None
        withdrawal = await _take(tx, shop, withdrawal_id, _S.WITH_PERSON, order=order)
        await move(tx, withdrawal, _S.DONE, at=ports.clock.now(), actor=by, why="closed_by_person")
        await answered(tx)


async def _take(
    tx: Transaction, shop: Shop, withdrawal_id: str, *states: WithdrawalState, order: StoredOrder | None = None
) -> Withdrawal:
    """The declaration with its row locked, in one of these states; raises ``NotWithAPerson``."""
    withdrawal = await lock_withdrawal(tx, withdrawal_id)
    is_as_read = order is None or withdrawal.order_id == order.id
    if withdrawal.shop_id != shop.id or not is_as_read or WithdrawalState(withdrawal.state) not in states:
        raise NotWithAPerson(detail=f"Declaration {withdrawal.number} is {withdrawal.state}.", state=withdrawal.state)
    return withdrawal
