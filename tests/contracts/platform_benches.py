"""What a contract test needs of a platform's stand-in: to put things into it, to make it fail, and to look inside.

Each platform's author adds a bench here: a class that follows ``StorefrontBench`` (who can only be asked to cancel) or
``PlatformBench``, and its line in ``BENCHES``. The tests know nothing else of a platform.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from msgspec.structs import replace

from plugin.ports.orders import Custodian, LineCount
from plugin.ports.platforms import Platform
from plugin.ports.storefronts import StoreConnection, Storefront
from plugin.storefronts.addresses import outgoing_client
from plugin.storefronts.demo.samples import build_sample
from plugin.storefronts.demo.server import ServedStore, serve_demo_store
from plugin.storefronts.demo.store import Behaviour, DemoStore
from plugin.storefronts.standard.adapter import StandardStorefront
from plugin.storefronts.standard.wire import LineBody

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="


class Step(StrEnum):
    """The call that goes wrong: of its several requests the one that changes the store."""

    CANCEL = "cancel"
    REFUND = "refund"
    CODE = "code"
    ORDERS = "orders"  # reading, one order or many


class Trouble(StrEnum):
    LOSE_ANSWER = "lose_answer"  # it is done, and the answer never comes
    FAIL = "fail"  # it is not done: a server's error
    BUSY = "busy"  # it is not done: the platform asks to come back in 7 s
    GARBAGE = "garbage"  # it is not done: an answer that makes no sense
    REFUSE = "refuse"  # a definitive no of the platform's gateway (refunds only)


@dataclass(frozen=True)
class Placed:
    """An order of two lines: ``lines[0]`` has two units, ``lines[1]`` has one; paid, nothing shipped."""

    order_id: str
    number: str
    lines: tuple[str, str]
    payment_id: str
    total: int
    currency: str


@dataclass(frozen=True)
class Held:
    """What the store holds of an order. ``paid_back`` is money that its own gateway moved, ``booked`` what its books
    call refunded, both in minor units; ``cancelled`` is by line, and every unit where the whole order is cancelled."""

    is_cancelled: bool
    cancelled: dict[str, int]
    paid_back: int = 0
    booked: int = 0
    refunds: int = 0  # records of more than nothing
    notes: tuple[str, ...] = ()


@runtime_checkable
class StorefrontBench(Protocol):
    name: str
    storefront: Storefront
    connection: StoreConnection

    async def place(self, *, custodian: Custodian = Custodian.STOREFRONT) -> Placed:
        """Put a new order into the store."""
        ...

    async def ship(self, placed: Placed, *lines: LineCount) -> None:
        """Send these units, or all of the order."""
        ...

    async def settle(self) -> None:
        """Let the store finish what it does after it has answered."""
        ...

    def fail(self, trouble: Trouble, at: Step) -> None:
        """From now on this goes wrong at ``at``, until ``heal``."""
        ...

    def heal(self) -> None: ...

    def held(self, placed: Placed) -> Held: ...


@runtime_checkable
class PlatformBench(StorefrontBench, Protocol):
    platform: Platform
    hooks_url: str

    def weaken(self) -> None:
        """Take from the credentials the right to change anything."""
        ...

    def gateway_echoes(self, placed: Placed, amount: int) -> None:
        """The store's gateway writes a record of a refund that we made at Stripe."""
        ...

    def refund_by_hand(self, placed: Placed, line: LineCount, amount: int) -> None:
        """Staff refund these units in the store's admin, and its gateway pays."""
        ...

    def codes(self) -> tuple[str, ...]:
        """The discount codes that can be used."""
        ...

    def hooks_at(self, url: str) -> int:
        """How many live webhooks point at ``url``."""
        ...

    def break_hooks(self) -> None:
        """Switch one webhook off, delete another, and register a third twice."""
        ...


@dataclass
class StandardBench:
    """Our own format: the demo storefront over HTTP."""

    served: ServedStore
    storefront: Storefront
    connection: StoreConnection
    name: str = "standard"
    _placed: int = field(default=0)

    async def place(self, *, custodian: Custodian = Custodian.STOREFRONT) -> Placed:
        self._placed += 1
        order = build_sample("fashion", id=f"ord_{self._placed}", at=datetime.now(UTC), payment_intent="pi_1")
        lines = (_line(order.lines[0], "a", 2), _line(order.lines[1], "b", 1))
        order = self.served.store.place(replace(order, lines=lines))
        return Placed(order.id, order.number, ("a", "b"), order.payments[0].id, order.total, order.currency)

    async def ship(self, placed: Placed, *lines: LineCount) -> None:
        self.served.store.ship(placed.order_id, lines or None)

    async def settle(self) -> None:
        self.served.store.settle_pending()

    def fail(self, trouble: Trouble, at: Step) -> None:
        self.served.store.behaviour = {
            Trouble.LOSE_ANSWER: Behaviour.DROP_ANSWER,
            Trouble.GARBAGE: Behaviour.GARBAGE,
        }.get(trouble, Behaviour.FAIL)

    def heal(self) -> None:
        self.served.store.behaviour = Behaviour.AGREE

    def held(self, placed: Placed) -> Held:
        order = self.served.store.orders[placed.order_id]
        return Held(order.state == "cancelled", {count.line_id: count.quantity for count in order.cancelled})


def _line(line: LineBody, id: str, quantity: int) -> LineBody:
    return replace(line, id=id, quantity=quantity, discount=0)


@asynccontextmanager
async def standard() -> AsyncIterator[StorefrontBench]:
    async with (
        serve_demo_store(DemoStore(webhook_secret=SECRET, call_secret=SECRET)) as served,
        outgoing_client() as http,
    ):
        connection = StoreConnection(
            shop_id="shop_1", address=served.calls_url, secret=SECRET, allow_private_address=True
        )
        yield StandardBench(served, StandardStorefront(http), connection)


STOREFRONTS: dict[str, Callable[[], AbstractAsyncContextManager[StorefrontBench]]] = {"standard": standard}
PLATFORMS: dict[str, Callable[[], AbstractAsyncContextManager[PlatformBench]]] = {}
