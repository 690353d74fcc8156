"""The work of exchanges, by its kind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from plugin.journeys.ask_difference import ASK_DIFFERENCE, ask_difference
from plugin.journeys.difference import END_DIFFERENCE, end_difference, read_difference
from plugin.journeys.outbound import MAKE_ORDER
from plugin.journeys.payment_reported import READ_DIFFERENCE
from plugin.journeys.store_orders import make_order
from plugin.outbox.service import Claim
from plugin.ports.runtime import Ports

EXCHANGE_JOBS: Mapping[str, Callable[[Ports, Claim], Awaitable[None]]] = {
    MAKE_ORDER: make_order,
    ASK_DIFFERENCE: ask_difference,
    READ_DIFFERENCE: read_difference,
    END_DIFFERENCE: end_difference,
}
