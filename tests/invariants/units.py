"""Units and what they are worth: I1, I2, I5, I6, and that a case which is done has moved what it owed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.invariants.books import Books, Row
from tests.invariants.exchanges import exchange_fell_back, given_in_goods

GIVES_UNITS_BACK = ("refused", "withdrawn", "expired", "converted_to_return")


def units_fit(books: Books) -> Iterator[str]:
    """I1, and I2: no unit is owned twice, none that the line does not have, none by a case that was refused."""
    live = [unit for unit in books.units if unit["state"] in ("open", "settled")]
    for key, n in Counter((u["order_id"], u["line_id"], u["ordinal"]) for u in live).items():
        if n > 1:
            yield f"I2: unit {key} is owned by {n} cases."
    for unit in live:
        if books.cases[unit["case_id"]]["state"] in GIVES_UNITS_BACK:
            yield f"I2: {books.cases[unit['case_id']]['state']} case {unit['case_id']} still owns units."
    yield from _lines_hold_their_units(books, live)
    owners: dict[tuple[str, str], list[Row]] = defaultdict(list)
    back = Counter[tuple[str, str]]()
    for unit in live:
        if unit["kind"] == "cancel":
            owners[unit["order_id"], unit["line_id"]].append(unit)
        else:
            back[unit["order_id"], unit["line_id"]] += 1
    # By the law they are sent back at once where the store says that it is too late: its parcel may be told of later.
    said_gone = Counter(
        (unit["order_id"], unit["line_id"])
        for unit in books.units
        if books.cases[unit["case_id"]]["basis"] == "statutory"
        and books.cases[unit["case_id"]]["state"] == "converted_to_return"
    )
    for order in books.orders.values():
        cancelled, shipped = Counter[str](), Counter[str]()
        for count in order["document"]["cancelled"]:
            cancelled[_line(count)] += _quantity(count)
        for parcel in order["document"]["fulfilments"]:
            for count in parcel["lines"]:
                shipped[_line(count)] += _quantity(count)
        for line in order["placement"]["lines"]:
            ours = owners[order["id"], line["id"]]
            if back[order["id"], line["id"]] > shipped[line["id"]] + said_gone[order["id"], line["id"]]:
                yield f"I2: more units of {line['id']} come back than were shipped."
            gone = max(len(ours), cancelled[line["id"]]) + shipped[line["id"]]
            # What the store cancelled and shipped all the same without any case of ours is its own affair.
            if ours and gone > line["quantity"] and not any(_is_known(books, unit) for unit in ours):
                yield f"I1: {gone} of {line['quantity']} units of {line['id']} are gone, and nobody was told."


def _lines_hold_their_units(books: Books, live: list[Row]) -> Iterator[str]:
    """I2: no more units of a line are owned than it had in the revision to which they are pinned, and none beyond."""
    quantities: dict[tuple[str, str, int], int] = {}
    for case in books.cases.values():
        for line in case["facts"]["lines"]:
            quantities[case["order_id"], line["id"], case["revision"]] = line["quantity"]
    for order in books.orders.values():
        for line in order["placement"]["lines"]:
            quantities[order["id"], line["id"], order["revision"]] = line["quantity"]
    for key, n in Counter((u["order_id"], u["line_id"], u["revision"]) for u in live).items():
        if n > quantities.get(key, 0):
            yield f"I2: {n} units of {key} are owned, of {quantities.get(key, 0)}."
    for unit in live:
        if unit["ordinal"] >= quantities.get((unit["order_id"], unit["line_id"], unit["revision"]), 0):
            yield f"I2: unit {unit['ordinal']} of {unit['line_id']} is owned, and there is none."


def _is_known(books: Books, unit: Row) -> bool:
    """Whether a person was called because this unit's line has left, or has yet to say what becomes of the unit."""
    case = books.cases[unit["case_id"]]
    why = {case["person_reason"], *(event["why"] for event in books.events[case["id"]])}
    undecided = unit["state"] == "open" and case["waiting_on"] == "staff"
    return undecided or not why.isdisjoint(("shipped_after_cancel", "store_too_late"))


def _line(count: Any) -> str:
    return str(count["line_id"])


def _quantity(count: Any) -> int:
    return int(count["quantity"])


def lines_pay_what_they_cost(books: Books) -> Iterator[str]:
    """I5: a line's units are worth at most the line, and exactly it when all are settled."""
    for order in books.orders.values():
        for line in order["placement"]["lines"]:
            ours = [
                unit
                for unit in books.units
                if unit["order_id"] == order["id"]
                and unit["line_id"] == line["id"]
                and unit["state"] != "released"
                and unit["revision"] == order["revision"]
            ]
            worth = sum(unit["worth"] for unit in ours)
            if worth > line["total"]:
                yield f"I5: units of {line['id']} are worth {worth}, the line {line['total']}."
            if len(ours) == line["quantity"] and worth != line["total"]:
                yield f"I5: all units of {line['id']} are worth {worth}, the line {line['total']}."


def _is_exchanged_by_inspection(case: Row) -> bool:
    waits = any(line.get("pays_on") == "inspected" for line in case["decision"]["lines"])
    return case["kind"] == "exchange" and case["resolved_at"] is not None and waits


def cases_owe_what_they_decided(books: Books) -> Iterator[str]:
    """I6, and that a case's money is its units', shipping once; a done case has moved what it owed."""
    shipping: Counter[str] = Counter()
    for case in books.cases.values():
        amounts = case["decision"]["amounts"]
        goods = amounts.get("goods", {}).get("amount", 0)
        # Who pays shipping back is known when the store has answered all asks; what it is, was known at the ask.
        asked = amounts if case["takes_shipping"] == case["decision"]["everything"] else case["facts"]
        sent, extras = (asked.get(part, {}).get("amount", 0) for part in ("shipping", "extras"))
        if not case["takes_shipping"]:
            sent = extras = 0
        before = goods + sent + extras - amounts.get("kept", 0)  # what faulty goods that stay are not paid for
        decided = amounts.get("fee", 0)
        fee = decided if asked is amounts else min(decided, before)
        if not 0 <= fee <= max(before, 0):
            yield f"I6: the fee of {case['number']} is {fee}, of {before} owed."
        if exchange_fell_back(books, case["id"]):
            fee = 0  # the shop could not deliver, and keeps nothing for it
        if _is_exchanged_by_inspection(case):  # what is accepted is what is owed, and the fee shrinks with the goods
            mine = [unit for unit in books.units if unit["case_id"] == case["id"]]
            accepted = sum(unit["worth"] for unit in mine if unit["inspection"] == "accepted" or _is_forgiven(unit))
            before, fee = before - goods + accepted, fee * accepted // goods if goods else 0
        # What a return or a fault came to in the end is ``goods.what_is_accepted_is_owed``'s to judge.
        is_of_goods = case["kind"] in ("return", "fault") and case["resolved_at"] is not None
        if not is_of_goods and case["owed"] + case["withheld"] != before - fee:
            yield f"I6: {case['number']} owes {case['owed']} and decided {before - fee}."
        if case["withheld"] < 0:
            yield f"I6: {case['number']} pays {-case['withheld']} more than was decided."
        if case["withheld"] and not any(e["kind"] == "case_owes_less" for e in books.events[case["id"]]):
            yield f"I14: {case['withheld']} of {case['number']} is withheld, and the audit knows of nobody who said so."
        units = [unit for unit in books.units if unit["case_id"] == case["id"]]
        if units and sum(unit["worth"] for unit in units) != goods:
            yield f"I5: {case['number']} owes {goods} for units worth {sum(unit['worth'] for unit in units)}."
        if any(unit["state"] != "released" for unit in units):
            shipping[case["order_id"]] += sent
        if case["state"] == "done":
            yield from _done_means_paid(books, case, is_given_up=all(unit["state"] == "released" for unit in units))
    for order_id, paid in shipping.items():
        if paid > books.orders[order_id]["placement"]["shipping"]["total"]:
            yield f"I6: shipping of {order_id} is owed more than once: {paid}."


def _is_forgiven(unit: Row) -> bool:
    """Paid for although it never came, be it that a person said so, or that it may be kept."""
    return unit["state"] == "settled" and unit["inspection"] is None


def _done_means_paid(books: Books, case: Row, *, is_given_up: bool) -> Iterator[str]:
    """A person, and nobody else, may close a case whose units the store never cancelled, or whose refund failed or was
    more than its payments had left."""
    legs = [leg for leg in books.legs.values() if leg["case_id"] == case["id"]]
    replaced = {leg["replaces"] for leg in legs}
    has_failed = any(leg["state"] == "failed" and leg["id"] not in replaced for leg in legs)
    whys = {event["why"] for event in books.events[case["id"]]}
    if "closed_by_person" in whys and (is_given_up or has_failed or "not_enough_to_refund" in whys):
        return
    never_given = case["kind"] == "exchange" and is_given_up and case["resolved_at"] is None
    owed = 0 if never_given else case["owed"]  # taken back or refused, and what was paid on top went back in the end
    moved = sum(leg["amount"] for leg in legs if leg["state"] == "succeeded" and not _gives_back_again(books, leg))
    if case["resolution"] == "store_credit":
        moved += books.credited.get(case["id"], 0)
    moved += given_in_goods(books, case["id"])
    if moved != owed:
        yield f"I13: {case['number']} is done, owed {owed} and moved {moved}."


def _gives_back_again(books: Books, leg: Row) -> bool:
    """Whether a leg stands for one that had succeeded: the store captured more than the ceiling it was given."""
    before = books.legs.get(leg["replaces"] or "")
    return before is not None and (before["state"] == "succeeded" or _gives_back_again(books, before))
