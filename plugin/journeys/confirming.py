"""Confirming an ask, whatever it is for: one transaction, which carries out what its preview said or nothing.

Lock the order, decide again, write the case with its facts, its decision and its policy version and give it its units;
then the kind's own next step, and the stored answer to the caller. The work that follows commits with it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from plugin.cases.models import Case
from plugin.cases.service import move, open_case
from plugin.cases.states import CaseState
from plugin.cases.store import UnitsTaken, is_being_fixed
from plugin.core.points import point
from plugin.db import Transaction, transaction
from plugin.journeys import limits
from plugin.journeys.judging import LIMIT, WE_HAVE, DecisionChanged, Preview, approval, judge, over_limit
from plugin.journeys.payment_reported import refresh_payments
from plugin.journeys.tell import tell_case
from plugin.orders.service import get_order, lock_order, payments_of
from plugin.policies.decision import digest
from plugin.policies.facts import Ask
from plugin.policies.reasons import Action, Outcome
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

Answered = Callable[[Transaction, Case, Preview], Awaitable[None]]
"""Called once inside the confirming transaction, to store the answer with what made it true."""

Next = Callable[[Transaction, Ports, Shop, Case, Preview], Awaitable[None]]
Follow = Mapping[Outcome, Next]
"""What a kind of case does after each outcome, in the confirming transaction."""


async def confirm(
    ports: Ports,
    shop: Shop,
    order_id: str,
    ask: Ask,
    follow: Follow,
    *,
    agreed: str,
    asked_by: str,
    locale: str,
    answered: Answered,
    contact: str | None = None,
    basis: str = "policy",
) -> Case:
    """Carry out what the preview with the digest ``agreed`` said; raises ``DecisionChanged`` if that is not so now.

    When this returns, the answer is durable. Raises ``UnitsTaken`` if another tab was faster, or a correction is under
    way, which may change what is cancelled and what it is worth.
    """
    await get_order(shop.id, order_id)
    await refresh_payments(ports, shop, await payments_of(order_id))
    async with transaction(ports.doorbell, step="commit") as tx:
        order = await lock_order(tx, order_id)
        if ask.action is Action.CANCEL and await is_being_fixed(order_id):
            raise UnitsTaken()
        point("before policy_decided")
        now = await judge(ports, shop, order, ask)
        point("after policy_decided")
        if now.digest != agreed:
            raise DecisionChanged(now)
        case = await carry_out(
            tx, ports, shop, ask, now, follow, asked_by=asked_by, locale=locale, contact=contact, basis=basis
        )
        await answered(tx, case, now)
    return case


async def carry_out(
    tx: Transaction,
    ports: Ports,
    shop: Shop,
    ask: Ask,
    now: Preview,
    follow: Follow,
    *,
    asked_by: str,
    locale: str,
    contact: str | None = None,
    basis: str = "policy",
) -> Case:
    """Open the case of what was agreed to, and take its kind's next step. The order is locked; ``now`` is the decision
    as it was made under that lock."""
    at = ports.clock.now()
    case = await open_case(
        tx, order=now.order, ask=ask, facts=now.facts, decision=now.decision, policy=now.policy, locale=locale,
        asked_by=asked_by, at=at, due_at=at + WE_HAVE, contact=contact, basis=basis,
    )  # fmt: skip
    await follow[now.decision.outcome](tx, ports, shop, case, now)
    return case


async def stay_within_limits(tx: Transaction, ports: Ports, shop: Shop, now: Preview) -> None:
    """Count an approval against the shop's limits; raises ``DecisionChanged`` where one is reached by now.

    The last thing of a transaction, for the counters of a shop are everybody's: another order may have used up what was
    there when it was read.
    """
    if limit := await limits.take(tx, ports, shop, approval(now.order, now.decision, ports.clock.now())):
        over = over_limit(now.decision, limit)
        raise DecisionChanged(replace(now, decision=over, digest=digest(over)))


def why_in_review(now: Preview) -> str:
    """The stable word that says why a person has it."""
    is_over = any(verdict.rule.startswith(LIMIT) for verdict in now.decision.verdicts)
    return "over_limit" if is_over else str(now.decision.reason)


async def refuse(tx: Transaction, ports: Ports, shop: Shop, case: Case, now: Preview) -> None:
    """The answer is no; the mail says why, and what is possible instead."""
    await move(tx, case, CaseState.REFUSED, at=ports.clock.now(), why=str(now.decision.reason))
    await tell_case(tx, case, "refused")
