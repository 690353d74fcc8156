"""The control routes under ``/_sandbox/``: the dashboard, the bank, the network and the clock, played by a caller."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from plugin.payments.sandbox import account, control_messages, disputes, promotions, refunds
from plugin.payments.sandbox.books import Books
from plugin.payments.sandbox.control_messages import DisputeEntry, LedgerDump, Made, PaymentEntry, RefundEntry
from plugin.payments.sandbox.faults import Fault
from plugin.payments.sandbox.objects import Document
from plugin.payments.sandbox.refusals import Refusal, invalid

_SETTLED = ("succeeded", "failed", "canceled", "requires_action")


@dataclass(frozen=True)
class ControlRoute:
    """``message`` is the struct that its body is read as."""

    message: type[Any]
    run: Callable[[Books, Any], Awaitable[object]]


async def _reset(books: Books, _message: None) -> None:
    books.reset()
    books.commit()


async def _clock(books: Books, message: control_messages.ClockOffset) -> None:
    books.clock.offset = message.offset
    books.end_overdue_sessions()


async def _add_fault(books: Books, message: Fault) -> None:
    books.faults.faults.append(message)


async def _clear_faults(books: Books, _message: None) -> None:
    books.faults.faults.clear()


async def _add_endpoint(books: Books, message: control_messages.NewEndpoint) -> Made:
    endpoint = account.add_endpoint(books.ledger(message.key), message.url, message.secret, message.enabled_events)
    books.commit()
    return Made(endpoint["id"])


async def _set_delivery(books: Books, message: control_messages.DeliveryMode) -> None:
    books.postman.mode = message


async def _release(books: Books, message: control_messages.Release) -> None:
    await books.postman.release(is_reversed=message.is_reversed, copies=message.copies)


async def _drain(books: Books, _message: None) -> list[control_messages.DeliveryReport]:
    await books.postman.drain()
    return books.postman.reports()


async def _refund(books: Books, message: control_messages.DashboardRefund) -> Made:
    ledger = books.ledger(message.key)
    charge = refunds.charge_of_intent(ledger, message.payment_intent)
    refund = refunds.refund_charge(ledger, charge, amount=message.amount, reason=message.reason, metadata={})
    books.commit()
    return Made(refund["id"])


async def _settle(books: Books, message: control_messages.SettleRefund) -> Made:
    ledger = books.ledger(message.key)
    refund = ledger.get("refund", message.refund)
    status = message.status or ledger.due.get(message.refund)
    if status not in _SETTLED:
        raise invalid("status", f"A refund settles as one of {', '.join(_SETTLED)}.")
    refunds.settle(ledger, refund, status)
    books.commit()
    return Made(refund["id"])


async def _open_dispute(books: Books, message: control_messages.OpenDispute) -> Made:
    ledger = books.ledger(message.key)
    charge = refunds.charge_of_intent(ledger, message.payment_intent)
    dispute = disputes.open_dispute(
        ledger, charge, amount=message.amount, reason=message.reason, is_inquiry=message.is_inquiry
    )
    books.commit()
    return Made(dispute["id"])


async def _close_dispute(books: Books, message: control_messages.CloseDispute) -> Made:
    ledger = books.ledger(message.key)
    dispute = disputes.close_dispute(ledger, ledger.get("dispute", message.dispute), message.status)
    books.commit()
    return Made(dispute["id"])


async def _set_balance(books: Books, message: control_messages.SetBalance) -> None:
    ledger = books.ledger(message.key)
    if message.amount is None:
        ledger.balance.pop(message.currency.lower(), None)
    else:
        ledger.balance[message.currency.lower()] = message.amount
    books.commit()


async def _redeem(books: Books, message: control_messages.Redeem) -> Made:
    ledger = books.ledger(message.key)
    code = promotions.redeem(ledger, ledger.get("promotion_code", message.promotion_code))
    books.commit()
    return Made(code["id"])


async def _dump(books: Books, message: control_messages.Keyed) -> LedgerDump:
    ledger = books.ledger(message.key)
    by_payment: dict[str, list[RefundEntry]] = {}
    for row in ledger.newest_first("refund"):
        by_payment.setdefault(row["payment_intent"], []).append(_refund_entry(row))
    disputed: dict[str, list[DisputeEntry]] = {}
    for row in ledger.newest_first("dispute"):
        entry = DisputeEntry(row["id"], row["amount"], row["status"])
        disputed.setdefault(row["payment_intent"], []).append(entry)
    intents = ledger.newest_first("payment_intent")
    return LedgerDump([_payment_entry(i, by_payment.get(i["id"], []), disputed.get(i["id"], [])) for i in intents])


def _refund_entry(refund: Document) -> RefundEntry:
    is_release = refund["balance_transaction"] is None
    return RefundEntry(
        refund["id"], refund["amount"], refund["status"], refund["created"], refund["metadata"], is_release
    )


def _payment_entry(intent: Document, given_back: list[RefundEntry], disputed: list[DisputeEntry]) -> PaymentEntry:
    counted = (r.amount for r in given_back if not r.is_release and r.status not in ("failed", "canceled"))
    return PaymentEntry(
        intent["id"],
        intent["currency"],
        intent["status"],
        intent["amount"],
        intent["amount_received"],
        sum(counted),
        intent["metadata"],
        given_back,
        disputed,
    )


_ROUTES = {
    "reset": ControlRoute(type(None), _reset),
    "clock": ControlRoute(control_messages.ClockOffset, _clock),
    "faults": ControlRoute(Fault, _add_fault),
    "faults/clear": ControlRoute(type(None), _clear_faults),
    "webhooks/endpoints": ControlRoute(control_messages.NewEndpoint, _add_endpoint),
    "webhooks/mode": ControlRoute(control_messages.DeliveryMode, _set_delivery),
    "webhooks/release": ControlRoute(control_messages.Release, _release),
    "webhooks/drain": ControlRoute(type(None), _drain),
    "refunds": ControlRoute(control_messages.DashboardRefund, _refund),
    "refunds/settle": ControlRoute(control_messages.SettleRefund, _settle),
    "disputes": ControlRoute(control_messages.OpenDispute, _open_dispute),
    "disputes/close": ControlRoute(control_messages.CloseDispute, _close_dispute),
    "balance": ControlRoute(control_messages.SetBalance, _set_balance),
    "redeem": ControlRoute(control_messages.Redeem, _redeem),
    "ledger": ControlRoute(control_messages.Keyed, _dump),
}


async def run_control(books: Books, name: str, body: bytes) -> str:
    """Run one control call; returns its JSON answer. Raises ``Refusal`` where it makes no sense."""
    route = _ROUTES.get(name)
    if route is None:
        raise Refusal(404, f"There is no control route {name}; there are {', '.join(_ROUTES)}.")
    try:
        message = msgspec.json.decode(body or b"null", type=route.message)
    except msgspec.MsgspecError as error:
        raise invalid("body", str(error)) from error
    return msgspec.json.encode(await route.run(books, message)).decode()
