"""Store credit: each credit is explained by its ledger (DESIGN §2, §6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.invariants.books import Books

_OUT = ("spend", "expiry", "take_back")


def credits_are_their_entries(books: Books) -> Iterator[str]:
    """``balance`` is the sum of the entries, ``0 <= held <= balance`` is what carts hold, and an order never gets back
    more than it has spent."""
    for credit in books.credits:
        entries = [entry for entry in books.entries if entry["credit_id"] == credit["id"]]
        holds = [hold for hold in books.holds if hold["credit_id"] == credit["id"] and hold["state"] == "held"]
        if credit["balance"] != sum(entry["amount"] for entry in entries):
            yield f"Credit: {credit['id']} says {credit['balance']}, its entries {[e['amount'] for e in entries]}."
        if credit["held"] != sum(hold["amount"] for hold in holds):
            yield f"Credit: {credit['id']} holds {credit['held']}, and carts {[hold['amount'] for hold in holds]}."
        if not 0 <= credit["held"] <= credit["balance"]:
            yield f"Credit: {credit['id']} holds {credit['held']} of {credit['balance']}."
        if credit["state"] != "live" and credit["balance"]:
            yield f"Credit: {credit['id']} is {credit['state']} and has {credit['balance']}."
        if any((entry["amount"] < 0) != (entry["kind"] in _OUT) for entry in entries):
            yield f"Credit: {credit['id']} has entries of the wrong sign."
        spent = Counter[str]()
        for entry in entries:
            if entry["kind"] in ("spend", "give_back"):
                spent[entry["spent_on"]] += entry["amount"]
        for order, amount in spent.items():
            if amount > 0:
                yield f"Credit: {order} got back {amount} more than it had spent of {credit['id']}."


def credits_are_given_once(books: Books) -> Iterator[str]:
    """One credit of a case, and each purpose once."""
    for case_id, n in Counter(credit["case_id"] for credit in books.credits).items():
        if n > 1:
            yield f"Credit: case {case_id} was given {n} credits."
    for purpose, n in Counter(entry["purpose"] for entry in books.entries).items():
        if n > 1:
            yield f"Credit: {purpose} was entered {n} times."
