"""Devices: a fortnight for a full refund, a month for one less a restocking fee, downloads final once begun."""

from __future__ import annotations

from plugin.policies.conditions import When
from plugin.policies.document import Fee, Policy, Row, Selector, Then
from plugin.policies.ready import LOOK_ABOVE
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
from plugin.policies.reasons import Action, FaultKind, GoodsKind, Outcome, Payer, Reason, Resolution
from plugin.ports.orders import LineKind

ELECTRONICS = Policy(
    format=1,
    name="Electronics",
    goods={
        GoodsKind.DIGITAL_BEGUN: BEGUN,
        GoodsKind.SEALED_HYGIENE: Selector(tags=("in-ear",)),
    },
    rows=(
        *GIFT_CARDS,
        *IN_NO_PARCEL,
        refuse("cancel-downloads", Action.CANCEL, When(line_kinds=(LineKind.DIGITAL,)), Reason.DIGITAL_GOODS),
        CANCEL_HIGH_VALUE,
        *DOWNLOADS,
        refuse("return-unsealed", Action.RETURN, When(goods=(GoodsKind.SEALED_HYGIENE,)), Reason.SEALED_GOODS),
        look("return-dear", Action.RETURN, When(item_value_at_least=dict(LOOK_ABOVE)), Reason.HIGH_VALUE),
        RETURN_FORTNIGHT,
        Row(
            id="return-month-restocked",
            action=Action.RETURN,
            when=When(since_delivered=delivered_within(30)),
            then=Then(
                outcome=Outcome.APPROVE,
                resolutions=(Resolution.REFUND, Resolution.STORE_CREDIT),
                fee=Fee(percent=15),
                label=Payer.SHOPPER,
            ),
        ),
        approve("exchange-month", Action.EXCHANGE, When(since_delivered=delivered_within(30))),
        NEVER_CAME,
        KEEP_WHAT_IS_SMALL,
        look("fault-dear", Action.FAULT, When(item_value_at_least=dict(LOOK_ABOVE)), Reason.HIGH_VALUE),
        approve(
            "fault-month",
            Action.FAULT,
            When(
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
