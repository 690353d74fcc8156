"""Declarations of withdrawal: acknowledged, carried out, and refused by nobody (DESIGN §4; SECURITY.md, Law)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from plugin.db import rows
from tests.invariants.books import Books

_ENDED = ("done", "lapsed", "ineffective")
_STANDS = ("confirmed", "with_person", "in_effect", "done", "ineffective")


def declarations_stand(books: Books) -> Iterator[str]:
    """What was confirmed was acknowledged in the same transaction; only a person says that it has no effect; and no
    case of one is refused."""
    written = {mail["purpose"] for mail in books.mails}
    for each in books.withdrawals:
        number = each["number"]
        if (each["state"] in _STANDS) != (each["confirmed_at"] is not None):
            yield f"Withdrawal: {number} is {each['state']}, confirmed {each['confirmed_at']}."
        is_forgotten = not each["contact"]  # its person was erased, and what was written to them with it
        if each["confirmed_at"] and not is_forgotten and f"{each['id']}:acknowledged" not in written:
            yield f"Withdrawal: {number} was confirmed, and nobody acknowledged it."
        if each["state"] == "ineffective" and not (each["ineffective_by"] and each["ineffective_reason"]):
            yield f"Withdrawal: {number} has no effect, and nobody has said so."
        if each["cases"] and each["verified_at"] is None:
            yield f"Withdrawal: {number} has cases, and we do not know who declared it."
        for case_id in each["cases"]:
            case = books.cases.get(case_id)
            if case is None or case["order_id"] != each["order_id"]:
                yield f"Withdrawal: {number} became {case_id}, which is none of its order."
    for case in books.cases.values():
        if case["basis"] == "statutory" and case["state"] == "refused":
            yield f"Withdrawal: {case['number']} is by the law, and was refused."


async def no_declaration_is_forgotten(books: Books) -> list[str]:
    """I9: an open declaration says who is next and until when, has its timer, and is past it only with a person."""
    timers = {
        row["ref"]
        for row in await rows(
            "SELECT ref FROM work WHERE kind = 'withdrawal_due' AND state <> 'done' AND shop_id = $1", books.shop["id"]
        )
    }
    broken = []
    for each in books.withdrawals:
        if each["state"] in _ENDED:
            continue
        if not each["waiting_on"] or each["due_at"] is None:
            broken.append(f"I9: {each['number']} is {each['state']} and waits for nobody.")
        elif each["due_at"] < books.at - timedelta(minutes=1) and each["waiting_on"] != "staff":
            broken.append(f"I9: {each['number']} is past its date and waits on {each['waiting_on']}.")
        if each["id"] not in timers:
            broken.append(f"I9: nothing will look at {each['number']} ({each['state']}) at its date.")
    return broken
