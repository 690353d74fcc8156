"""Whether the law gives the right to withdraw from an order, until when, and what only a person can find out.

Nothing here refuses: a declaration that the law does not clearly give is acknowledged like any other, and a person
looks at it. Pure; periods, exemptions and their sources are ``plugin.policies.law``'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from plugin.policies.facts import LineFacts, OrderFacts
from plugin.policies.law.floor import EXEMPT_ONCE_OPENED
from plugin.policies.law.periods import is_reckoned, latest_end, withdrawal_ends
from plugin.policies.law.statutes import Withdrawal
from plugin.policies.law.table import WITHDRAWAL_IN
from plugin.policies.reasons import GoodsKind
from plugin.ports.orders import LineKind
from plugin.shops.settings import ShopSettings

_BEGUN = EXEMPT_ONCE_OPENED | {GoodsKind.DIGITAL_BEGUN}


class Doubt(StrEnum):
    """Why a person looks at a declaration whose order is known: the stable word that staff read."""

    NO_LAW = "no_law"  # none that we know of gives the right where the order went
    BUSINESS = "business_buyer"
    EXEMPT = "exempt_goods"
    PERHAPS_BEGUN = "perhaps_begun"  # opened, downloaded or carried out: which no fact of an order tells
    OUT_OF_TIME = "out_of_time"


class KnowsGoods(Protocol):
    """A compiled policy, as far as the law asks it."""

    def goods_of(self, line: LineFacts) -> frozenset[GoodsKind]: ...


@dataclass(frozen=True)
class Right:
    """``until`` is the first moment at which it is over; None while its period has not begun."""

    law: Withdrawal
    until: datetime | None


def is_function_on(settings: ShopSettings) -> bool:
    """Whether the shop takes declarations here: where the EU's law is its own, unless it says otherwise itself."""
    if settings.withdrawals != "by_country":
        return settings.withdrawals == "on"
    law = WITHDRAWAL_IN.get(settings.country)
    return law is not None and law.id == "eu-withdrawal"


def law_for(order: OrderFacts) -> Withdrawal | None:
    """The statute that holds for the order, business or not."""
    law = WITHDRAWAL_IN.get(order.country or "")
    return law if law and (law.since is None or order.placed_at.date() >= law.since) else None


def right_to_withdraw(order: OrderFacts, rules: KnowsGoods, at: datetime) -> Right | None:
    """The right as the order page offers it: for any line that still has it, with units that were not given up yet.

    A delivery that nobody has told of may be later than we reckon, and then the entry stays for as much longer.
    """
    law = law_for(order)
    if law is None or order.is_business:
        return None
    ends: list[datetime | None] = []
    for line in order.lines:
        if not (line.left or line.returnable) or _doubt_of_goods(law, line, rules) is Doubt.EXEMPT:
            continue
        until = _until(law, order, line)
        if until is None or at < until:
            ends.append(until)
    if not ends:
        return None
    known = [end for end in ends if end is not None]
    return Right(law, None if len(known) < len(ends) else max(known))


def doubt_about(
    order: OrderFacts, lines: Iterable[LineFacts], rules: KnowsGoods, declared_at: datetime
) -> Doubt | None:
    """What a person has to look at before these lines are taken as withdrawn from at ``declared_at``; the gravest.

    None is the law's own yes. A delivery that is only reckoned counts for the shopper up to two weeks later.
    """
    law = law_for(order)
    if law is None:
        return Doubt.NO_LAW
    if order.is_business:
        return Doubt.BUSINESS
    found = {_doubt_of(law, order, line, rules, declared_at) for line in lines}
    return next((doubt for doubt in (Doubt.EXEMPT, Doubt.OUT_OF_TIME, Doubt.PERHAPS_BEGUN) if doubt in found), None)


def _doubt_of(
    law: Withdrawal, order: OrderFacts, line: LineFacts, rules: KnowsGoods, declared_at: datetime
) -> Doubt | None:
    doubt = _doubt_of_goods(law, line, rules)
    if doubt is not None:
        return doubt
    until = _until(law, order, line)
    return Doubt.OUT_OF_TIME if until is not None and declared_at >= until else None


def _doubt_of_goods(law: Withdrawal, line: LineFacts, rules: KnowsGoods) -> Doubt | None:
    kinds = law.exempt & rules.goods_of(line)
    if kinds - _BEGUN or line.kind not in {LineKind.PHYSICAL, *law.from_conclusion}:
        return Doubt.EXEMPT
    if (kinds or line.kind is not LineKind.PHYSICAL) and line.fulfilled:
        return Doubt.PERHAPS_BEGUN
    return None


def _until(law: Withdrawal, order: OrderFacts, line: LineFacts) -> datetime | None:
    ends = withdrawal_ends(law, order, line)
    return latest_end(ends) if ends is not None and is_reckoned(law, order, line) else ends
