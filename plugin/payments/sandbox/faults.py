"""Fault switches: what shall go wrong with the next requests that match."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase

import msgspec

from plugin.payments.sandbox.refusals import Refusal


class FaultKind(StrEnum):
    DROP_BEFORE = "drop_before"  # the connection is cut and nothing was done
    DROP_AFTER = "drop_after"  # it was done, and the answer is lost
    DELAY_BEFORE = "delay_before"  # the key is taken, then it waits, then it is done
    DELAY_AFTER = "delay_after"  # it is done, then the answer waits: webhooks overtake it
    ANSWER_409 = "answer_409"
    ANSWER_429 = "answer_429"
    ANSWER_500 = "answer_500"  # nothing was done; the 500 is stored under the key
    ANSWER_500_AFTER = "answer_500_after"  # it was done; the 500 is stored under the key all the same


class Fault(msgspec.Struct, kw_only=True):
    """``route`` matches "METHOD /path" with ``*`` (``"POST /v1/refunds"``); ``times`` None is always."""

    kind: FaultKind
    route: str = "*"
    times: int | None = 1
    delay_ms: int = 0


class FaultSwitches:
    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def take(self, method: str, path: str) -> Fault | None:
        """The first switch that matches this request, one use of it spent."""
        for fault in self.faults:
            if fnmatchcase(f"{method} {path}", fault.route):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.faults.remove(fault)
                return fault
        return None


_REFUSALS = {
    FaultKind.ANSWER_409: Refusal(
        409, "Another request holds a lock on this object.", code="lock_timeout", is_stored=False
    ),
    FaultKind.ANSWER_429: Refusal(429, "Too many requests.", code="rate_limit", is_stored=False),
    FaultKind.ANSWER_500: Refusal(500, "An unknown error occurred.", type="api_error"),
    FaultKind.ANSWER_500_AFTER: Refusal(500, "An unknown error occurred.", type="api_error"),
}


def refusal_of(kind: FaultKind) -> Refusal | None:
    """What a switch answers with, where it answers at all."""
    return _REFUSALS.get(kind)
