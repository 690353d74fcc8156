"""What people are given, told and promised: codes (I12), mails (I13), dates (I9); and that nothing crosses (I15)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from plugin.audit.service import verify_order
from plugin.core.words import catalogue, choose_language
from plugin.db import rows
from tests.invariants.books import MOVES_MONEY, Books

FINAL = ("done", "refused", "withdrawn", "expired", "converted_to_return")
_ONCE = ("code_redeemed", "code_given_back", "code_redeemed")
_KEPT = ("redeemed_after_revocation", "seen_in_two_orders")  # not given back, and a person knows


def codes_are_redeemed_once(books: Books) -> Iterator[str]:
    """I12: by one order at a time, given back once by the order that had it, which never has it again; and the row
    says what the audit tells."""
    cancelled = {order["external_id"] for order in books.orders.values() if order["state"] != "open"}
    for code in books.codes:
        told = [event for event in books.events[code["id"]] if event["kind"] in _ONCE]
        kinds, orders = tuple(event["kind"] for event in told), [event["order"] for event in told]
        if kinds != _ONCE[: len(kinds)]:
            yield f"I12: code {code['id']} was {', '.join(kinds)}."
        if orders[:1] != orders[1:2] != [] or orders[:1] == orders[2:3] != []:
            yield f"I12: code {code['id']} was {', '.join(kinds)} by {', '.join(orders)}."
        is_redeemed, last = kinds[-1:] == ("code_redeemed",), orders[-1] if orders else None
        says = (code["state"] == "redeemed", code["redeemed_at"] is not None, code["given_back"])
        if says != (is_redeemed, is_redeemed, "code_given_back" in kinds) or code["redeemed_order"] != last:
            yield f"I12: code {code['id']} is {code['state']} by {code['redeemed_order']}, and was {kinds} by {orders}."
        if is_redeemed and not code["given_back"] and last in cancelled and code["flag"] not in _KEPT:
            yield f"I12: code {code['id']} was not given back by {last}, which is cancelled."


def codes_are_capped(books: Books) -> Iterator[str]:
    """I12: one code of a case, and no more for a customer in one of the shop's windows than it gives."""
    for case_id, n in Counter(code["case_id"] for code in books.codes).items():
        if n > 1:
            yield f"I12: case {case_id} minted {n} codes."
    offer = books.shop["settings"].get("codes", {})
    cap, per_days = offer.get("per_customer", 1), offer.get("per_days", 90)
    earned = Counter(
        (code["customer_hash"], int(code["minted_at"].timestamp()) // 86_400 // per_days)
        for code in books.codes
        if code["customer_hash"]  # an erased customer's codes cannot be counted together
    )
    for (customer, _), n in earned.items():
        if n > cap:
            yield f"I12: a customer ({customer[:8]}) has {n} codes of one window, of {cap}."


_OF_A_PARCEL = ("return_reminder", "return_received", "return_expired")  # once a parcel, a date or more time given


def mails_tell_the_truth(books: Books) -> Iterator[str]:
    """I13: "refunded" only after the custodian's word, and one message per case and template."""
    told = Counter(
        (m["case_id"], m["purpose"] if m["template"] in _OF_A_PARCEL else m["template"])
        for m in books.mails
        if m["template"] != "staff_alert" and m["case_id"]
    )
    for key, n in told.items():
        if n > 1:
            yield f"I13: {n} mails of {key}."
    words = {mail.message_id: mail for mail in books.inbox}
    for mail in books.mails:
        seen = words.get(mail["message_id"])
        says_cancelled_refunded = (
            mail["template"] == "cancelled" and seen is not None and _says_refunded(seen.text, mail["locale"])
        )
        if mail["template"] not in ("refunded", "refunded_again") and not says_cancelled_refunded:
            continue
        legs = [leg for leg in books.legs.values() if leg["case_id"] == mail["case_id"] and leg["kind"] in MOVES_MONEY]
        happened = [
            event
            for leg in legs
            for event in books.events[leg["id"]]
            if event["kind"] == "refund_succeeded" and event["at"] <= mail["created_at"] + books.clocks_within
        ]
        if not happened:
            yield f"I13: mail {mail['template']} of {mail['case_id']} says refunded, and no leg had succeeded."


_REFUNDED = ("We have refunded {amount} to {method}.", "We have refunded {amount} to where you paid from.")


def _says_refunded(text: str, locale: str) -> bool:
    """Whether a mail says, in its own language, that money has been refunded."""
    told, words = " ".join(text.split()), catalogue(choose_language(locale))
    parts = (re.split(r"\{\w+\}", words.gettext(sentence)) for sentence in _REFUNDED)
    return any(re.search(".+?".join(map(re.escape, part)), told) for part in parts)


async def nobody_is_forgotten(books: Books) -> list[str]:
    """I9: an open case says who is next and until when, has its timer, and is past it only with a person."""
    timers = {
        row["ref"]
        for row in await rows(
            # One that was taken already is looked at when its worker ends or loses its lease, or after a pause: that is
            # counted by the database's clock, of which a case's own date knows nothing.
            "SELECT w.ref FROM work w JOIN cases c ON c.id = w.ref WHERE w.kind = 'case_due' AND w.state <> 'done' "
            "AND c.shop_id = $1 AND (w.not_before <= c.due_at + interval '1 minute' OR w.state = 'claimed' "
            "OR (w.attempts > 0 AND w.not_before <= now() + interval '11 minutes'))",
            books.shop["id"],
        )
    }
    broken = []
    for case in books.cases.values():
        if case["state"] in FINAL:
            continue
        if not case["waiting_on"] or case["due_at"] is None:
            broken.append(f"I9: {case['number']} is {case['state']} and waits for nobody.")
        elif case["due_at"] < books.at - timedelta(minutes=1) and case["waiting_on"] != "staff":
            broken.append(f"I9: {case['number']} is past its date and waits on {case['waiting_on']}.")
        if case["id"] not in timers:
            broken.append(f"I9: nothing will look at {case['number']} ({case['state']}) at its date.")
    return broken


async def chains_hold(books: Books) -> list[str]:
    """I14: every order's chain, from its first event to its head."""
    return [f"I14: {link}" for order_id in books.orders for link in await verify_order(order_id)]


def _exchanged_for(books: Books, order_id: str) -> list[str]:
    """The orders whose goods were exchanged for this one's: the first of them was paid for."""
    found = []
    while (case := books.cases.get(books.orders[order_id]["origin_case"] or "")) is not None:
        order_id = case["order_id"]
        found.append(order_id)
    return found


async def nothing_crosses(books: Books) -> list[str]:
    """I15: whatever names an order belongs to the order's own shop, and a leg to its payment's order."""
    tables = (
        "payments", "cases", "case_units", "refund_legs", "codes", "order_links", "shopper_sessions", "lookups",
        "mails", "audit_events", "parcels", "findings", "debits", "credits", "withdrawals", "quotes", "differences",
        "outbound_orders",
    )  # fmt: skip
    each = (
        f"SELECT '{table}' AS name, t.id::text FROM {table} t JOIN orders o ON o.id = t.order_id "
        "WHERE t.shop_id <> o.shop_id"
        for table in tables
    )
    crossing = await rows(" UNION ALL ".join(each))
    broken = [f"I15: {row['name']} {row['id']} is of another shop than its order." for row in crossing]
    for leg in books.legs.values():
        payment, case = books.payments.get(leg["payment_id"]), books.cases.get(leg["case_id"])
        paid_for = (leg["order_id"], *_exchanged_for(books, leg["order_id"]))
        if payment is None or payment["order_id"] not in paid_for or not case or case["order_id"] != leg["order_id"]:
            broken.append(f"I15: leg {leg['id']} is of another order than its payment or its case.")
    return broken
