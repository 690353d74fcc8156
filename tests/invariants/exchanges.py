"""I16: new goods are paid for with what went back, with what was paid on top, and with nothing else. A correction that
costs more is paid for in the same way: of the order as it is now, that much is new."""

from __future__ import annotations

from collections.abc import Iterator

from tests.invariants.books import Books
from tests.invariants.exchange_books import ExchangeBooks
from tests.invariants.goods import stays


def exchanges_balance(books: Books) -> Iterator[str]:
    """Of every exchange that is closed, and every correction that costs more, by what really moved; who closes one by
    hand answers for what it still owes."""
    dearer = {each["case_id"] for each in books.differences}
    for case in books.cases.values():
        is_paid_for = case["kind"] == "exchange" or (case["kind"] == "fix" and case["id"] in dearer)
        if not is_paid_for or case["state"] not in ("done", "expired", "withdrawn", "refused"):
            continue
        found = exchange_books(books, case["id"])
        by_hand = any(event["why"] == "closed_by_person" for event in books.events[case["id"]])
        if found.balance > 0 or (found.balance and not by_hand):
            yield f"I16: {case['number']} is {case['state']}, and its books are off by {found.balance}: {found}."


def exchange_books(books: Books, case_id: str) -> ExchangeBooks:
    """What really moved for a case: the new goods that were ordered, or what an order that was put right costs more;
    what came in and what went out."""
    outbound = [each for each in books.outbound if each["case_id"] == case_id and each["state"] == "ordered"]
    paid = {each["payment_id"] for each in books.differences if each["case_id"] == case_id and each["payment_id"]}
    is_made = any(mail["case_id"] == case_id and mail["template"] == "fix_done" for mail in books.mails)
    owes = ("paid", "ended") if is_made else ("paid",)
    corrected = [
        each["amount"] for each in books.differences
        if each["case_id"] == case_id and books.cases[case_id]["kind"] == "fix" and each["state"] in owes
    ]  # fmt: skip
    units = [unit for unit in books.units if unit["case_id"] == case_id]
    debits = [debit for debit in books.debits if debit["case_id"] == case_id]
    never_came = any(debit["reason"] == "not_sent" for debit in debits)
    case, asked = books.cases[case_id], sum(unit["worth"] for unit in units)
    kept = stays(case)
    given_unseen = [unit for unit in units if not unit["inspection"] and (not never_came or unit["line_id"] in kept)]
    good = [unit for unit in units if unit["inspection"] == "accepted"] + given_unseen
    inbound = sum(unit["worth"] for unit in good if unit["state"] == "settled")
    fee = case["decision"]["amounts"].get("fee", 0) * inbound // asked if outbound and asked else 0
    return ExchangeBooks(
        outbound=sum(line["unit_price"] * line["quantity"] for each in outbound for line in each["request"]["lines"])
        + sum(corrected),
        shipping=sum(each["request"].get("shipping", 0) for each in outbound),
        fees=fee + min(case["withheld"], inbound - fee),
        inbound=inbound,
        collected=sum(books.payments[payment]["captured"] for payment in paid),
        refunded=sum(
            leg["amount"] for leg in books.legs.values() if leg["case_id"] == case_id and leg["state"] == "succeeded"
        )
        + books.credited.get(case_id, 0),
        debit=sum(debit["amount"] for debit in debits),
    )


def given_in_goods(books: Books, case_id: str) -> int:
    """What of a case's worth was given as new goods, less what was paid on top of it, or never was."""
    found = exchange_books(books, case_id)
    unpaid = sum(
        debit["amount"] for debit in books.debits if debit["case_id"] == case_id and debit["reason"] == "not_paid_for"
    )
    given: int = found.outbound + found.shipping - found.collected - unpaid
    return given


def exchange_fell_back(books: Books, case_id: str) -> bool:
    """Whether the new goods of a case were sold out, or given up by a person, so that it was settled in another way."""
    over = ("out_of_stock", "cancelled") if books.cases[case_id]["resolved_at"] else ("out_of_stock",)
    return any(each["case_id"] == case_id and each["state"] in over for each in books.outbound)
