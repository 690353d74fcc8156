"""The cases of an order in a document about a person: the ask, what went back, the new goods, the money."""

from __future__ import annotations

import msgspec

from plugin.cases.notes import notes_of_case
from plugin.cases.states import RECEIVER
from plugin.cases.store import cases_of_order, units_of_case
from plugin.exchanges.store import differences_of_case, outbounds_of_case
from plugin.insights.effort import question_of_case
from plugin.journeys.kept import (
    KeptCase,
    KeptDifference,
    KeptEffort,
    KeptMessage,
    KeptNewGoods,
    KeptParcel,
    KeptRefund,
    KeptUnit,
)
from plugin.parcels.store import findings_of_case, parcels_of_case
from plugin.ports import goods
from plugin.refunds.store import legs_of_case


async def kept_cases(order_id: str) -> tuple[KeptCase, ...]:
    """The cases of an order, the newest first; what the receiver of a gift has asked is theirs."""
    kept = []
    for case in await cases_of_order(order_id):
        if case.asked_by == RECEIVER:
            continue
        refunds = tuple(
            KeptRefund(
                kind=leg.kind, amount=leg.amount, currency=leg.currency, state=leg.state, created_at=leg.created_at,
                settled_at=leg.settled_at, bank_reference=leg.bank_reference,
            )
            for leg in await legs_of_case(case.id)
        )  # fmt: skip
        kept.append(
            KeptCase(
                number=case.number, kind=case.kind, state=case.state, locale=case.locale, asked_at=case.asked_at,
                closed_at=case.closed_at, reason=case.reason, store_reason=case.store_reason,
                withheld_reason=case.withheld_reason, owed=case.owed,
                currency=case.currency, facts=case.facts, decision=case.decision, refunds=refunds,
                notes=tuple(KeptMessage(each.created_at, each.text) for each in await notes_of_case(case.id)),
                contact=case.contact, resolution=case.resolution, fault=case.fault, units=await _units(case.id),
                parcels=await _parcels(case.id), findings=await _findings(case.id),
                new_goods=await _new_goods(case.id), paid_on_top=await _paid_on_top(case.id),
                effort=await _effort(case.id),
            )
        )  # fmt: skip
    return tuple(kept)


async def _units(case_id: str) -> tuple[KeptUnit, ...]:
    return tuple(
        KeptUnit(
            line_id=each.line_id, ordinal=each.ordinal, worth=each.worth, state=each.state,
            received_at=each.received_at, inspection=each.inspection, grade=each.grade, finding=each.finding,
        )
        for each in await units_of_case(case_id)
    )  # fmt: skip


async def _parcels(case_id: str) -> tuple[KeptParcel, ...]:
    return tuple(
        KeptParcel(
            state=each.state, payer=each.payer, carrier=each.carrier, tracking_number=each.tracking_number,
            send_by=each.send_by, sent_at=each.sent_at, received_at=each.received_at,
        )
        for each in await parcels_of_case(case_id)
    )  # fmt: skip


async def _findings(case_id: str) -> tuple[KeptMessage, ...]:
    return tuple(
        KeptMessage(each.found_at, f"{each.kind}: {each.quantity} {each.note or ''}".strip())
        for each in await findings_of_case(case_id)
    )


async def _new_goods(case_id: str) -> tuple[KeptNewGoods, ...]:
    kept = []
    for each in await outbounds_of_case(case_id):
        asked = msgspec.convert(each.request, goods.OutboundOrder)
        titles = tuple(f"{line.quantity} × {line.title}" for line in asked.lines)
        kept.append(KeptNewGoods(number=each.number, state=each.state, goods=titles, created_at=each.created_at))
    return tuple(kept)


async def _paid_on_top(case_id: str) -> tuple[KeptDifference, ...]:
    return tuple(
        KeptDifference(
            amount=each.amount, currency=each.currency, state=each.state, created_at=each.created_at,
            paid_at=each.paid_at,
        )
        for each in await differences_of_case(case_id)
    )  # fmt: skip


async def _effort(case_id: str) -> tuple[KeptEffort, ...]:
    asked = await question_of_case(case_id)
    return (KeptEffort(asked_at=asked.asked_at, score=asked.score, words=asked.words),) if asked else ()
