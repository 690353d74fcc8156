"""What a withdrawal comes to: a decision that the law makes and no policy, in pure steps.

1. What has not left is cancelled, the rest is sent back; each unit that is still anybody's to ask for, once. What no
   parcel brings back, such as a download, is paid back without (Art. 14(1) speaks of goods).
2. Everything paid for those units comes back, without a fee (Directive 2011/83/EU, Art. 14(1), 13(1)).
3. Delivery is paid back once, with the declaration after which nothing of the order is left with the shopper; of a
   dearer way that the shopper chose only what the standard one costs, where the shop has said it (Art. 13(2)).
4. Goods are sent back within 14 days, and their money waits for the goods or the proof of sending, no longer
   (Art. 13(3)). The shopper bears that cost, unless the law or the shop says otherwise (Art. 14(1)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plugin.core.money import worth_of_units
from plugin.policies.decision import Amounts, Decision, LineDecision, Verdict
from plugin.policies.facts import Component, LineFacts, OrderFacts
from plugin.policies.law.statutes import Withdrawal
from plugin.policies.law.table import WITHDRAWAL_IN
from plugin.policies.reasons import Action, Outcome, Payer, Reason, Resolution, Trigger
from plugin.ports.orders import LineKind

SEND_WITHIN = 14  # days: Directive 2011/83/EU, Art. 14(1)
BASIS = "statutory"


@dataclass(frozen=True)
class Taken:
    """Of each line the ordinals that are cancelled and those that are sent back; ``elsewhere`` is how many units of
    the declaration other cases have already, or had."""

    cancelled: Mapping[str, tuple[int, ...]]
    sent_back: Mapping[str, tuple[int, ...]]
    elsewhere: Mapping[str, int]

    def __bool__(self) -> bool:
        return bool(self.cancelled or self.sent_back)


def wanted_of(order: OrderFacts, lines: Mapping[str, int] | None) -> dict[str, int]:
    """The units of the declaration by line: all that were ordered for the whole contract (None)."""
    known = {line.id: line.quantity for line in order.lines}
    if lines is None:
        return known
    return {line: min(n, known[line]) for line, n in lines.items() if line in known and n > 0}


def split(order: OrderFacts, wanted: Mapping[str, int]) -> Taken:
    """Which units a declaration takes: what can still be cancelled first, then what has left."""
    cancelled: dict[str, tuple[int, ...]] = {}
    sent_back: dict[str, tuple[int, ...]] = {}
    elsewhere: dict[str, int] = {}
    for line in order.lines:
        n = wanted.get(line.id, 0)
        first = min(n, line.left)
        then = min(n - first, line.returnable, len(line.free) - first)
        if first:
            cancelled[line.id] = line.free[:first]
        if then:
            sent_back[line.id] = line.free[first : first + then]
        if n > first + then:
            elsewhere[line.id] = n - first - then
    return Taken(cancelled, sent_back, elsewhere)


def in_parcels(
    order: OrderFacts, units: Mapping[str, tuple[int, ...]]
) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """Ordinals by line that have left: those that a parcel brings back, and those that none does."""
    sent = {line.id for line in order.lines if line.kind is LineKind.PHYSICAL}
    return (
        {line: ordinals for line, ordinals in units.items() if line in sent},
        {line: ordinals for line, ordinals in units.items() if line not in sent},
    )


def leaves_nothing(order: OrderFacts, taken: Taken) -> bool:
    """Whether no unit of the order stays with the shopper, or on its way to them, once these are given up."""
    for line in order.lines:
        now = len(taken.cancelled.get(line.id, ())) + len(taken.sent_back.get(line.id, ()))
        if line.cancelled + line.in_open_cases + line.coming_back + line.returned + now < line.quantity:
            return False
    return True


def standard_delivery(order: OrderFacts, paid: int, costs: Mapping[str, Mapping[str, int]]) -> Component:
    """What is still owed for the delivery of an order for which ``paid`` was paid.

    All of it where nothing has left, for then no dearer way was gone; where the law lets nobody keep the difference;
    and where the shop has not said what its standard delivery ``costs`` (minor units by country and currency).
    """
    law, left = WITHDRAWAL_IN.get(order.country or ""), order.shipping
    standard = costs.get(order.country or "", {}).get(order.currency)
    if law is None or not law.keeps_dearer_delivery or standard is None or not any(x.fulfilled for x in order.lines):
        return left
    owed = min(left.amount, max(0, standard - (paid - left.amount)))
    return Component(owed, left.tax * owed // left.amount if owed else 0)


def statutory_decision(
    order: OrderFacts, action: Action, units: Mapping[str, tuple[int, ...]], law: Withdrawal | None, *,
    payers: Mapping[str, Payer], with_delivery: bool,
) -> Decision:  # fmt: skip
    """The decision for these ordinals by line, all of which are cancelled, or all sent back (``action``).

    ``payers`` are those who pay the way back by line, where it is not the shopper. ``with_delivery`` says that what
    was paid for delivery, and all else beside the lines, is paid back with it. ``law`` is None where a person of the
    shop has said that the right is there.
    """
    verdict = Verdict(law.rule if law else "person", matched=True, outcome=Outcome.APPROVE, reason=Reason.STATUTORY)
    lines = tuple([_line(each, action, units[each.id], verdict, payers) for each in order.lines if each.id in units])
    nothing = Component(0)
    amounts = Amounts(
        currency=order.currency,
        goods=Component(sum([line.goods for line in lines]), sum([line.tax for line in lines])),
        shipping=order.shipping if with_delivery else nothing,
        extras=order.extras if with_delivery else nothing,
    )
    if amounts.total < 0:  # a negative rounding on what cost nothing is no bill
        amounts = Amounts(currency=order.currency)
    return Decision(
        action=action, outcome=Outcome.APPROVE, reason=Reason.STATUTORY, lines=lines, amounts=amounts,
        everything=with_delivery, verdicts=(verdict,), resolution=Resolution.REFUND,
    )  # fmt: skip


def _line(
    line: LineFacts, action: Action, units: tuple[int, ...], verdict: Verdict, payers: Mapping[str, Payer]
) -> LineDecision:
    is_return = action is Action.RETURN
    goes_back = is_return and line.kind is LineKind.PHYSICAL
    return LineDecision(
        line_id=line.id, title=line.title, asked=len(units), left=line.returnable if is_return else line.left,
        outcome=Outcome.APPROVE, reason=Reason.STATUTORY, verdicts=(verdict,), units=units,
        goods=worth_of_units(line.total, line.quantity, units), tax=worth_of_units(line.tax, line.quantity, units),
        resolutions=(Resolution.REFUND,), label=payers.get(line.id, Payer.SHOPPER) if goes_back else None,
        pays_on=Trigger.IN_TRANSIT if goes_back else None, send_within=SEND_WITHIN if goes_back else None,
    )  # fmt: skip
