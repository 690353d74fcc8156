"""Asking a standard storefront to cancel: signed calls to the store's one address, and what its answers mean.

No trouble of the store is an error here. What was not read is UNKNOWN, because the store may have done it all the same.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from plugin.ports.orders import LineCount
from plugin.ports.storefronts import CancelAnswer, CancelRequest, CancelStatus, StoreConnection
from plugin.storefronts.calling import NoAnswer, Outgoing
from plugin.storefronts.standard.asking import CannotAsk, post, readable, stable_id


class Ask(StrEnum):
    """What we may say to a store: do it, or tell us what became of it."""

    CANCEL = "order.cancel_requested"
    STATUS = "order.cancel_status"


class CancelData(Struct, frozen=True, kw_only=True):
    """``request_id`` is the webhook-id of the ask to cancel, in both messages: its idempotency key at the store."""

    request_id: str
    order_id: str
    order_number: str
    whole_order: bool
    lines: tuple[LineCount, ...]
    reason: str | None
    capture_at_most: dict[str, int]


class CancelMessage(Struct, frozen=True, kw_only=True):
    """The body of both calls. It holds no time, so that a repetition is the same to the byte."""

    type: Ask
    data: CancelData


class AnswerBody(Struct, frozen=True, kw_only=True):
    """What the store answers, with any 2xx."""

    status: Literal["cancelled", "too_late", "pending", "unsupported"]
    deadline: Annotated[datetime, Meta(tz=True)] | None = None
    reason: str | None = None


def message_id(request: CancelRequest, ask: Ask) -> str:
    """A webhook-id that the same ask always gets again, after a crash or a lost answer too."""
    return stable_id("cancel" if ask is Ask.CANCEL else "status", request.key)


async def ask_store(
    outgoing: Outgoing, store: StoreConnection, request: CancelRequest, ask: Ask, now: datetime
) -> CancelAnswer:
    """Send one signed call and read its answer; never raises for the store's troubles."""
    data = CancelData(
        request_id=message_id(request, Ask.CANCEL),
        order_id=request.order_id,
        order_number=request.order_number,
        whole_order=request.whole_order,
        lines=request.lines,
        reason=request.reason,
        capture_at_most=request.capture_at_most,
    )
    body = msgspec.json.encode(CancelMessage(type=ask, data=data))
    try:
        answer = await post(outgoing, store, message_id(request, ask), body, now)
    except CannotAsk as cannot:
        return _unsupported(cannot.reason)
    except NoAnswer as nothing:
        return _unknown(nothing.reason)
    return _understood(answer.status, answer.body, ask)


def _understood(status: int, answer: bytes | None, ask: Ask) -> CancelAnswer:
    if status == 501:
        return _unsupported("The store does not take cancellations.")
    if status == 404 and ask is Ask.STATUS:
        return _unknown("The store knows of no such ask.")
    if not 200 <= status < 300:
        return _unknown(f"The store answered {status}.")
    try:
        said = msgspec.json.decode(answer or b"", type=AnswerBody)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _unknown(f"The store answered {status} with a body that is no answer.")
    if said.deadline is not None and not 1990 <= said.deadline.year <= 2200:
        return _unknown(f"The store named {said.deadline.isoformat()} as its deadline.")
    return CancelAnswer(status=CancelStatus(said.status), deadline=said.deadline, reason=readable(said.reason))


def _unknown(reason: str) -> CancelAnswer:
    return CancelAnswer(status=CancelStatus.UNKNOWN, reason=reason)


def _unsupported(reason: str) -> CancelAnswer:
    return CancelAnswer(status=CancelStatus.UNSUPPORTED, reason=reason)
