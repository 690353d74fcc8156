"""What is sent back, replaced or made good: I3, its part of I2, I5 and I6, and that cases and parcels agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.invariants.books import MOVES_MONEY, Books, Row

OF_GOODS = ("return", "exchange", "fault")
CLOSED = ("done", "refused", "withdrawn", "expired", "converted_to_return")
_PAID = ("refund", "store_credit")
_ON_ITS_WAY = ("label", "in_transit")
_HOLDS_NOTHING = ("failed", "released")


def what_comes_is_counted(books: Books) -> Iterator[str]:
    """I3: accepted + rejected <= received <= asked, by the units and by what the audit tells of them."""
    for case in books.cases.values():
        units = books.units_of(case["id"])
        if case["kind"] not in OF_GOODS:
            if any(unit["received_at"] or unit["inspection"] for unit in units):
                yield f"I3: {case['number']} is a {case['kind']}, and units of it came."
            continue
        asked = {(line["line_id"], n) for line in case["decision"]["lines"] for n in line.get("units", ())}
        owned = [(unit["line_id"], unit["ordinal"]) for unit in units]
        if len(owned) != len(set(owned)) or not asked.issuperset(owned):
            yield f"I3: {case['number']} has units {owned}, and asked for {sorted(asked)}."
        seen = {word: sum(unit["inspection"] == word for unit in units) for word in ("accepted", "rejected")}
        seen["received"] = sum(unit["received_at"] is not None for unit in units)
        if any(unit["inspection"] and unit["received_at"] is None for unit in units):
            yield f"I3: a unit of {case['number']} was judged, and never came."
        told = Counter[str]()
        for event in books.events[case["id"]]:
            told[event["kind"]] += event["units"] or 0
        for word, n in seen.items():
            if told[f"goods_{word}"] != n:
                yield f"I3: {n} units of {case['number']} are {word}, and the audit tells of {told[f'goods_{word}']}."


def cases_and_parcels_agree(books: Books) -> Iterator[str]:
    """A case that waits for goods has a parcel to wait for, one that has them has something to look at, and nothing is
    awaited of a case that is closed."""
    for case in books.cases.values():
        if case["kind"] not in OF_GOODS:
            continue
        states = [parcel["state"] for parcel in books.parcels if parcel["case_id"] == case["id"]]
        units = books.units_of(case["id"])
        may_come = any(state in (*_ON_ITS_WAY, "lost") for state in states)  # a lost one may be given more time
        is_here = "received" in states
        if case["state"] == "awaiting_goods" and not may_come:
            yield f"I9: {case['number']} awaits goods, and its parcels are {states}."
        if case["state"] == "inspecting" and not is_here:
            yield f"I9: {case['number']} is to be inspected, and its parcels are {states}."
        if case["state"] in CLOSED and any(state in (*_ON_ITS_WAY, "received") for state in states):
            yield f"I9: {case['number']} is {case['state']}, and its parcels are {states}."
        if case["state"] in CLOSED and any(unit["state"] == "open" for unit in units):
            yield f"I2: {case['number']} is {case['state']}, and units of it wait."
        if any(unit["received_at"] is not None for unit in units) and not {"received", "inspected"} & set(states):
            yield f"I3: units of {case['number']} came, and its parcels are {states}."


def what_was_agreed_is_given_once(books: Books) -> Iterator[str]:
    """A case is resolved once, in the one form that it was agreed in, and nothing is given before."""
    for case in books.cases.values():
        if case["kind"] not in OF_GOODS:
            continue
        times = sum(event["kind"] == "case_resolved" for event in books.events[case["id"]])
        if times != (case["resolved_at"] is not None):
            yield f"I5: {case['number']} was resolved {times} times, {case['resolved_at'] or 'never'} by its row."
        legs = [leg for leg in books.legs.values() if leg["case_id"] == case["id"] and leg["kind"] in MOVES_MONEY]
        held = [leg for leg in legs if leg["state"] not in _HOLDS_NOTHING]
        credited = books.credited.get(case["id"], 0)
        if case["resolved_at"] is None and (credited or (held and case["kind"] != "exchange")):
            yield f"I5: {case['number']} was given something, and nothing of it had come that it waits for."
        if (case["resolution"] or "refund") not in _PAID:
            continue
        if case["resolution"] == "store_credit" and held and case["kind"] != "exchange":
            yield f"I5: {case['number']} was given store credit, and money back."
        if case["resolution"] != "store_credit" and credited:
            yield f"I5: {case['number']} was to get its money back, and was given store credit."
        if credited not in (0, case["owed"]):
            yield f"I5: {case['number']} was given {credited} as store credit, and is owed {case['owed']}."


def what_is_accepted_is_owed(books: Books) -> Iterator[str]:
    """I5, I6: what is owed is the share of what was decided that goes with the units; what was paid before anybody
    looked, and was too much, stands in its debits; and no unit is paid for that may be asked for again."""
    for case in books.cases.values():
        is_paid = case["kind"] in ("return", "fault") and (case["resolution"] or "refund") in _PAID
        if not is_paid or case["resolved_at"] is None:
            continue
        units, events = books.units_of(case["id"]), books.events[case["id"]]
        debits = [debit for debit in books.debits if debit["case_id"] == case["id"]]
        if any(event["kind"] == "case_resolved" and event["on"] == "inspected" for event in events):
            given = [unit for unit in units if unit["inspection"] == "accepted" or unit["state"] == "settled"]
            if _worth(case, given) != case["owed"]:
                yield f"I5: {case['number']} owes {case['owed']}, and {_worth(case, given)} was accepted."
            if debits:
                yield f"I5: {case['number']} was paid after its inspection, and has debits."
        elif case["owed"] > _worth(case, units):
            yield f"I5: {case['number']} owes {case['owed']}, and all of it is worth {_worth(case, units)}."
        paid_back = sum(debit["amount"] for debit in debits if debit["state"] == "settled")
        kept = [unit for unit in units if unit["state"] != "released"]
        if case["owed"] - paid_back > _worth(case, kept):
            yield f"I5: {case['number']} has paid {case['owed']}, and owns what is worth {_worth(case, kept)}."
        yield from _debits_stand_for_the_rest(books, case, units, sum(debit["amount"] for debit in debits))


def _debits_stand_for_the_rest(books: Books, case: Row, units: Sequence[Row], debits: int) -> Iterator[str]:
    events = books.events[case["id"]]
    is_over = not any(unit["state"] == "open" for unit in units)
    given_up = any(event["why"] == "closed_by_person" for event in events)  # who closes it lets it off
    has_way_back = any(parcel["case_id"] == case["id"] for parcel in books.parcels)
    if not is_over or given_up or not has_way_back:
        return
    forgiven = any(event["kind"] == "goods_forgiven" for event in events)
    kept = stays(case)
    good = [
        unit for unit in units
        if unit["inspection"] == "accepted" or (unit["inspection"] is None and (forgiven or unit["line_id"] in kept))
    ]  # fmt: skip
    if case["owed"] - debits != _worth(case, good):
        yield f"I5: {case['number']} paid {case['owed']} for {_worth(case, good)}, and its debits are {debits}."


def stays(case: Row) -> set[str]:
    """The lines that were given for although nothing of them was to be sent back."""
    return {line["line_id"] for line in case["decision"]["lines"] if line.get("label") is None}


def _worth(case: Row, units: Sequence[Row]) -> int:
    """What these units of the case come to: its decision's share, its fee with them, less what is withheld."""
    if not units:
        return 0
    amounts = case["decision"]["amounts"]
    decided, goods = amounts.get("goods", {}).get("amount", 0), sum(unit["worth"] for unit in units)
    beside = sum(amounts.get(part, {}).get("amount", 0) for part in ("shipping", "extras")) - amounts.get("kept", 0)
    fee = amounts.get("fee", 0) * goods // decided if decided else 0
    before = goods + beside
    return int(max(0, before - max(0, min(fee, before)) - case["withheld"]))


def new_goods_are_ordered_once(books: Books) -> Iterator[str]:
    """An order of new goods that stands is its case's only one, and one that the store has made is one order."""
    standing = Counter(row["case_id"] for row in books.outbound if row["state"] != "cancelled")
    for case_id, n in standing.items():
        if n > 1:
            yield f"I16: {books.cases[case_id]['number']} has {n} orders of new goods."
    made = Counter(row["external_id"] for row in books.outbound if row["external_id"])
    for external_id, n in made.items():
        if n > 1:
            yield f"I16: the store's order {external_id} is that of {n} asks."
    for row in books.outbound:
        if (row["state"] == "ordered") != (row["external_id"] is not None and row["ordered_at"] is not None):
            yield f"I16: {row['id']} is {row['state']}, as {row['external_id']} of {row['ordered_at']}."
