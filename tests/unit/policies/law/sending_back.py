"""One delivered order, and what the law makes of an answer to its return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plugin.policies.document import Then
from plugin.policies.facts import Ask, LineFacts, OrderFacts, Progress
from plugin.policies.judge import Judgement
from plugin.policies.law.floor import lift
from plugin.policies.reasons import Action, GoodsKind, Outcome, Reason
from tests.unit.policies.making import a_line, an_order

PLACED = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
RECEIVED = datetime.fromisoformat("2026-03-05T12:00:00+00:00")  # a Thursday
REFUSED = Then(outcome=Outcome.REFUSE, reason=Reason.FINAL_SALE)
APPROVED = Then(outcome=Outcome.APPROVE)


@dataclass(frozen=True)
class Goods:
    """What a compiled policy knows of its goods."""

    kinds: frozenset[GoodsKind] = frozenset()

    def goods_of(self, line: LineFacts) -> frozenset[GoodsKind]:
        return self.kinds


def received(line_id: str = "mug", at: datetime | None = RECEIVED, **changes: Any) -> LineFacts:
    facts: dict[str, Any] = {"fulfilled": 3, "shipped_at": PLACED, "delivered_at": at}
    return a_line(line_id, **(facts | changes))


def delivered(*lines: LineFacts, country: str | None = "DE", **changes: Any) -> OrderFacts:
    facts: dict[str, Any] = {
        "placed_at": PLACED, "state": Progress.FULFILLED, "country": country, "time_zone": "Europe/Berlin",
    }  # fmt: skip
    return an_order(*(lines or (received(),)), **(facts | changes))


def lifted(
    then: Then = REFUSED, order: OrderFacts | None = None, *, after: timedelta = timedelta(days=2),
    action: Action = Action.RETURN, goods: frozenset[GoodsKind] = frozenset(), deadline: datetime | None = None,
    at: datetime | None = None,
) -> Judgement:  # fmt: skip
    """What becomes of ``then`` for the first line of the order, ``after`` its receipt."""
    order = order or delivered()
    judgement = Judgement(then, (), deadline)
    return lift(order, order.lines[0], Ask(action=action), Goods(goods), at or RECEIVED + after, judgement)
