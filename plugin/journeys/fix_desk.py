"""What a person does with an order that the store would not put right: asks once more, or has done it by hand."""

from __future__ import annotations

from msgspec.structs import replace

from plugin.cases.models import Case
from plugin.cases.states import CaseKind
from plugin.cases.store import pin_request
from plugin.db import Transaction
from plugin.exchanges.states import NO_PAGE
from plugin.exchanges.store import given_back_on_top
from plugin.journeys.ask_fix import STORE_SILENT, ask_for_fix, waits_for_the_store
from plugin.journeys.desk_refusals import NotWithAPerson, PaidBack
from plugin.journeys.on_desk import Desk
from plugin.journeys.pinned_fix import pinned
from plugin.ports.runtime import Ports


def costs_more(case: Case) -> bool:
    """Whether it is a correction for which the shopper pays: what it moves back is that payment, and nothing else."""
    return case.kind == CaseKind.FIX and case.store_request is not None and pinned(case).costs > 0


async def ask_for_fix_again(tx: Transaction, ports: Ports, desk: Desk, by: str) -> None:
    """Ask the store once more for the same. One that has answered is asked anew, under another key; one that never did
    may have changed the order, and its ask stays the same one. Raises ``NotWithAPerson``, and ``PaidBack`` where the
    shopper has back what they paid for it."""
    case = desk.case
    if not waits_for_the_store(case) or case.person_reason == NO_PAGE:
        raise NotWithAPerson(detail=f"Case {case.number} waits for nothing of the store's.", state=case.state)
    if await given_back_on_top(case.id):
        raise PaidBack()
    if case.person_reason != STORE_SILENT:
        asked = pinned(case)
        key = f"{case.id}-{case.store_asks + 1}"
        await pin_request(tx, case, replace(asked, fix=replace(asked.fix, key=key)))
    await ask_for_fix(tx, ports, case, actor=by, why="asked_again")
