"""What ``decide()`` and ``options()`` answer: frozen, JSON-serialisable, kept whole on the case."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec
from msgspec import Struct

from plugin.policies.facts import Component
from plugin.policies.reasons import Action, Mode, Outcome, Payer, Reason, Resolution, Trigger

LAW = "law:"  # how the rule of a verdict begins that a statute has given


class Verdict(Struct, frozen=True, omit_defaults=True):
    """One rule that was tried: a row's id, ``otherwise``, ``structure`` (what cannot be done at all), ``guard`` (what a
    person must see, whatever the policy says), ``law:…`` (what the policy cannot go below) or ``mode`` (a row that a
    person still answers for) or ``limit:…`` (what may be approved without a person is used up).

    ``failed`` names the first condition that did not hold; a matching rule has ``outcome`` and ``reason``.
    """

    rule: str
    matched: bool
    failed: str | None = None
    outcome: Outcome | None = None
    reason: Reason | None = None


class LineDecision(Struct, frozen=True, kw_only=True):
    """The answer for one line. ``left`` is what could be asked for; ``units`` are the ordinals that the answer takes.

    ``goods`` is what those units cost, with ``tax`` in it; a refused line takes no units and is worth nothing.
    ``deadline`` is the moment from which this line will be refused, if nothing but time changes. ``resolutions`` are
    what may be chosen, ``bonus`` what store credit would be worth more, in minor units. ``proposed`` is our own answer
    where ``mode`` has left it to a person, and ``proposed_reason`` its reason.
    """

    line_id: str
    title: str
    asked: int
    left: int
    outcome: Outcome
    reason: Reason
    verdicts: tuple[Verdict, ...]
    units: tuple[int, ...] = ()
    goods: int = 0
    tax: int = 0
    fee: int = 0  # what its row keeps back of this line alone; ``Amounts.fee`` is what is kept of the ask
    deadline: datetime | None = None
    offer: str | None = None
    resolutions: tuple[Resolution, ...] = ()
    bonus: int = 0
    label: Payer | None = None
    keep_item: bool = False
    kept: int = 0  # of ``goods``, what is not paid for a faulty item that stays with the shopper
    ask_from: datetime | None = None  # when it is not too early any more to say that it has not arrived
    pays_on: Trigger | None = None  # None where nothing is sent back
    send_within: int | None = None  # days
    photos: bool = False
    mode: Mode = Mode.AUTOMATIC
    proposed: Outcome | None = None
    proposed_reason: Reason | None = None

    @property
    def row(self) -> str | None:
        """The id of the row that matched (``otherwise`` when none did); None where no row was read."""
        return next((tried.rule for tried in self.verdicts if tried.matched and tried.rule != "structure"), None)

    @property
    def law(self) -> str | None:
        """The id of the law that gives this answer, where it is no row's."""
        if Reason.STATUTORY not in (self.reason, self.proposed_reason):
            return None
        return next((tried.rule[len(LAW) :] for tried in self.verdicts if tried.rule.startswith(LAW)), None)


class Amounts(Struct, frozen=True, kw_only=True):
    """What is owed to the shopper, by component, in minor units of ``currency``; ``fee`` is kept back from it, and
    ``kept`` is not paid for faulty goods that stay with the shopper, who is compensated for a part of their price."""

    currency: str
    goods: Component = Component(0)
    shipping: Component = Component(0)
    extras: Component = Component(0)
    fee: int = 0
    kept: int = 0

    @property
    def before_fee(self) -> int:
        return self.goods.amount + self.shipping.amount + self.extras.amount - self.kept

    @property
    def total(self) -> int:
        return self.before_fee - self.fee


class Decision(Struct, frozen=True, kw_only=True):
    """The answer to one ask. Refused when a line is refused, else reviewed when a line or a guard wants it.

    ``everything`` says that nothing of the order remains and nothing of it has shipped: shipping and extras are paid
    back, and an authorised payment may be voided. A refused decision owes nothing; its lines still say which of them
    could be cancelled alone. ``reason`` is that of the first line with this outcome, or of the ask as a whole.
    """

    action: Action
    outcome: Outcome
    reason: Reason
    lines: tuple[LineDecision, ...]
    amounts: Amounts
    everything: bool = False
    deadline: datetime | None = None
    offer: str | None = None
    verdicts: tuple[Verdict, ...] = ()  # on the ask as a whole
    resolution: Resolution | None = None  # what is owed in: that of the ask where it may be chosen, else the first
    proposed: Outcome | None = None  # what we would have answered, where a row's mode left it to a person
    goes_on: bool = False  # the order is of a subscription, which this does not end

    @property
    def stays(self) -> tuple[LineDecision, ...]:
        """Lines that are given for although nothing of them is sent back; of a cancellation, all."""
        return tuple(line for line in self.lines if line.label is None)


class LineOption(Struct, frozen=True, kw_only=True):
    """For the order page: what may be done with a line now, how much of it, until when, worth what, or why not.

    ``law`` is the id of the law that gives it, where the policy alone would have given less.
    """

    action: Action
    line_id: str
    title: str
    outcome: Outcome
    reason: Reason
    quantity: int
    goods: int
    tax: int
    deadline: datetime | None
    resolutions: tuple[Resolution, ...] = ()
    bonus: int = 0
    fee: int = 0
    label: Payer | None = None
    keep_item: bool = False
    pays_on: Trigger | None = None
    send_within: int | None = None
    photos: bool = False
    kept: int = 0
    ask_from: datetime | None = None
    law: str | None = None
    is_on_trial: bool = False  # a person answers in the place of its row


def digest(decision: Decision) -> str:
    """SHA-256 of what the shopper agrees to: the outcome, the units, the money and its form; hexadecimal.

    Deadlines, reasons, offers and verdicts stay out, so that time passing or a reworded row changes nothing. A
    cancellation has one form, and nothing of it is sent back.
    """
    amounts = msgspec.to_builtins(decision.amounts)
    if not decision.amounts.kept:  # a preview from before there were compensations can still be confirmed
        del amounts["kept"]
    agreed: tuple[object, ...] = (
        decision.action,
        decision.outcome,
        decision.everything,
        [(line.line_id, line.outcome, line.asked, line.units, line.goods, line.tax) for line in decision.lines],
        amounts,
    )
    if decision.action is not Action.CANCEL:
        agreed += (
            decision.resolution,
            [(line.bonus, line.label, line.keep_item, line.pays_on) for line in decision.lines],
        )
    return hashlib.sha256(msgspec.json.encode(agreed, order="sorted")).hexdigest()
