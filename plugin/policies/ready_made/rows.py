"""What the ready-made policies share: short ways to say a row, and the rows that every trade needs."""

from __future__ import annotations

from plugin.policies.conditions import Since, Span, When
from plugin.policies.document import Otherwise, Row, Selector, Then
from plugin.policies.ready import LOOK_ABOVE
from plugin.policies.reasons import Action, FaultKind, GoodsKind, Outcome, Payer, Reason, Resolution
from plugin.ports.orders import LineKind

# About 20 US dollars: below it the way back costs more than the goods are worth.
NOT_WORTH_A_PARCEL = {currency: amount // 25 for currency, amount in LOOK_ABOVE.items()}

APPROVE = Then(outcome=Outcome.APPROVE)
LOOK = Then(outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES)
TOO_LATE = Then(outcome=Outcome.REFUSE, reason=Reason.WINDOW_OVER)


def refuse(row_id: str, action: Action, when: When, reason: Reason) -> Row:
    return Row(id=row_id, action=action, when=when, then=Then(outcome=Outcome.REFUSE, reason=reason))


def approve(row_id: str, action: Action, when: When, *resolutions: Resolution, label: Payer | None = None) -> Row:
    then = Then(outcome=Outcome.APPROVE, resolutions=resolutions or None, label=label)
    return Row(id=row_id, action=action, when=when, then=then)


def look(row_id: str, action: Action, when: When, reason: Reason) -> Row:
    return Row(id=row_id, action=action, when=when, then=Then(outcome=Outcome.REVIEW, reason=reason))


def delivered_within(days: int) -> Since:
    """Up to so many days after delivery, or after shipping where the store tells of no delivery."""
    return Since(at_most=Span(days=days), fallback="shipped")


GIFT_CARDS = tuple(
    refuse(f"{action}-gift-cards", action, When(line_kinds=(LineKind.GIFT_CARD,)), Reason.GIFT_CARD)
    for action in (Action.CANCEL, Action.RETURN, Action.EXCHANGE)
)

# A download that was delivered has begun; a policy that uses this says with ``BEGUN`` which goods these are.
BEGUN = Selector(line_kinds=(LineKind.DIGITAL,))
DOWNLOADS = tuple(
    refuse(f"{action}-downloads", action, When(goods=(GoodsKind.DIGITAL_BEGUN,)), Reason.DIGITAL_GOODS)
    for action in (Action.RETURN, Action.EXCHANGE)
)

# No parcel brings these back, and no camera shows what is wrong with them: a person knows what was used.
IN_NO_PARCEL = (
    *(
        look(f"{action}-services", action, When(line_kinds=(LineKind.SERVICE,)), Reason.PERSON_DECIDES)
        for action in (Action.RETURN, Action.EXCHANGE)
    ),
    look(
        "fault-in-no-parcel",
        Action.FAULT,
        When(line_kinds=(LineKind.GIFT_CARD, LineKind.DIGITAL, LineKind.SERVICE)),
        Reason.PERSON_DECIDES,
    ),
)

CANCEL_HIGH_VALUE = look("cancel-high-value", Action.CANCEL, When(value_at_least=dict(LOOK_ABOVE)), Reason.HIGH_VALUE)

# The law of the countries with the longest right gives a fortnight; a refund comes first, and costs nothing.
RETURN_FORTNIGHT = approve(
    "return-fortnight",
    Action.RETURN,
    When(since_delivered=delivered_within(14)),
    Resolution.REFUND,
    Resolution.EXCHANGE,
)

NEVER_CAME = look("fault-not-arrived", Action.FAULT, When(faults=(FaultKind.NOT_ARRIVED,)), Reason.PERSON_DECIDES)

KEEP_WHAT_IS_SMALL = Row(
    id="fault-keep-small",
    action=Action.FAULT,
    when=When(item_value_at_most=NOT_WORTH_A_PARCEL, since_delivered=delivered_within(30)),
    then=Then(outcome=Outcome.APPROVE, resolutions=(Resolution.REFUND, Resolution.RESHIPMENT), keep_item=True),
)

# What no row answers: a cancellation is free until it ships, a fault is looked at, and the windows above are over.
OTHERWISE_OVER = Otherwise(cancel=APPROVE, returning=TOO_LATE, exchange=TOO_LATE, fault=LOOK)
