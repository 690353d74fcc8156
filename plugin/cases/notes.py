"""What people of the shop write down about a case: read by their colleagues, exported and erased with the shopper.

The audit says that somebody wrote a note and never what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from plugin.audit import service as audit
from plugin.cases.models import Case, CaseNote
from plugin.core.ids import new_id
from plugin.db import Transaction, read

LONGEST = 4000  # characters


async def write_note(tx: Transaction, case: Case, text: str, *, by: str, at: datetime) -> CaseNote:
    """Keep a note on a case whose order is locked."""
    note = CaseNote(
        id=new_id("note"), shop_id=case.shop_id, order_id=case.order_id, case_id=case.id, written_by=by, text=text,
        created_at=at,
    )  # fmt: skip
    await note.save(using_db=tx.connection)
    await audit.record(
        tx, shop_id=case.shop_id, order_id=case.order_id, kind="case_noted", actor=by, at=at,
        data={"case": case.id, "note": note.id},
    )  # fmt: skip
    return note


async def notes_of_case(case_id: str) -> Sequence[CaseNote]:
    """The notes on a case, oldest first."""
    return await read(CaseNote, "WHERE case_id = $1 ORDER BY id", case_id)


async def forget_notes(tx: Transaction, order_id: str) -> None:
    """Delete the notes on all cases of an order."""
    await tx.execute("DELETE FROM case_notes WHERE order_id = $1", order_id)
