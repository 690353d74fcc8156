"""What a shopper looks at: the order, what may be done with it now, and where earlier requests stand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from plugin.cases.models import Case
from plugin.cases.states import RECEIVER
from plugin.cases.store import cases_of_order, get_case
from plugin.codes.models import Code
from plugin.codes.store import codes_of_cases, find_code_of_case
from plugin.core.errors import NotFound
from plugin.journeys.cancel import preview_cancellation
from plugin.journeys.judging import Preview
from plugin.journeys.seen_exchange import DearerFix, SeenExchange, see_dearer_fix, see_exchange
from plugin.orders.models import Payment
from plugin.orders.service import payments_of
from plugin.parcels.models import Parcel
from plugin.parcels.store import parcels_of_case, parcels_of_order
from plugin.policies.better import options_better
from plugin.policies.decision import LineOption
from plugin.policies.facts import Ask
from plugin.policies.reasons import Action
from plugin.ports.runtime import Ports
from plugin.refunds.models import RefundLeg
from plugin.refunds.store import legs_of_case, legs_of_cases
from plugin.shops.models import Shop

SHOWN = (Action.CANCEL, Action.RETURN, Action.EXCHANGE)
"""What the order page speaks of for each line, in this order."""


@dataclass(frozen=True)
class SeenCase:
    """A request with the movements of its money, the code that came with it, its ways back, oldest first, what is given
    in exchange, and what a correction costs more."""

    case: Case
    legs: list[RefundLeg]
    payments: dict[str, Payment]
    code: Code | None
    parcels: list[Parcel]
    exchange: SeenExchange | None = None
    dearer: DearerFix | None = None


@dataclass(frozen=True)
class SeenOrder:
    """``whole`` is the preview of cancelling everything that is left; ``options`` say line by line what may be done, a
    tuple for each of ``SHOWN``."""

    whole: Preview
    options: tuple[tuple[LineOption, ...], ...]
    cases: tuple[SeenCase, ...]


async def view_order(ports: Ports, shop: Shop, order_id: str) -> SeenOrder:
    """All that the order page shows."""
    whole = await preview_cancellation(ports, shop, order_id, Ask(action=Action.CANCEL, whole=True))
    cases = [case for case in await cases_of_order(order_id) if case.asked_by != RECEIVER]
    legs: dict[str, list[RefundLeg]] = defaultdict(list)
    parcels: dict[str, list[Parcel]] = defaultdict(list)
    codes: dict[str, Code] = {}
    if cases:
        ids = [case.id for case in cases]
        for parcel in await parcels_of_order(order_id):
            parcels[parcel.case_id].append(parcel)
        for leg in await legs_of_cases(ids):
            legs[leg.case_id].append(leg)
        codes = await codes_of_cases(ids)
    payments = {payment.id: payment for payment in whole.payments}
    if any(leg.payment_id not in payments for of_case in legs.values() for leg in of_case):  # paid on top just now
        payments = {payment.id: payment for payment in await payments_of(order_id)}
    then, now, at = whole.policies.at_purchase.rules, whole.policies.now.rules, ports.clock.now()
    return SeenOrder(
        whole,
        tuple(options_better(whole.facts, then, now, at, action) for action in SHOWN),
        tuple(SeenCase(case, legs[case.id], payments, codes.get(case.id), parcels[case.id]) for case in cases),
    )


async def view_case(shop: Shop, case_id: str, order_id: str) -> SeenCase:
    """One request of this order; raises ``NotFound``."""
    case = await get_case(shop.id, case_id, order_id)
    if case.asked_by == RECEIVER:
        raise NotFound(param="case_id")
    legs = await legs_of_case(case_id)
    payments = {payment.id: payment for payment in await payments_of(order_id)}  # after the legs, which are on them
    code = await find_code_of_case(case_id)
    parcels, exchange = await parcels_of_case(case_id), await see_exchange(case)
    dearer = await see_dearer_fix(case)
    return SeenCase(case, legs, payments, code, parcels, exchange, dearer)


async def newest_case(order_id: str) -> str | None:
    """The id of the last request of this order, if there is any."""
    cases = [case for case in await cases_of_order(order_id) if case.asked_by != RECEIVER]
    return cases[0].id if cases else None
