"""A withdrawal takes effect: what has not left is cancelled, the rest is sent back, all of it on the statutory basis.

The decision is the law's (``withdrawals.statutory``); cases, parcels, the store and the money then go the ways that
they always go. Where the law does not clearly give the right, nothing is decided here: a person has it, and the
declaration stands meanwhile. Caps and pauses count for nothing in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from msgspec import structs

from plugin.cases.facts import facts_of
from plugin.cases.models import Case
from plugin.cases.service import date_back, decision_of, move, open_case
from plugin.cases.states import CLOSED, CaseKind, CaseState
from plugin.cases.store import PRIOR_WINDOW, cases_of_order, ownership_of, release_units, units_of_case
from plugin.db import Transaction
from plugin.journeys.alerts import alert_shop
from plugin.journeys.call_off import call_off
from plugin.journeys.cancel import ask_for_it
from plugin.journeys.holds import begin_hold, end_hold
from plugin.journeys.judging import WE_HAVE
from plugin.journeys.letters_withdraw import tell_in_effect
from plugin.journeys.promises import REFUND_WITHIN, promised_dates, within_the_law
from plugin.journeys.tell import tell_staff
from plugin.journeys.way_back import go_on
from plugin.journeys.withdrawal_sentences import WHY_WITH_PERSON
from plugin.messages.outbox import belong_to_order
from plugin.messages.parts import AlertKind
from plugin.orders.service import StoredOrder, get_order, payments_of
from plugin.policies.better import options_better
from plugin.policies.facts import Ask, OrderFacts
from plugin.policies.live import NoPolicy, OrderPolicies, policies_of_order
from plugin.policies.reasons import Action, Outcome, Payer, Reason, Resolution
from plugin.ports.orders import LineCount
from plugin.ports.runtime import Ports
from plugin.refunds.plan import NotEnoughToRefund, plan
from plugin.refunds.service import release, reserve
from plugin.refunds.store import legs_of_case, payments_and_payables
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import settings_of
from plugin.withdrawals.items import lines_meant
from plugin.withdrawals.models import Withdrawal
from plugin.withdrawals.service import move as move_withdrawal
from plugin.withdrawals.standing import doubt_about, law_for
from plugin.withdrawals.states import WithdrawalState
from plugin.withdrawals.statutory import (
    BASIS,
    Taken,
    in_parcels,
    leaves_nothing,
    split,
    standard_delivery,
    statutory_decision,
    wanted_of,
)
from plugin.withdrawals.store import add_case

NOT_VERIFIED = "not_verified"
LOOKED_AT_BEFORE = timedelta(days=3)  # the law's day, so that a person can still find out whether it was sent


@dataclass(frozen=True)
class _Scene:
    """Everything about a declaration that is being carried out; the order and the declaration are locked."""

    shop: Shop
    order: StoredOrder
    withdrawal: Withdrawal
    facts: OrderFacts
    policies: OrderPolicies
    payers: Mapping[str, Payer]


async def to_a_person(
    tx: Transaction, ports: Ports, shop: Shop, withdrawal: Withdrawal, why: str, order: StoredOrder | None = None
) -> None:
    """Nothing is decided: somebody of the shop looks at it, and the declaration stands meanwhile."""
    at = ports.clock.now()
    due = person_answers_by(settings_of(shop), at)
    await move_withdrawal(tx, withdrawal, WithdrawalState.WITH_PERSON, at=at, due_at=due, why=why)
    await alert_shop(
        tx, ports, shop, purpose=f"{withdrawal.id}:person:{why}", alert=AlertKind.WITHDRAWAL,
        why=WHY_WITH_PERSON[why], order=order, due_at=due,
    )  # fmt: skip


async def carry_out(
    tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, withdrawal: Withdrawal, *,
    by: str | None = None, lines: Mapping[str, int] | None = None,
) -> str | None:  # fmt: skip
    """Open the cases of a verified declaration; else the word that says why a person must look first.

    ``by`` is the person of the shop who says that it has effect, for these ``lines`` if not for all that was declared:
    then nothing is doubted. The order and the declaration are locked.
    """
    try:
        policies = await policies_of_order(shop.id, order.row.placed_at, ports.clock.now())
    except NoPolicy:
        return "no_policy"
    wanted = lines or withdrawal.lines
    if wanted is None and withdrawal.items:
        wanted = lines_meant(withdrawal.items, order.placement.lines)
        if wanted is None:
            return "items_in_words"
    facts = await _facts(ports, shop, order)
    units = wanted_of(facts, wanted)
    if by is None:
        asked = [line for line in facts.lines if units.get(line.id)]
        rules, declared_at = policies.now.rules, withdrawal.confirmed_at or withdrawal.declared_at
        if doubt := doubt_about(facts, asked, rules, declared_at):
            return str(doubt)
    if await _take_back_reviews(tx, ports, shop, order, set(units)):
        facts = await _facts(ports, shop, order)
    taken = split(facts, units)
    elsewhere = await _cases_elsewhere(order, taken)
    if elsewhere is None:
        return "other_case"
    if not (taken or elsewhere):
        return "nothing_left"
    scene = _Scene(shop, order, withdrawal, facts, policies, _payers(ports, facts, policies))
    cases = [*await _open(tx, ports, scene, taken, with_delivery=leaves_nothing(facts, taken)), *elsewhere]
    at = ports.clock.now()
    withdrawal.cases = [case.id for case in cases]
    due = max(at, (withdrawal.confirmed_at or at) + REFUND_WITHIN - LOOKED_AT_BEFORE)
    if any(case.basis != BASIS for case in elsewhere):
        due = min(due, at + timedelta(days=1))  # nothing tells of the end of a case that is not the law's own
    await move_withdrawal(tx, withdrawal, WithdrawalState.IN_EFFECT, at=at, due_at=due, actor=by or "comeback")
    await belong_to_order(tx, shop.id, f"{withdrawal.id}:", order.id)
    await tell_in_effect(tx, ports, shop, order, withdrawal, cases)
    return None


async def _facts(ports: Ports, shop: Shop, order: StoredOrder) -> OrderFacts:
    settings = settings_of(shop)
    ownership = await ownership_of(order, since=ports.clock.now() - PRIOR_WINDOW)
    facts = facts_of(
        order, ownership, await payments_of(order.id), paused=False,
        transit=timedelta(days=settings.transit_days), zone=settings.time_zone,
    )  # fmt: skip
    delivery = standard_delivery(facts, order.placement.shipping.total, settings.standard_delivery)
    return structs.replace(facts, shipping=delivery)


def _payers(ports: Ports, facts: OrderFacts, policies: OrderPolicies) -> dict[str, Payer]:
    """Who pays the way back where it is not the shopper: the law says so, or the shop's policy promises it."""
    law = law_for(facts)
    if law is not None and law.way_back is Payer.SHOP:
        return {line.id: Payer.SHOP for line in facts.lines}
    allowed = options_better(facts, policies.at_purchase.rules, policies.now.rules, ports.clock.now(), Action.RETURN)
    return {
        option.line_id: Payer.SHOP
        for option in allowed
        if option.outcome is not Outcome.REFUSE and (option.label is Payer.SHOP or option.keep_item)
    }


async def _take_back_reviews(tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, lines: set[str]) -> bool:
    """An ask that a person still looks at delays no withdrawal: it is overtaken, and its units are free again."""
    overtaken = False
    for case in await cases_of_order(order.id):
        if CaseState(case.state) is not CaseState.IN_REVIEW or case.basis == BASIS:
            continue
        if not lines & {unit.line_id for unit in await units_of_case(case.id) if unit.state == "open"}:
            continue
        at = ports.clock.now()
        await release(tx, await legs_of_case(case.id), at=at, why="withdrawn_by_law")
        await release_units(tx, case.id)
        await move(tx, case, CaseState.WITHDRAWN, at=at, actor="shopper", why="withdrawn_by_law")
        await call_off(tx, ports, shop, case, why="withdrawn_by_law")
        await end_hold(tx, ports, shop, case)
        overtaken = True
    return overtaken


async def _cases_elsewhere(order: StoredOrder, taken: Taken) -> list[Case] | None:
    """The open cases that have the rest of what was declared; None where one of them gives less than the law does.

    Those that give all of it back are left to do so, and belong to the withdrawal from now on.
    """
    found: list[Case] = []
    for case in await cases_of_order(order.id):
        if CaseState(case.state) in CLOSED:
            continue
        if not set(taken.elsewhere) & {unit.line_id for unit in await units_of_case(case.id) if unit.state == "open"}:
            continue
        pays_all = (
            case.resolution in (None, Resolution.REFUND) and not case.withheld and not decision_of(case).amounts.fee
        )
        if case.kind not in (CaseKind.CANCEL, CaseKind.RETURN) or not pays_all:
            return None
        found.append(case)
    return found


async def _open(tx: Transaction, ports: Ports, scene: _Scene, taken: Taken, *, with_delivery: bool) -> list[Case]:
    """One case for each way: cancelled, paid back without a parcel, sent back. Delivery goes with the last, for nothing
    of the order is left only once that has been."""
    goods, no_parcel = in_parcels(scene.facts, taken.sent_back)
    opened = []
    if taken.cancelled:
        case = await _case(tx, ports, scene, Action.CANCEL, taken.cancelled, with_delivery and not taken.sent_back)
        await _cancel(tx, ports, scene, case)
        opened.append(case)
    for units, is_last in ((no_parcel, not goods), (goods, True)):
        if units:
            case = await _case(tx, ports, scene, Action.RETURN, units, with_delivery and is_last)
            await _send_back(tx, ports, scene, case)
            opened.append(case)
    return opened


async def _case(
    tx: Transaction, ports: Ports, scene: _Scene, action: Action, units: Mapping[str, tuple[int, ...]],
    with_delivery: bool,
) -> Case:  # fmt: skip
    at = ports.clock.now()
    decision = statutory_decision(
        scene.facts, action, units, law_for(scene.facts), payers=scene.payers, with_delivery=with_delivery
    )
    lines = tuple(LineCount(line, len(ordinals)) for line, ordinals in units.items())
    case = await open_case(
        tx, order=scene.order, ask=Ask(action=action, lines=lines), facts=scene.facts, decision=decision,
        policy=scene.policies.now, locale=scene.withdrawal.locale, asked_by="shopper", at=at, due_at=at + WE_HAVE,
        basis=BASIS,
    )  # fmt: skip
    # The law counts from then, whenever it was verified.
    await date_back(tx, case, scene.withdrawal.confirmed_at or at)
    return case


async def _cancel(tx: Transaction, ports: Ports, scene: _Scene, case: Case) -> None:
    """Ask the store, the money reserved; where a person must see to the money first, the store packs nothing."""
    at, settings, decision = ports.clock.now(), settings_of(scene.shop), decision_of(case)
    payments, can_give = await payments_and_payables(scene.order.id)
    why = _needs_a_person(scene.facts)
    try:
        legs = plan(decision.amounts, can_give, everything=decision.everything)
    except NotEnoughToRefund:
        legs, why = (), Reason.AMOUNTS_UNEXPLAINED
    if why is not None:
        due = person_answers_by(settings, at)
        await move(tx, case, CaseState.IN_REVIEW, at=at, due_at=due, why=str(why))
        await begin_hold(tx, ports, scene.shop, case)
        await tell_staff(tx, case, AlertKind.REVIEW)
        return
    await move(tx, case, CaseState.APPROVED, at=at, due_at=at + WE_HAVE, why=str(Reason.STATUTORY))
    promised = within_the_law(case, promised_dates(legs, payments, settings, at), at)
    await reserve(tx, case, legs, promised_for=promised, at=at)
    await ask_for_it(tx, ports, case)


def _needs_a_person(facts: OrderFacts) -> Reason | None:
    """What somebody must look at before money moves; the withdrawal itself stays in effect."""
    if facts.frozen:
        return Reason.ORDER_FROZEN
    return Reason.OPEN_DISPUTE if facts.has_open_dispute else None


async def _send_back(tx: Transaction, ports: Ports, scene: _Scene, case: Case) -> None:
    at = ports.clock.now()
    await move(tx, case, CaseState.APPROVED, at=at, due_at=at + WE_HAVE, why=str(Reason.STATUTORY))
    await go_on(tx, ports, scene.shop, scene.order, case)


async def left_before_it_was_cancelled(
    tx: Transaction, ports: Ports, shop: Shop, case: Case, withdrawals: Sequence[Withdrawal]
) -> None:
    """The store says that it is too late to cancel: the same units are sent back instead, on the same terms, for all
    declarations that the case belongs to."""
    order, at = await get_order(shop.id, case.order_id), ports.clock.now()
    decided = decision_of(case)
    units = {line.line_id: line.units for line in decided.lines}
    await release(tx, await legs_of_case(case.id), at=at, why="store_too_late")
    await release_units(tx, case.id)
    await move(tx, case, CaseState.CONVERTED_TO_RETURN, at=at, why="store_too_late")
    facts = await _facts(ports, shop, order)
    policies = await policies_of_order(shop.id, order.row.placed_at, at)
    scene = _Scene(shop, order, withdrawals[0], facts, policies, _payers(ports, facts, policies))
    instead = await _open(tx, ports, scene, Taken({}, units, {}), with_delivery=decided.everything)
    for each in withdrawals:
        for opened in instead:
            await add_case(tx, each, opened.id)
    await tell_in_effect(tx, ports, shop, order, withdrawals[0], instead)
