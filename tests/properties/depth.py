"""How deep the random lives were: what has happened in each, so that nobody takes shallow ones for a proof."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from plugin.db import rows

SENT_AGAIN = "a refund sent again under its key"  # Stripe's memory tells it: in ours both calls are one row
_MARKS = {
    "a settled refund": "SELECT EXISTS (SELECT 1 FROM refund_legs WHERE state = 'succeeded' "
    "AND provider_id IS NOT NULL)",
    "two settled legs": "SELECT count(*) > 1 FROM refund_legs WHERE state = 'succeeded'",
    "two cases": "SELECT count(*) > 1 FROM cases",
    "two cases of one order": "SELECT EXISTS (SELECT 1 FROM cases GROUP BY order_id HAVING count(*) > 1)",
    "two legs of one case": "SELECT EXISTS (SELECT 1 FROM refund_legs WHERE replaces IS NULL "
    "GROUP BY case_id HAVING count(*) > 1)",
    "a fee kept": "SELECT EXISTS (SELECT 1 FROM cases WHERE (decision -> 'amounts' ->> 'fee')::bigint > 0)",
    "a refund elsewhere": "SELECT EXISTS (SELECT 1 FROM payments WHERE external_refunded > 0)",
    "a dispute": "SELECT EXISTS (SELECT 1 FROM payments WHERE disputed > 0)",
    "a partial fulfilment": "SELECT EXISTS (SELECT 1 FROM orders WHERE state = 'open' "
    "AND jsonb_array_length((document -> 'fulfilments')::jsonb) > 0)",
    "an edit": "SELECT EXISTS (SELECT 1 FROM orders WHERE revision > 1)",
    "an edit after a refund": "SELECT EXISTS (SELECT 1 FROM orders o JOIN cases c ON c.order_id = o.id "
    "JOIN refund_legs l ON l.case_id = c.id WHERE l.state = 'succeeded' AND c.revision < o.revision)",
    "a lost or late answer": "SELECT EXISTS (SELECT 1 FROM work WHERE kind = 'settle_leg' AND attempts > 1)",
    "a late reversal": "SELECT EXISTS (SELECT 1 FROM refund_legs WHERE state = 'failed' AND provider_id IS NOT NULL)",
    "a person": "SELECT EXISTS (SELECT 1 FROM cases WHERE waiting_on = 'staff')",
    "a code used": "SELECT EXISTS (SELECT 1 FROM codes WHERE redeemed_order IS NOT NULL)",
    "an inspection": "SELECT EXISTS (SELECT 1 FROM case_units WHERE inspection IS NOT NULL)",
    "a rejected unit": "SELECT EXISTS (SELECT 1 FROM case_units WHERE inspection = 'rejected')",
    "a parcel in two parts": "SELECT EXISTS (SELECT 1 FROM parcels GROUP BY case_id HAVING count(*) > 1)",
    "a lost parcel": "SELECT EXISTS (SELECT 1 FROM parcels WHERE lost_at IS NOT NULL)",
    "an expired return": "SELECT EXISTS (SELECT 1 FROM cases WHERE state = 'expired')",
    "a debit": "SELECT EXISTS (SELECT 1 FROM debits)",
    "store credit": "SELECT EXISTS (SELECT 1 FROM credits)",
    "a fault": "SELECT EXISTS (SELECT 1 FROM cases WHERE kind = 'fault')",
    "an exchange": "SELECT EXISTS (SELECT 1 FROM cases WHERE kind = 'exchange')",
    "a difference paid": "SELECT EXISTS (SELECT 1 FROM differences WHERE paid_at IS NOT NULL)",
    "a difference given back": "SELECT EXISTS (SELECT 1 FROM differences WHERE state = 'given_back')",
    "new goods ordered": "SELECT EXISTS (SELECT 1 FROM outbound_orders WHERE state = 'ordered')",
    "new goods that there are not": "SELECT EXISTS (SELECT 1 FROM outbound_orders "
    "WHERE state IN ('out_of_stock', 'cancelled'))",
    "an exchange of an exchange": "SELECT EXISTS (SELECT 1 FROM cases c JOIN orders o ON o.id = c.order_id "
    "WHERE c.kind = 'exchange' AND o.origin_case IS NOT NULL)",
    "a re-shipment": "SELECT EXISTS (SELECT 1 FROM cases WHERE resolution = 'reshipment' AND resolved_at IS NOT NULL)",
    "a withdrawal in effect": "SELECT EXISTS (SELECT 1 FROM cases WHERE basis = 'statutory')",
    "a withdrawal of both halves": "SELECT EXISTS (SELECT 1 FROM withdrawals WHERE jsonb_array_length(cases) > 1)",
    "credit spent": "SELECT EXISTS (SELECT 1 FROM credit_entries WHERE kind = 'spend')",
    "credit back from an order": "SELECT EXISTS (SELECT 1 FROM credit_entries WHERE kind = 'give_back')",
    "a correction done": "SELECT EXISTS (SELECT 1 FROM cases WHERE kind = 'fix' AND state = 'done')",
    "a forgotten code": "SELECT EXISTS (SELECT 1 FROM cases WHERE kind = 'fix' AND basis = 'goodwill')",
    "a frozen order": "SELECT EXISTS (SELECT 1 FROM orders WHERE frozen_reason IS NOT NULL)",
}


async def marks() -> frozenset[str]:
    """What holds of the life in the database now."""
    sql = ", ".join(f'({question}) AS "{name}"' for name, question in _MARKS.items())
    (found,) = await rows(f"SELECT {sql}")
    return frozenset(name for name, holds in found.items() if holds)


@dataclass
class Tally:
    """The lives of a run: how many, of how many steps, and in how many of them each mark was ever seen."""

    lives: int = 0
    steps: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    def add(self, steps: int, happened: frozenset[str]) -> None:
        self.lives += 1
        self.steps += steps
        self.seen.update(happened)

    def share(self, mark: str) -> float:
        """The share of lives with this mark, from 0 to 1."""
        return self.seen[mark] / self.lives if self.lives else 0.0

    def __str__(self) -> str:
        lines = [f"{self.steps} random steps in {self.lives} lives, of which"]
        return "\n".join([*lines, *(f"  {self.share(name):4.0%} had {name}" for name in (*_MARKS, SENT_AGAIN))])
