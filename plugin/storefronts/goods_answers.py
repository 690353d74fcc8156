"""The store's troubles as answers: what every adapter of goods says when a call of its own ended in one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

from plugin.ports.goods import CreditAnswer, FixAnswer, Offers, OutboundAnswer, StoreStatus
from plugin.ports.payments import OutcomeStored, OutcomeUnknown, RejectCode, Rejected
from plugin.ports.storefronts import Unparseable

Answer = TypeVar("Answer")


async def answered(
    asking: Awaitable[Answer], failed: Callable[[StoreStatus, str], Answer], *, later: Collection[RejectCode]
) -> Answer:
    """What came of it. A no whose code is in ``later`` may be none tomorrow: it is asked again, like a lost answer."""
    try:
        return await asking
    except OutcomeUnknown as unknown:
        return failed(StoreStatus.UNKNOWN, unknown.reason)
    except OutcomeStored as stored:
        return failed(StoreStatus.UNKNOWN, str(stored))
    except Unparseable as error:
        return failed(StoreStatus.UNKNOWN, f"The store's order cannot be read: {error.args[0]}")
    except Rejected as no:
        return failed(StoreStatus.UNKNOWN if no.code in later else StoreStatus.REFUSED, no.reason)


def no_offers(status: StoreStatus, reason: str) -> Offers:
    return Offers(status=status, reason=reason)


def no_order(status: StoreStatus, reason: str) -> OutboundAnswer:
    return OutboundAnswer(status=status, reason=reason)


def no_restock(status: StoreStatus, reason: str) -> StoreStatus:
    return status


def no_fix(status: StoreStatus, reason: str) -> FixAnswer:
    return FixAnswer(status=status, reason=reason)


def no_credit(status: StoreStatus, reason: str) -> CreditAnswer:
    return CreditAnswer(status=status, reason=reason)
