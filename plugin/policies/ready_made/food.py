"""Food and drink: cancelled until it is packed; nothing perishable comes back; what came spoilt is paid at once."""

from __future__ import annotations

from plugin.policies.conditions import Since, Span, When
from plugin.policies.document import Policy, Row, Selector, Then
from plugin.policies.ready_made.rows import (
    BEGUN,
    CANCEL_HIGH_VALUE,
    DOWNLOADS,
    GIFT_CARDS,
    IN_NO_PARCEL,
    NEVER_CAME,
    OTHERWISE_OVER,
    RETURN_FORTNIGHT,
    delivered_within,
    look,
    refuse,
)
from plugin.policies.reasons import Action, FaultKind, GoodsKind, Outcome, Reason, Resolution

_SPOILT = (FaultKind.DAMAGED, FaultKind.WRONG_ITEM, FaultKind.MISSING, FaultKind.NOT_AS_DESCRIBED)

FOOD = Policy(
    format=1,
    name="Food",
    goods={GoodsKind.DIGITAL_BEGUN: BEGUN, GoodsKind.PERISHABLE: Selector(tags=("perishable",))},
    rows=(
        *GIFT_CARDS,
        *IN_NO_PARCEL,
        refuse(
            "cancel-being-packed",
            Action.CANCEL,
            When(goods=(GoodsKind.PERISHABLE,), since_placed=Since(at_least=Span(business_days=0, by="14:00"))),
            Reason.BEING_PREPARED,
        ),
        CANCEL_HIGH_VALUE,
        refuse("return-perishable", Action.RETURN, When(goods=(GoodsKind.PERISHABLE,)), Reason.PERISHABLE),
        *DOWNLOADS,
        RETURN_FORTNIGHT,
        refuse("exchange-perishable", Action.EXCHANGE, When(goods=(GoodsKind.PERISHABLE,)), Reason.PERISHABLE),
        NEVER_CAME,
        look("fault-often", Action.FAULT, When(prior_cases_at_least=4), Reason.REPEATED),
        Row(
            id="fault-spoilt",
            action=Action.FAULT,
            when=When(goods=(GoodsKind.PERISHABLE,), faults=_SPOILT, since_delivered=delivered_within(3)),
            then=Then(outcome=Outcome.APPROVE, resolutions=(Resolution.REFUND,), keep_item=True),
        ),
        Row(
            id="fault-fortnight",
            action=Action.FAULT,
            when=When(faults=_SPOILT, since_delivered=delivered_within(14)),
            then=Then(outcome=Outcome.APPROVE, resolutions=(Resolution.REFUND, Resolution.RESHIPMENT), keep_item=True),
        ),
    ),
    otherwise=OTHERWISE_OVER,
)
