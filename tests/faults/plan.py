"""What a seed means: who cancels what, and where it strikes. The same seed gives the same plan."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from plugin.storefronts.demo.samples import build_sample
from plugin.storefronts.standard.wire import OrderBody
from tests.faults.stand_ins import GATES
from tests.faults.town import Mode

STEPS = (
    "request_parsed", "commit", "answer_sent", "outbox_claimed", "policy_decided", "refund_submitting_committed",
    "bytes_sent_to_stripe", "stripe_executed", "answer_read", "result_committed", "store_updated",
    "store_result_committed", "mail_claimed", "smtp_accepted", "sent_committed", "webhook_answered",
)  # fmt: skip
"""The sixteen of SECURITY.md, in the order in which a cancellation passes them."""

POINTS = tuple(f"{when} {step}" for step in STEPS for when in ("before", "after"))

SEEN_FROM_OUTSIDE = {"after answer_sent": "confirm", "after webhook_answered": "webhook"}
"""Points that only the client can see: when it has read the answer, it has been sent."""

IN_PROCESS = tuple(point for point in POINTS if point not in SEEN_FROM_OUTSIDE and point not in GATES)

GUEST = ("midway link", "midway session", "midway lookup", "midway opening")
"""The web process dies while a shopper comes in: by a signed link, or as a guest with a mailed code."""

STAFF = ("midway approve", "midway refuse", "midway retry", "midway paid")
"""The command of a person of the shop dies between two of its messages to the database, and is given once more."""

MIDWAY = GUEST + STAFF

SEVERAL, TWO = "several at once", "two at once"

NEVER = datetime(2026, 1, 1, tzinfo=UTC)

_CAPTURED = ("fashion", "spanish", "yen", "dinar", "krona", "russian")
_ANY = (*_CAPTURED, "emoji", "two_payments", "authorised", "cash_on_delivery")


@dataclass(frozen=True)
class Wish:
    """One order and what its shopper asks, one after the other. ``card`` is a payment method of the sandbox.

    ``goes_back``: it has arrived, and the asks are what is sent back of it.
    """

    sample: str
    card: str
    asks: tuple[dict[str, Any], ...]
    goes_back: bool = False


@dataclass(frozen=True)
class Plan:
    """``strike`` is a point of ``POINTS`` or empty; ``nemeses`` are names of ``tests.faults.nemeses``."""

    seed: int
    mode: Mode
    strike: str
    nemeses: tuple[str, ...]
    nth: int
    wishes: tuple[Wish, ...]

    @property
    def name(self) -> str:
        """What strikes, in words."""
        return " + ".join(filter(None, (self.strike, *self.nemeses))) or "nothing"

    @property
    def line(self) -> str:
        """The line of the table that this run is counted in."""
        if len(self.nemeses) > 1:
            return SEVERAL if self.strike else TWO
        return self.name

    def dice(self, who: str) -> random.Random:
        """A nemesis's own source of chance."""
        return random.Random(f"{self.seed}:{self.name}:{who}")


def plan_of(seed: int, mode: Mode, name: str) -> Plan:
    """The plan that ``Plan.name`` names."""
    parts = name.split(" + ")
    strike = parts.pop(0) if parts[0] in (*POINTS, *MIDWAY) else ""
    return make_plan(seed, mode, strike=strike, nemeses=tuple(parts))


def make_plan(seed: int, mode: Mode, *, strike: str = "", nemeses: tuple[str, ...] = ()) -> Plan:
    """Two shoppers whose money is at Stripe, so that every point is passed twice, one of any kind, and one who sends
    back what has arrived."""
    dice = random.Random(f"{seed}:{strike}:{nemeses}")
    samples = [dice.choice(_CAPTURED), dice.choice(_CAPTURED), dice.choice(_ANY)]
    if strike == "midway paid":
        samples[:2] = "two_payments", "two_payments"  # one of the two is for a person to pay
    wishes = [_wish(dice, sample, strike, nemeses) for sample in samples]
    if strike not in STAFF:  # which end cancellations alone
        back = Wish(dice.choice(("fashion", "spanish", "yen", "dinar")), "pm_card_visa", ({"whole": True},), True)
        wishes.append(back)
    return Plan(seed, mode, strike, nemeses, dice.choice((1, 1, 2)), tuple(wishes))


def _wish(dice: random.Random, sample: str, strike: str, nemeses: tuple[str, ...]) -> Wish:
    lost = "webhooks_lost" in nemeses
    card = "pm_card_pendingRefund" if lost or dice.random() < 0.15 else "pm_card_visa"
    if strike == "midway retry":
        card = "pm_card_refundFail"
    order = preview_of(sample)
    if dice.random() < 0.5:
        return Wish(sample, card, ({"whole": True},))
    line = dice.choice([line for line in order.lines if not line.final_sale])
    n = dice.randint(1, line.quantity)
    part: dict[str, Any] = {"lines": [{"line_id": line.id, "quantity": n}]}
    has_rest = sum(each.quantity for each in order.lines) > n and dice.random() < 0.5
    return Wish(sample, card, (part, {"whole": True}) if has_rest else (part,))


def preview_of(sample: str) -> OrderBody:
    return build_sample(sample, id="preview", at=NEVER, payment_intent="pi_preview")
