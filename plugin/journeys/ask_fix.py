"""A correction that nothing stands in the way of any more is asked of the store: agreed on, and paid where it costs
more. ``apply_fix`` does the asking."""

from __future__ import annotations

from datetime import timedelta

from plugin.cases.models import Case
from plugin.cases.service import move
from plugin.cases.states import CaseKind, CaseState
from plugin.db import Transaction
from plugin.exchanges.states import NO_PAGE
from plugin.outbox import service as outbox
from plugin.ports.goods import StoreStatus
from plugin.ports.runtime import Ports

APPLY_FIX = "apply_fix"
STORE_HAS = timedelta(hours=4)  # the order may leave meanwhile: a person looks sooner than at a cancellation

STORE_SAID_NO = {status: f"fix_{status}" for status in StoreStatus}
COSTS_DIFFER, STORE_SILENT, PAID_BACK = "fix_costs_differ", "store_silent", "fix_paid_back"
_ABOUT_FIXES = (*STORE_SAID_NO.values(), COSTS_DIFFER, STORE_SILENT, PAID_BACK, NO_PAGE)


def waits_for_the_store(case: Case) -> bool:
    """Whether a person has it because the store did not put it right: it said no, something else, or nothing, or could
    not be asked as nothing could be paid. No refund that succeeds ends that."""
    return case.kind == CaseKind.FIX and case.store_request is not None and case.person_reason in _ABOUT_FIXES


async def ask_for_fix(
    tx: Transaction, ports: Ports, case: Case, *, actor: str = "comeback", why: str | None = None
) -> None:
    """The case waits for the store, and the work of asking it is written."""
    at = ports.clock.now()
    await move(tx, case, CaseState.AWAITING_STORE, at=at, due_at=at + STORE_HAS, actor=actor, why=why)
    await outbox.add(tx, shop_id=case.shop_id, kind=APPLY_FIX, ref=case.id)
