"""What a seed means: who cancels what, and where it strikes. The same seed gives the same plan."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from zlib import crc32

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


class Way(StrEnum):
    """What becomes of goods that have arrived."""

    RETURN = "return"  # sent back, and inspected
    EXCHANGE = "exchange"  # for something dearer: the difference is paid
    DAMAGED = "damaged"  # the same is sent again
    WITHDRAW = "withdraw"  # by law, in public


DEARER = {"fashion": ("coat", "cashmere"), "spanish": ("vestido", "bolso")}
"""By sample: the line that is exchanged, and the dearer product that it is exchanged for."""

_SAMPLES = {
    Way.RETURN: ("fashion", "spanish", "yen", "dinar"), Way.EXCHANGE: tuple(DEARER), Way.DAMAGED: ("fashion",),
    Way.WITHDRAW: ("spanish", "russian"),
}  # fmt: skip

_NO_PAGE = ("codes_", "webhooks_lost")
"""Nemeses in which a page would end by Stripe's clock, or be paid and nobody tell of it before its last day."""


@dataclass(frozen=True)
class Wish:
    """One order and what its shopper asks, one after the other. ``card`` is a payment method of the sandbox.

    ``way``: the order has arrived, and this becomes of its goods.
    """

    sample: str
    card: str
    asks: tuple[dict[str, Any], ...] = ()
    way: Way | None = None


@dataclass(frozen=True)
class Plan:
    """``strike`` is a point of ``POINTS`` or empty; ``nemeses`` are names of ``tests.faults.nemeses``.

    ``goods_first``: nobody cancels before the shopper with the goods has asked everything, so that it is them whom the
    strike meets.
    """

    seed: int
    mode: Mode
    strike: str
    nemeses: tuple[str, ...]
    nth: int
    wishes: tuple[Wish, ...]
    goods_first: bool = False

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
    """Two shoppers whose money is at Stripe, so that every point is passed twice, one of any kind, and one whose order
    has arrived: the ways of its goods take turns by the seed."""
    dice = random.Random(f"{seed}:{strike}:{nemeses}")
    samples = [dice.choice(_CAPTURED), dice.choice(_CAPTURED), dice.choice(_ANY)]
    if strike == "midway paid":
        samples[:2] = "two_payments", "two_payments"  # one of the two is for a person to pay
    wishes = [_wish(dice, sample, strike, nemeses) for sample in samples]
    if strike not in STAFF:  # which end cancellations alone
        way = _way(seed, strike, nemeses)
        wishes.append(Wish(dice.choice(_SAMPLES[way]), "pm_card_visa", way=way))
    nth, goods_first = dice.choice((1, 1, 2)), strike in POINTS and not nemeses and dice.random() < 0.5
    return Plan(seed, mode, strike, nemeses, nth, tuple(wishes), goods_first)


def _way(seed: int, strike: str, nemeses: tuple[str, ...]) -> Way:
    """Each in its turn, and another one at the next point."""
    ways = [way for way in Way if way is not Way.EXCHANGE or not any(name.startswith(_NO_PAGE) for name in nemeses)]
    return ways[(seed + crc32(f"{strike}{nemeses}".encode())) % len(ways)]


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
