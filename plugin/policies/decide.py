"""The one place where it is decided what a shopper may do, in plain steps:

1. An ask becomes one quantity per line; duplicates are merged; "everything" is every line with units left.
2. Structure: what cannot be done at all is refused before any rule is read (unknown line, nothing left, too many;
   not arrived, before it should have).
3. Rows: the first row that matches decides the line; every row tried keeps its verdict.
4. Law: where it gives more than the row, it answers instead.
5. What the shopper would rather have is refused where the answer does not offer it.
6. Guards: an approval becomes a review while the order is frozen, disputed, or its money is not fully explained,
   or while the shop is paused. Then a row's mode may leave its answer to a person; ours is kept beside it.
7. One refused line refuses the ask; else one review makes it a review; else it is approved.
8. Money: the worth of the units taken; shipping and extras only if everything is cancelled; then the fees,
   never more than what is owed before them.

Pure: the time is an argument, and the same arguments give the same answer.
"""

from __future__ import annotations

from datetime import datetime

from plugin.core.money import worth_of_units
from plugin.policies.decision import Amounts, Decision, LineDecision, LineOption, Verdict
from plugin.policies.document import Fee, Then
from plugin.policies.facts import Ask, LineFacts, OrderFacts
from plugin.policies.judge import judge, outcome_for
from plugin.policies.law.floor import lift
from plugin.policies.owed import amounts_of, bonus_on, fee_on, fee_that_counts, kept_of
from plugin.policies.reasons import Action, FaultKind, Mode, Outcome, Payer, Reason, Resolution, Trigger
from plugin.policies.rules import Rules, resolutions_of
from plugin.policies.structure import left_for, obstacle, quantities, refused_as_a_whole, refused_line
from plugin.ports.orders import LineKind

GRAVITY = {Outcome.APPROVE: 0, Outcome.REVIEW: 1, Outcome.REFUSE: 2}
_GUARDS = {
    reason: Verdict("guard", matched=True, outcome=Outcome.REVIEW, reason=reason)
    for reason in (
        Reason.ORDER_FROZEN,
        Reason.OPEN_DISPUTE,
        Reason.AMOUNTS_UNEXPLAINED,
        Reason.REFUNDED_ELSEWHERE,
        Reason.PERSON_DECIDES,
    )
}
_LEFT_TO_A_PERSON = Verdict("mode", matched=True, outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES)
USUAL_PAYER = {Action.RETURN: Payer.SHOPPER, Action.EXCHANGE: Payer.SHOPPER, Action.FAULT: Payer.SHOP}
_SENDS_BACK = (Action.RETURN, Action.EXCHANGE)
SEND_WITHIN = 30  # days, where the policy does not say
NOTHING_GOES_BACK = frozenset({FaultKind.MISSING, FaultKind.NOT_ARRIVED})

# A member read off its enumeration costs more than a whole condition (CPython 3.11); these are read for every line.
_APPROVE, _REVIEW, _REFUSE = Outcome.APPROVE, Outcome.REVIEW, Outcome.REFUSE
_AUTOMATIC, _CANCEL, _NOT_ARRIVED = Mode.AUTOMATIC, Action.CANCEL, FaultKind.NOT_ARRIVED

# A line's answer with the fee of its row, which may be a share of what several lines are worth together.
_Answer = tuple[LineDecision, Fee | None]


def decide(order: OrderFacts, ask: Ask, rules: Rules, at: datetime) -> Decision:
    """Answer one ask at one moment. Total: whatever the ask, the answer is a decision and never an error."""
    asked = quantities(order, ask)
    if not asked:
        return refused_as_a_whole(order, ask)
    known = {line.id: line for line in order.lines}
    answers = [
        _answer(order, known[line_id], quantity, ask, rules, at)
        if line_id in known
        else (refused_line(line_id, "", quantity, 0, Reason.UNKNOWN_LINE), None)
        for line_id, quantity in asked.items()
    ]
    lines = tuple([line for line, _ in answers])
    leading = max(lines, key=lambda line: GRAVITY[line.outcome])  # the first of the gravest
    outcome, reason = leading.outcome, leading.reason
    if outcome is _REFUSE:
        everything, amounts, resolution, doubt = False, Amounts(currency=order.currency), None, None
    else:
        everything = _is_everything(order, ask, asked)
        amounts = amounts_of(order, answers, everything)
        resolution = _resolution(ask, lines)
        doubt = Reason.PERSON_DECIDES if resolution is None and outcome is _APPROVE else None
    if amounts.total < 0:  # a negative rounding on an order that cost nothing: never a bill to the shopper
        amounts, doubt = Amounts(currency=order.currency), Reason.AMOUNTS_UNEXPLAINED
    if doubt is not None:
        outcome, reason = _REVIEW, doubt
    deadlines = [line.deadline for line in lines if line.deadline]
    offers = [line.offer for line in lines if line.offer and line.outcome is outcome]
    return Decision(
        action=ask.action,
        outcome=outcome,
        reason=reason,
        lines=lines,
        amounts=amounts,
        everything=everything,
        deadline=min(deadlines) if deadlines else None,
        offer=offers[0] if offers else None,
        verdicts=(_GUARDS[doubt],) if doubt is not None else (),
        resolution=resolution,
        proposed=_proposed(lines, outcome) if doubt is None else None,
        goes_on=order.is_of_subscription and ask.action is not Action.FAULT,
    )


def options(order: OrderFacts, rules: Rules, at: datetime, action: Action = Action.CANCEL) -> tuple[LineOption, ...]:
    """For each line of the order: all that is left of it, judged as if it were asked for now and alone."""
    ask = Ask(action=action)
    return tuple(_option(order, line, ask, rules, at) for line in order.lines)


def _option(order: OrderFacts, line: LineFacts, ask: Ask, rules: Rules, at: datetime) -> LineOption:
    quantity = max(1, left_for(ask.action, line))
    answer, fee = _answer(order, line, quantity, ask, rules, at)
    is_offered = answer.outcome is not _REFUSE
    everything = is_offered and _is_everything(order, ask, {line.id: quantity})
    return LineOption(
        action=ask.action,
        line_id=answer.line_id,
        title=answer.title,
        outcome=answer.outcome,
        reason=answer.reason,
        quantity=len(answer.units),
        goods=answer.goods,
        tax=answer.tax,
        deadline=answer.deadline,
        resolutions=answer.resolutions,
        bonus=answer.bonus,
        fee=amounts_of(order, [(answer, fee)], everything).fee,
        label=answer.label,
        keep_item=answer.keep_item,
        pays_on=answer.pays_on,
        send_within=answer.send_within,
        photos=answer.photos,
        kept=answer.kept,
        ask_from=answer.ask_from,
        law=answer.law,
        is_on_trial=answer.proposed is not None,
    )


def _answer(order: OrderFacts, line: LineFacts, quantity: int, ask: Ask, rules: Rules, at: datetime) -> _Answer:
    left = left_for(ask.action, line)
    hindrance = obstacle(order, line, ask.action, left, quantity)
    if hindrance is not None:
        return refused_line(line.id, line.title, quantity, left, hindrance), None
    if ask.fault is _NOT_ARRIVED and line.expected_at is not None and at < line.expected_at:
        return refused_line(line.id, line.title, quantity, left, Reason.NOT_DUE_YET, ask_from=line.expected_at), None
    by_policy = judge(order, line, ask, rules, at)
    answer = lift(order, line, ask, rules, at, by_policy)
    then, verdicts = answer.then, answer.verdicts
    outcome, reason = then.outcome, answer.reason or then.reason
    mode = by_policy.then.mode  # the law raises what a row gives, and not how far the row is trusted
    resolutions = resolutions_of(ask.action, then)
    if outcome is not _REFUSE:
        if ask.resolution is not None and ask.resolution not in resolutions:
            return refused_line(
                line.id, line.title, quantity, left, Reason.RESOLUTION_NOT_OFFERED,
                before=verdicts, resolutions=resolutions,
            ), None  # fmt: skip
        guard = _guard(order, line, ask, then)
        if guard is not None:
            verdicts = (*verdicts, guard)
            if outcome is _APPROVE:
                outcome, reason = _REVIEW, guard.reason or reason
    proposed, proposed_reason = None, None
    if mode is not _AUTOMATIC and outcome is not _REVIEW:
        proposed, proposed_reason = outcome, reason
        outcome, reason, verdicts = _REVIEW, Reason.PERSON_DECIDES, (*verdicts, _LEFT_TO_A_PERSON)
    if outcome is _REFUSE:
        return LineDecision(
            line_id=line.id, title=line.title, asked=quantity, left=left,
            outcome=outcome, reason=reason, verdicts=verdicts, offer=then.offer,
        ), None  # fmt: skip
    units, fee = line.free[:quantity], fee_that_counts(ask, then)
    goods = worth_of_units(line.total, line.quantity, units)
    kept, stays = fee_on(goods, order.currency, fee), kept_of(goods, then)
    label = _way_back(line, ask, then)
    return LineDecision(
        line_id=line.id,
        title=line.title,
        asked=quantity,
        left=left,
        outcome=outcome,
        reason=reason,
        verdicts=verdicts,
        units=units,
        goods=goods,
        tax=worth_of_units(line.tax, line.quantity, units),
        fee=kept,
        deadline=answer.deadline if answer is by_policy else _lifted_until(order, line, ask, rules, answer.deadline),
        offer=then.offer,
        resolutions=resolutions,
        bonus=bonus_on(order, goods, kept + stays, then, resolutions),
        label=label,
        keep_item=then.keep_item,
        kept=stays,
        pays_on=(then.pays_on or Trigger.INSPECTED) if label else None,
        send_within=(then.send_within or SEND_WITHIN) if label else None,
        photos=then.photos and ask.fault is not _NOT_ARRIVED,
        mode=mode,
        proposed=proposed,
        proposed_reason=proposed_reason,
    ), fee


def _lifted_until(order: OrderFacts, line: LineFacts, ask: Ask, rules: Rules, ends: datetime | None) -> datetime | None:
    """The end of what the law gives, or later where the rows do not refuse then."""
    if ends is None:
        return None
    by_policy = judge(order, line, ask, rules, ends)
    return ends if outcome_for(ask, by_policy.then) is _REFUSE else by_policy.deadline


def _guard(order: OrderFacts, line: LineFacts, ask: Ask, then: Then) -> Verdict | None:
    """What a person must see before money moves, the gravest first."""
    if order.frozen:
        return _GUARDS[Reason.ORDER_FROZEN]
    if order.has_open_dispute:
        return _GUARDS[Reason.OPEN_DISPUTE]
    if order.unexplained:
        return _GUARDS[Reason.AMOUNTS_UNEXPLAINED]
    if order.unattributed or order.forgotten_code or (line.refunded_by_hand and ask.action is not _CANCEL):
        return _GUARDS[Reason.REFUNDED_ELSEWHERE]  # nobody says which of the units that left were paid back
    has_no_way_back = line.kind is not LineKind.PHYSICAL and ask.action in _SENDS_BACK and not then.keep_item
    return _GUARDS[Reason.PERSON_DECIDES] if order.paused or has_no_way_back else None


def _way_back(line: LineFacts, ask: Ask, then: Then) -> Payer | None:
    """Who pays it; None where nothing is sent back. Where the row does not say, the shopper does, but for a fault."""
    stays = then.keep_item or line.kind is not LineKind.PHYSICAL
    if ask.action is _CANCEL or stays or ask.fault in NOTHING_GOES_BACK:
        return None
    return then.label or USUAL_PAYER[ask.action]


def _resolution(ask: Ask, lines: tuple[LineDecision, ...]) -> Resolution | None:
    """What the whole ask is answered with; None where nothing may be chosen for all of its lines."""
    shared = lines[0].resolutions
    for line in lines[1:]:
        shared = tuple(each for each in shared if each in line.resolutions)
    if ask.resolution in shared:
        return ask.resolution
    return shared[0] if shared else None


def _proposed(lines: tuple[LineDecision, ...], outcome: Outcome) -> Outcome | None:
    """What we would have answered, where only a row's mode made this a review."""
    if outcome is not _REVIEW:
        return None
    ours = max((line.proposed or line.outcome for line in lines), key=GRAVITY.__getitem__)
    return ours if ours is not outcome else None


def _is_everything(order: OrderFacts, ask: Ask, asked: dict[str, int]) -> bool:
    """Nothing has shipped, and after this cancellation no unit remains that is not cancelled or being cancelled."""
    if ask.action is not _CANCEL:
        return False
    for line in order.lines:
        if line.fulfilled or line.quantity > line.cancelled + line.in_open_cases + asked.get(line.id, 0):
            return False
    return True
