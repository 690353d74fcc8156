"""Made for one person: a day to think again, a person who asks the workshop, and a remake when something is wrong."""

from __future__ import annotations

from plugin.policies.conditions import Since, Span, When
from plugin.policies.document import Policy, Selector
from plugin.policies.ready_made.rows import (
    BEGUN,
    CANCEL_HIGH_VALUE,
    DOWNLOADS,
    GIFT_CARDS,
    IN_NO_PARCEL,
    KEEP_WHAT_IS_SMALL,
    NEVER_CAME,
    OTHERWISE_OVER,
    RETURN_FORTNIGHT,
    approve,
    delivered_within,
    look,
    refuse,
)
from plugin.policies.reasons import Action, FaultKind, GoodsKind, Payer, Reason, Resolution

_MADE = (GoodsKind.PERSONALISED,)

MADE_TO_ORDER = Policy(
    format=1,
    name="Made to order",
    goods={GoodsKind.DIGITAL_BEGUN: BEGUN, GoodsKind.PERSONALISED: Selector(tags=("made-to-order",))},
    rows=(
        *GIFT_CARDS,
        *IN_NO_PARCEL,
        look(
            "cancel-begun",
            Action.CANCEL,
            When(goods=_MADE, since_placed=Since(at_least=Span(hours=24), at_most=Span(hours=72))),
            Reason.MADE_TO_ORDER,
        ),
        refuse(
            "cancel-made",
            Action.CANCEL,
            When(goods=_MADE, since_placed=Since(at_least=Span(hours=72))),
            Reason.MADE_TO_ORDER,
        ),
        CANCEL_HIGH_VALUE,
        refuse("return-made", Action.RETURN, When(goods=_MADE), Reason.MADE_TO_ORDER),
        *DOWNLOADS,
        RETURN_FORTNIGHT,
        look(
            "exchange-made",
            Action.EXCHANGE,
            When(goods=_MADE, since_delivered=delivered_within(14)),
            Reason.MADE_TO_ORDER,
        ),
        approve("exchange-fortnight", Action.EXCHANGE, When(since_delivered=delivered_within(14))),
        NEVER_CAME,
        KEEP_WHAT_IS_SMALL,
        approve(
            "fault-remade",
            Action.FAULT,
            When(
                goods=_MADE,
                faults=(FaultKind.DAMAGED, FaultKind.WRONG_ITEM, FaultKind.NOT_AS_DESCRIBED),
                since_delivered=delivered_within(30),
            ),
            Resolution.RESHIPMENT,
            Resolution.REFUND,
            label=Payer.SHOP,
        ),
    ),
    otherwise=OTHERWISE_OVER,
)
