"""Clothes and shoes: thirty days to try on, sale items a fortnight, credit worth more than money for another month."""

from __future__ import annotations

from plugin.policies.conditions import Since, Span, When
from plugin.policies.document import Policy, Row, Selector, Then
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
from plugin.policies.reasons import Action, FaultKind, GoodsKind, Outcome, Payer, Reason, Resolution, Trigger

FASHION = Policy(
    format=1,
    name="Fashion",
    goods={
        GoodsKind.DIGITAL_BEGUN: BEGUN,
        GoodsKind.PERSONALISED: Selector(tags=("personalised",)),
        GoodsKind.SEALED_HYGIENE: Selector(tags=("sealed-hygiene",)),
    },
    rows=(
        *GIFT_CARDS,
        *IN_NO_PARCEL,
        refuse(
            "cancel-personalised",
            Action.CANCEL,
            When(goods=(GoodsKind.PERSONALISED,), since_placed=Since(at_least=Span(hours=1))),
            Reason.MADE_TO_ORDER,
        ),
        CANCEL_HIGH_VALUE,
        refuse("return-personalised", Action.RETURN, When(goods=(GoodsKind.PERSONALISED,)), Reason.MADE_TO_ORDER),
        refuse("return-unsealed", Action.RETURN, When(goods=(GoodsKind.SEALED_HYGIENE,)), Reason.SEALED_GOODS),
        *DOWNLOADS,
        RETURN_FORTNIGHT,
        refuse("return-final-sale", Action.RETURN, When(final_sale=True), Reason.FINAL_SALE),
        look("return-often", Action.RETURN, When(prior_cases_at_least=10), Reason.REPEATED),
        approve(
            "return-month",
            Action.RETURN,
            When(since_delivered=delivered_within(30)),
            Resolution.REFUND,
            Resolution.EXCHANGE,
            Resolution.STORE_CREDIT,
        ),
        Row(
            id="return-two-months-credit",
            action=Action.RETURN,
            when=When(since_delivered=delivered_within(60)),
            then=Then(
                outcome=Outcome.APPROVE,
                resolutions=(Resolution.STORE_CREDIT, Resolution.EXCHANGE),
                bonus_percent=10,
                label=Payer.SHOPPER,
            ),
        ),
        refuse("exchange-personalised", Action.EXCHANGE, When(goods=(GoodsKind.PERSONALISED,)), Reason.MADE_TO_ORDER),
        approve("exchange-two-months", Action.EXCHANGE, When(since_delivered=delivered_within(60)), label=Payer.SHOP),
        NEVER_CAME,
        KEEP_WHAT_IS_SMALL,
        # A new one leaves with the first scan of the faulty one: who got it broken has waited once already.
        Row(
            id="fault-month",
            action=Action.FAULT,
            when=When(
                faults=(FaultKind.DAMAGED, FaultKind.WRONG_ITEM, FaultKind.MISSING),
                since_delivered=delivered_within(30),
            ),
            then=Then(
                outcome=Outcome.APPROVE,
                resolutions=(Resolution.RESHIPMENT, Resolution.REFUND),
                label=Payer.SHOP,
                pays_on=Trigger.IN_TRANSIT,
            ),
        ),
    ),
    otherwise=OTHERWISE_OVER,
)
