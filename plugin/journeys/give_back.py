"""One ask about an order of which a part has left: what is still here is cancelled, what has left is sent back.

The shopper says what they do not want; which half a unit falls into is the store's word, and what has not left comes
first. Both halves are previewed under one digest, and confirming makes both cases in one transaction, or none.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from plugin.cases.models import Case
from plugin.cases.store import UnitsTaken, is_being_fixed
from plugin.core.errors import DomainError
from plugin.db import Transaction, transaction
from plugin.journeys import limits
from plugin.journeys.cancel import CANCEL_FOLLOW
from plugin.journeys.confirming import carry_out
from plugin.journeys.judging import DecisionChanged, Preview, approval, judge, over_limit
from plugin.journeys.payment_reported import refresh_payments
from plugin.journeys.send_back import RETURN_FOLLOW
from plugin.orders.service import StoredOrder, get_order, lock_order, payments_of
from plugin.policies.decision import digest
from plugin.policies.facts import Ask, OrderFacts
from plugin.policies.reasons import Action, Outcome, Resolution
from plugin.policies.structure import left_for
from plugin.ports.orders import LineCount
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop


class NotInTwoHalves(DomainError):
    status = 422
    code = "not_in_two_halves"
    sentence = "These items have all left, or none of them has. Please cancel them, or send them back, on their own."


class HalfRefused(DomainError):
    status = 409
    code = "half_refused"
    sentence = "Only a part of this is possible. Please look again, and ask for that part alone; or talk to us."


class BothChanged(DomainError):
    """The answer is another one by ``now``, and nothing was done."""

    status = DecisionChanged.status
    code = DecisionChanged.code
    sentence = DecisionChanged.sentence

    def __init__(self, now: TwoHalves, **extra: Any) -> None:
        super().__init__(**extra)
        self.now = now


@dataclass(frozen=True)
class Wanted:
    """What the shopper does not want: everything, or these quantities; and the form for what is sent back."""

    whole: bool = False
    lines: tuple[LineCount, ...] = ()
    reason: str | None = None
    resolution: Resolution | None = None


@dataclass(frozen=True)
class TwoHalves:
    cancel: Preview
    back: Preview

    @property
    def digest(self) -> str:
        """What the shopper agrees to: both halves."""
        return sha256(f"{self.cancel.digest}:{self.back.digest}".encode()).hexdigest()

    @property
    def is_possible(self) -> bool:
        return Outcome.REFUSE not in (self.cancel.decision.outcome, self.back.decision.outcome)


Answered = Callable[[Transaction, Case, Case, TwoHalves], Awaitable[None]]
"""Called once inside the confirming transaction with the cancellation and the return, to store the answer."""


async def preview_both(ports: Ports, shop: Shop, order_id: str, wanted: Wanted) -> TwoHalves:
    """Say what a confirmation would do now. Writes nothing; raises ``NotInTwoHalves``."""
    return await _judge_both(ports, shop, await get_order(shop.id, order_id), wanted)


async def confirm_both(
    ports: Ports, shop: Shop, order_id: str, wanted: Wanted, *, agreed: str, asked_by: str, locale: str,
    answered: Answered,
) -> tuple[Case, Case]:  # fmt: skip
    """Carry out what the preview with the digest ``agreed`` said: both halves, or nothing.

    Raises ``BothChanged`` if that is not so now, ``HalfRefused`` where a half cannot be done, ``NotInTwoHalves``, and
    ``UnitsTaken`` if another tab was faster.
    """
    await get_order(shop.id, order_id)
    await refresh_payments(ports, shop, await payments_of(order_id))
    async with transaction(ports.doorbell, step="commit") as tx:
        order = await lock_order(tx, order_id)
        if await is_being_fixed(order_id):
            raise UnitsTaken()
        now = await _judge_both(ports, shop, order, wanted)
        if now.digest != agreed:
            raise BothChanged(now)
        if not now.is_possible:
            raise HalfRefused()
        first, second = _asks(now.cancel.facts, wanted)
        try:
            cancel = await carry_out(
                tx, ports, shop, first, now.cancel, CANCEL_FOLLOW, asked_by=asked_by, locale=locale
            )
            back = await carry_out(tx, ports, shop, second, now.back, RETURN_FOLLOW, asked_by=asked_by, locale=locale)
        except DecisionChanged as changed:  # another order has used up what the shop's limits left
            raise BothChanged(_over(now, "limit")) from changed
        await answered(tx, cancel, back, now)
    return cancel, back


async def _judge_both(ports: Ports, shop: Shop, order: StoredOrder, wanted: Wanted) -> TwoHalves:
    """Each half as it would be judged alone; of the shop's limits both together must stay within."""
    facts = (await judge(ports, shop, order, Ask(action=Action.CANCEL, whole=True))).facts
    first, second = _asks(facts, wanted)
    cancel = await judge(ports, shop, order, first)
    now = TwoHalves(cancel, await judge(ports, shop, order, second, beside=cancel.decision))
    halves = (now.cancel.decision, now.back.decision)
    if all(half.outcome is Outcome.APPROVE for half in halves):
        at = ports.clock.now()
        alone, other = (approval(order, half, at) for half in halves)
        if limit := await limits.reached(shop, replace(alone, amount=alone.amount + other.amount)):
            return _over(now, limit)
    return now


def _over(now: TwoHalves, limit: str) -> TwoHalves:
    halves = []
    for half in (now.cancel, now.back):
        decision = over_limit(half.decision, limit)
        halves.append(replace(half, decision=decision, digest=digest(decision)))
    return TwoHalves(*halves)


def _asks(facts: OrderFacts, wanted: Wanted) -> tuple[Ask, Ask]:
    """The two asks that it comes to; raises ``NotInTwoHalves`` where one of them would be empty.

    More than there is of a line stays in the half that is sent back, which refuses it with its reason.
    """
    known = {line.id: line for line in facts.lines}
    asked: dict[str, int] = {}
    if wanted.whole:
        asked = {line.id: left_for(Action.CANCEL, line) + left_for(Action.RETURN, line) for line in facts.lines}
    else:
        for each in wanted.lines:
            asked[each.line_id] = asked.get(each.line_id, 0) + each.quantity
    here, away = [], []
    for line_id, quantity in asked.items():
        stays = min(quantity, left_for(Action.CANCEL, known[line_id])) if line_id in known else 0
        here.append(LineCount(line_id, stays))
        away.append(LineCount(line_id, quantity - stays))
    cancelled, sent = (tuple(each for each in half if each.quantity) for half in (here, away))
    if not cancelled or not sent:
        raise NotInTwoHalves(param="lines")
    return (
        Ask(action=Action.CANCEL, lines=cancelled, reason=wanted.reason),
        Ask(action=Action.RETURN, lines=sent, reason=wanted.reason, resolution=wanted.resolution),
    )
