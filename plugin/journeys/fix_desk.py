"""What a person does with an order that the store would not put right: asks once more, or has done it by hand."""

from __future__ import annotations

from msgspec.structs import replace

from plugin.cases.models import Case
from plugin.cases.service import move
from plugin.cases.states import CaseKind, CaseState
from plugin.cases.store import pin_request
from plugin.db import Transaction
from plugin.journeys.apply_fix import pinned
from plugin.journeys.desk_refusals import NotWithAPerson
from plugin.journeys.fix_order import APPLY_FIX, STORE_HAS
from plugin.journeys.on_desk import Desk
from plugin.outbox import service as outbox
from plugin.ports.runtime import Ports

_SILENT = "store_silent"


def waits_for_the_store(case: Case) -> bool:
    """Whether a person has it because the store did not put it right: it said no, something else, or nothing."""
    why = case.person_reason or ""
    return case.kind == CaseKind.FIX and case.store_request is not None and why.startswith(("fix_", _SILENT))


async def ask_for_fix_again(tx: Transaction, ports: Ports, desk: Desk, by: str) -> None:
    """Ask the store once more for the same. One that has answered is asked anew, under another key; one that never did
    may have changed the order, and its ask stays the same one. Raises ``NotWithAPerson``."""
    case = desk.case
    if not waits_for_the_store(case):
        raise NotWithAPerson(detail=f"Case {case.number} waits for nothing of the store's.", state=case.state)
    if case.person_reason != _SILENT:
        asked = pinned(case)
        key = f"{case.id}-{case.store_asks + 1}"
        await pin_request(tx, case, replace(asked, fix=replace(asked.fix, key=key)))
    at = ports.clock.now()
    await move(tx, case, CaseState.AWAITING_STORE, at=at, due_at=at + STORE_HAS, actor=by, why="asked_again")
    await outbox.add(tx, shop_id=case.shop_id, kind=APPLY_FIX, ref=case.id)
