"""What an answer is worth in money: fees and bonuses by line, and the amounts of the ask as a whole.

All in minor units of the order's currency; what is divided is rounded down. Whatever form the shopper chooses (the
decision's ``resolution``), the amounts are the worth of what is taken: a refund pays it, an exchange counts it.
"""

from __future__ import annotations

from collections.abc import Sequence

from plugin.policies.decision import Amounts, LineDecision
from plugin.policies.document import Fee, Then
from plugin.policies.facts import Ask, Component, OrderFacts
from plugin.policies.reasons import Action, Resolution

_NOTHING = Component(0)


def fee_that_counts(ask: Ask, then: Then) -> Fee | None:
    """The row's fee; none for a fault, which is never the shopper's (DESIGN §3)."""
    fee = then.fee
    return None if fee is None or ask.action is Action.FAULT else fee


def fee_on(goods: int, currency: str, fee: Fee | None) -> int:
    """What ``fee`` keeps back of one line's goods alone."""
    if fee is None:
        return 0
    if fee.percent is not None:
        return max(0, goods) * fee.percent // 100
    return (fee.amounts or {}).get(currency, 0)


def bonus_on(order: OrderFacts, goods: int, fee: int, then: Then, resolutions: Sequence[Resolution]) -> int:
    """What store credit for one line is worth more: a percentage of its goods after its fee, as far as they were not
    paid with credit themselves: whoever buys and returns in circles earns one bonus."""
    if then.bonus_percent is None or Resolution.STORE_CREDIT not in resolutions:
        return 0
    paid = max(1, order.total)
    in_money = max(0, paid - order.in_credit)
    return max(0, goods - fee) * then.bonus_percent * in_money // (100 * paid)


def kept_of(goods: int, then: Then) -> int:
    """What is not paid for goods that stay with the shopper: all but the compensation, which is rounded down."""
    percent = then.compensation_percent
    return 0 if percent is None else max(0, goods) - max(0, goods) * percent // 100


def amounts_of(order: OrderFacts, answers: Sequence[tuple[LineDecision, Fee | None]], everything: bool) -> Amounts:
    """The sum of the lines; shipping and extras with everything; less the fees, never more than is owed before them.

    Of fees that are sums the highest is kept, once an ask; beside it each row keeps its percentage of its own lines,
    and nothing of those that are a discount: a fee never adds to what is owed.
    """
    goods = tax = highest = stays = 0
    by_row: dict[tuple[str | None, int], int] = {}
    for line, fee in answers:
        goods += line.goods
        tax += line.tax
        stays += line.kept
        if fee is not None and fee.percent is not None:
            of_row = (line.row, fee.percent)
            by_row[of_row] = by_row.get(of_row, 0) + line.goods
        elif line.fee > highest:
            highest = line.fee
    shipping, extras = (order.shipping, order.extras) if everything else (_NOTHING, _NOTHING)
    owed = max(0, goods - stays + shipping.amount + extras.amount)
    kept = highest
    for (_, percent), worth in by_row.items():
        kept += max(0, worth) * percent // 100
    return Amounts(
        currency=order.currency, goods=Component(goods, tax), shipping=shipping, extras=extras, fee=min(kept, owed),
        kept=stays,
    )  # fmt: skip
